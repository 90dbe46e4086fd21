import type { Rejection } from '../../domain/change.ts';
import { daysAfter, type Figure, figureKey, MOST_FIGURES } from '../../domain/figure.ts';
import type { ReadOptions } from '../contract.ts';
import { defineFigures, type ReadDays, type Span } from '../define-figures.ts';
import type { GoogleAnalyticsApi } from './client.ts';
import { noProperty, tooWide, unreadableAnswer } from './errors.ts';
import { OPEN_DAYS, PAGE } from './manifest.ts';
import { caveatsIn, openRows } from './report-days.ts';

/** The property's reports, by day. */
export const reports = defineFigures<GoogleAnalyticsApi>({
  name: 'reports',
  reports({ config }) {
    if (config.property === undefined) throw noProperty();
    return Object.keys(config.reports);
  },
  historyDays: ({ config }) => config.history_days,
  openDays: OPEN_DAYS,
  read,
});

/** Rows come by day, in pages: the day at the end of a page is whole when the next one has told the rest of it. */
async function* read(
  api: GoogleAnalyticsApi,
  name: string,
  span: Span,
  { pageSize = PAGE, signal }: ReadOptions,
): AsyncIterable<ReadDays> {
  const report = api.config.reports[name];
  if (report === undefined) return;
  const limit = Math.min(pageSize, PAGE);
  let begun = new Map<string, Map<string, Figure>>();
  let rejected: Rejection[] = [];
  let next = span.from;
  for (let offset = 0; !signal.aborted; ) {
    const answer = await api.runReport(report, span, { offset, limit });
    const { rows = [], rowCount = 0 } = answer;
    offset += rows.length;
    const isLast = offset >= rowCount;
    if (rows.length === 0 && !isLast) throw unreadableAnswer('a report');
    const readRow = rows.length === 0 ? undefined : openRows(answer, report.dimensions);
    for (const row of rows) {
      const found = readRow?.(row);
      if (found?.ok === false) rejected.push(found.rejection);
      if (found?.ok !== true) continue;
      const day = begun.get(found.day) ?? new Map<string, Figure>();
      for (const figure of found.figures) day.set(figureKey(figure), figure);
      if (day.size > MOST_FIGURES) throw tooWide(name, MOST_FIGURES);
      begun.set(found.day, day);
    }
    const open = isLast ? undefined : [...begun.keys()].sort().at(-1);
    const through = open === undefined ? span.to : daysAfter(open, -1);
    if (!isLast && (open === undefined || through < next)) continue;
    const whole = [...begun].filter(([day]) => day <= through);
    const figures = new Map(whole.map(([day, told]) => [day, [...told.values()]]));
    yield { through, figures, caveats: caveatsIn(answer), rejected };
    if (isLast) return;
    next = daysAfter(through, 1);
    begun = new Map([...begun].filter(([day]) => day > through));
    rejected = [];
  }
}
