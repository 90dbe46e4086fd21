import type { Rejection } from '../../domain/change.ts';
import { dayOf, daysAfter, type Figure } from '../../domain/figure.ts';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import { defineFigures, type ReadDays, type Span } from '../define-figures.ts';
import type { Insights } from './answers.ts';
import type { MetaApi } from './client.ts';
import { isParameterRefused, metricRefused, missingSetting } from './errors.ts';
import { INSIGHT_DAYS, OPEN_DAYS } from './manifest.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const places = ['page', 'instagram'] as const;

/** Counts by day of the page and of the Instagram account. */
export const insights = defineFigures<MetaApi>({
  name: 'insights',
  reports({ config }) {
    const asked = places.filter((place) => config[place] !== undefined && config.insights[place].length > 0);
    if (asked.length === 0) throw missingSetting('page', 'insights');
    return asked;
  },
  historyDays: ({ config }) => config.history_days,
  openDays: OPEN_DAYS,
  read,
});

async function* read(api: MetaApi, report: string, span: Span, options: ReadOptions): AsyncIterable<ReadDays> {
  const place = places.find((one) => one === report);
  const id = place === undefined ? undefined : api.config[place];
  if (place === undefined || id === undefined) return;
  const most = Math.min(options.pageSize ?? INSIGHT_DAYS, INSIGHT_DAYS);
  for (let from = span.from; from <= span.to && !options.signal.aborted; ) {
    let through = daysAfter(from, most - 1);
    if (through > span.to) through = span.to;
    yield { through, caveats: [], ...figuresIn(await ask(api, place, id, { from, to: through }), from, through) };
    from = daysAfter(through, 1);
  }
}

async function ask(api: MetaApi, place: 'page' | 'instagram', id: string, { from, to }: Span): Promise<Insights> {
  const since = Date.parse(from) / SECOND;
  // Until noon of the day on whose morning, of UTC, the last day ends.
  const until = (Date.parse(to) + DAY + 12 * HOUR) / SECOND;
  try {
    return await api.insights(place, id, since, until);
  } catch (thrown) {
    throw isParameterRefused(thrown) ? metricRefused(place) : thrown;
  }
}

function figuresIn({ data }: Insights, from: string, to: string): Pick<ReadDays, 'figures' | 'rejected'> {
  const figures = new Map<string, Figure[]>();
  const rejected: Rejection[] = [];
  for (const { name, period, values } of data) {
    if (period !== 'day') continue;
    for (const told of values) {
      // A day is told by the midnight at which it ends in California: seven or eight in the morning of the next, of UTC.
      const end = parseInstant(told.end_time);
      const counts = end === undefined ? undefined : countsIn(name, told.value as Json | undefined);
      if (end === undefined || counts === undefined) {
        const reason = `${name}: expected a number, or numbers by name, and end_time`;
        rejected.push({ code: 'meta/bad-figure', reason, record: { name, ...told } });
        continue;
      }
      const day = dayOf(end - DAY);
      if (day >= from && day <= to) figures.set(day, [...(figures.get(day) ?? []), ...counts]);
    }
  }
  return { figures, rejected };
}

/** One number, or one for each of what it is split into, which Meta names and the split itself does not. */
function countsIn(name: string, value: Json | undefined): readonly Figure[] | undefined {
  if (typeof value === 'number') return [{ name, dimensions: {}, value, unit: 'count' }];
  if (!isJsonObject(value)) return undefined;
  const parts = Object.entries(value);
  if (!parts.every((pair): pair is [string, number] => typeof pair[1] === 'number')) return undefined;
  return parts.map(([by, count]) => ({ name, dimensions: { by }, value: count, unit: 'count' }));
}
