import * as z from 'zod';
import type { Rejection } from '../domain/change.ts';
import { type Caveat, dayOf, daysAfter, type Figure, type FigureDay, isDay } from '../domain/figure.ts';
import type { Page, ReadOptions, Stream } from './contract.ts';
import { readCursor } from './define.ts';

/** Numbers that are no person's, as the author of a connector writes them: reports, each of days one after the other. */
export interface FiguresSpec<Api> {
  readonly name: string;
  /** What is asked, each by a name of its own. Throws TributaryError `config` where the settings leave nothing to ask. */
  reports(api: Api): readonly string[];
  /** How many days a first run reads back. */
  historyDays(api: Api): number;
  /** How many of the latest days the tool may still change: each run reads them again, and says that they are not final. */
  readonly openDays: number;
  /** A report from one day to another, both included, in the order of days; each answer ends with a whole day. */
  read(api: Api, report: string, span: Span, options: ReadOptions): AsyncIterable<ReadDays>;
}

export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface ReadDays {
  /** All days up to this one are read. Those of which there are no figures have none. */
  readonly through: string;
  /** By day. */
  readonly figures: ReadonlyMap<string, readonly Figure[]>;
  /** What the tool says against all of them. */
  readonly caveats: readonly Caveat[];
  /** Rows that hold no number, or no day. */
  readonly rejected: readonly Rejection[];
}

const day = z.string().refine(isDay, 'expected a day');
/**
 * Where a stream of figures stands.
 * - `window`: the days `from` to `until`, at `day` of `report`. Both bounds stay as they are when a killed run resumes.
 * - `done`: all days up to `until` were read.
 */
const cursor = z.discriminatedUnion('phase', [
  z.strictObject({ v: z.literal(1), phase: z.literal('window'), from: day, until: day, report: z.string(), day }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: day }),
]);

type Cursor = z.infer<typeof cursor>;
type Window = Extract<Cursor, { phase: 'window' }>;

/**
 * A stream of figures, from a first run's history on, then the days that came since and the latest ones again. Figures are
 * asked for again and never replayed: they make no change of anybody.
 */
export function defineFigures<Api>(spec: FiguresSpec<Api>): Stream<Api> {
  return {
    name: spec.name,
    figures: true,
    mappings: {},
    async *read(api, _connection, from, options) {
      const reports = [...spec.reports(api)].sort();
      const until = lastDay(options.now);
      let at: Cursor | undefined = readCursor({ name: spec.name, cursor }, from);
      while (!options.signal.aborted) {
        const window: Window = at?.phase === 'window' ? at : openWindow(spec, api, at, until, reports);
        // A report that is not asked for any more is passed over.
        const report = reports.find((name) => name >= window.report);
        const start = report === window.report ? window.day : window.from;
        at = window;
        if (report === undefined) at = { v: 1, phase: 'done', until: window.until };
        else {
          for await (const page of pagesOf(spec, api, { ...window, report, day: start }, reports, options)) {
            yield page;
            at = page.checkpoint as Cursor;
          }
        }
        if (at.phase === 'done' && at.until >= until) return;
        // The reader stopped before the end of the report, because it was told to.
        if (at === window) return;
      }
    },
    remap: () => ({ changes: [], rejected: [] }),
  };
}

/** The last UTC day that is over. Where the tool's own day is still going on, the next runs read it again. */
function lastDay(now: Date): string {
  return daysAfter(dayOf(now.getTime()), -1);
}

function openWindow<Api>(
  { historyDays, openDays }: FiguresSpec<Api>,
  api: Api,
  last: Extract<Cursor, { phase: 'done' }> | undefined,
  until: string,
  [report = '']: readonly string[],
): Window {
  const from = last === undefined ? daysAfter(until, 1 - historyDays(api)) : daysAfter(last.until, 1 - openDays);
  const to = last !== undefined && last.until > until ? last.until : until;
  return { v: 1, phase: 'window', from, until: to, report, day: from };
}

async function* pagesOf<Api>(
  spec: FiguresSpec<Api>,
  api: Api,
  window: Window,
  reports: readonly string[],
  options: ReadOptions,
): AsyncIterable<Page> {
  const { report, until } = window;
  const open = daysAfter(lastDay(options.now), 1 - spec.openDays);
  let next = window.day;
  for await (const read of spec.read(api, report, { from: next, to: until }, options)) {
    const days: FigureDay[] = [];
    for (; next <= read.through && next <= until; next = daysAfter(next, 1)) {
      const caveats: readonly Caveat[] = next < open ? read.caveats : [...read.caveats, 'not-final'];
      // A day of which nothing is told any more has none of its former figures either.
      days.push({ report, day: next, figures: read.figures.get(next) ?? [], caveats });
    }
    const checkpoint = next > until ? afterReport(window, reports) : { ...window, day: next };
    yield { changes: [], rejected: read.rejected, lines: [], figures: days, checkpoint };
    if (options.signal.aborted) return;
  }
}

function afterReport({ from, until, report }: Window, reports: readonly string[]): Cursor {
  const following = reports.find((name) => name > report);
  if (following === undefined) return { v: 1, phase: 'done', until };
  return { v: 1, phase: 'window', from, until, report: following, day: from };
}
