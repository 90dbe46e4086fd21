import { metrics } from '../lib/domain/metrics.ts';
import { code, type Row, table } from './markdown-table.ts';

/** Every metric of our own: what it is told apart by, and what it tells. */
export function metricTable(): string {
  const rows = Object.entries(metrics).map(
    ([name, { unit, dimensions, says }]): Row => [
      code(name),
      unit.toLowerCase(),
      dimensions.map(code).join(', '),
      says,
    ],
  );
  return table(['metric', 'unit', 'dimensions', 'what it tells'], rows);
}
