import type { Rejection } from '../../domain/change.ts';
import { type Caveat, type Figure, isDay } from '../../domain/figure.ts';
import type { ReportAnswer, Row } from './answers.ts';
import { unreadableAnswer } from './errors.ts';

/** Units of metrics by their types (MetricType of the Data API v1beta); currencies are the property's own. */
const units: Readonly<Record<string, string>> = {
  TYPE_INTEGER: 'count',
  TYPE_FLOAT: 'number',
  TYPE_STANDARD: 'number',
  TYPE_MILLISECONDS: 'milliseconds',
  TYPE_SECONDS: 'seconds',
  TYPE_MINUTES: 'minutes',
  TYPE_HOURS: 'hours',
};

/** The figures of one row, with its day; or why there are none. */
export type ReadRow =
  | { readonly ok: true; readonly day: string; readonly figures: readonly Figure[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** Reads rows by what the headers say that they hold. Throws where that is not what was asked for. */
export function openRows({ dimensionHeaders, metricHeaders, metadata }: ReportAnswer, dimensions: readonly string[]) {
  const asked = ['date', ...dimensions];
  if (!asked.every((name, at) => dimensionHeaders[at]?.name === name)) throw unreadableAnswer('a report');
  if (metricHeaders.length === 0 || metadata === undefined) throw unreadableAnswer('a report');
  const units = metricHeaders.map(({ type }) => unitOf(type, metadata.currencyCode));
  return function read(row: Row): ReadRow {
    const [date = '', ...by] = row.dimensionValues.map(({ value }) => value);
    const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
    if (!isDay(day) || by.length !== dimensions.length) return refused(row, 'a row: expected a day as 20261120');
    const split = Object.fromEntries(dimensions.map((name, at) => [name, by[at] ?? '']));
    const figures: Figure[] = [];
    for (const [at, { name }] of metricHeaders.entries()) {
      const text = row.metricValues[at]?.value ?? '';
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (!Number.isFinite(value)) return refused(row, `a row: ${name}: expected a number`);
      figures.push({ name, dimensions: split, value, unit: units[at] ?? 'number' });
    }
    return { ok: true, day, figures };
  };
}

/** What the API says against a report as a whole. */
export function caveatsIn({ metadata = {} }: ReportAnswer): readonly Caveat[] {
  return [
    ...(metadata.subjectToThresholding === true ? (['thresholded'] as const) : []),
    ...((metadata.samplingMetadatas ?? []).length > 0 ? (['sampled'] as const) : []),
    ...(metadata.dataLossFromOtherRow === true ? (['other-row'] as const) : []),
  ];
}

function unitOf(type: string, currency = 'currency'): string {
  return type === 'TYPE_CURRENCY' ? currency : (units[type] ?? type.replace(/^TYPE_/, '').toLowerCase());
}

function refused(row: Row, reason: string): ReadRow {
  return { ok: false, rejection: { code: 'google-analytics/bad-figure', reason, record: row } };
}
