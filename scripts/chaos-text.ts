import { readResults, rowsOf } from '../test/chaos/results.ts';
import { table } from './markdown-table.ts';

const number = (value: number): string => value.toLocaleString('en-US');

/** The table of docs/reliability.md: what the latest whole run of the chaos suite counted. */
export function chaosTable(): string {
  const head = [
    ...['what goes wrong', 'seeds', 'struck', 'people', 'records', 'activities', 'members'],
    ...['redriven', 'lost', 'doubled', 'unexplained'],
  ];
  const rows = rowsOf(readResults()).map(({ title, seeds, struck, people, records, activities, members, ...rest }) => [
    title,
    ...[seeds, struck, people, records, activities, members].map(number),
    ...[rest.redriven, rest.lost, rest.doubled, rest.unexplained].map(number),
  ]);
  return table(head, rows);
}
