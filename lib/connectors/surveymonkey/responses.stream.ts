import * as z from 'zod';
import type { Change } from '../../domain/change.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions, Schema } from '../contract.ts';
import { defineStream, type RecordPage, streamBySettings } from '../define.ts';
import { openResponses, RESPONSE, type ResponseShape } from '../response-mapping.ts';
import { surveyId } from './answers.ts';
import type { SurveymonkeyApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { inWords, isStrangeTo, responseRecord, wordsOf } from './response.ts';

const SECOND = 1_000;

/**
 * Where the stream stands. `window`: what changed from `from` on, up to `until`, on page `page` of those that changed since
 * then; `seen` are the responses of the second `from` that came already. Pages of numbers shift when somebody changes an
 * answer, so the beginning moves on instead, second by second, and pages count only within one.
 */
const cursor = z.discriminatedUnion('phase', [
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: z.int() }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    from: z.int(),
    until: z.int(),
    page: z.int().min(1),
    seen: z.array(z.string()),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Window = Extract<Cursor, { phase: 'window' }>;

/** Id and time of a response, as `inWords` tells it. */
export const shape: ResponseShape = { id: ['response_id'], at: ['submitted_at'] };
const source = { version: 1, object: RESPONSE, subject: 'person', by: 'person', ...shape } as const;

/** What is certain whatever the workspace's own mapping says: the rest is in the connection. */
const mappings: Readonly<Record<string, Mapping>> = {
  [RESPONSE]: source,
  activity: { ...source, activity: { id: shape.id, name: 'Form Submitted' } },
};

/** Completed responses to one survey, by when they were changed last. */
export const responses = streamBySettings<Config, SurveymonkeyApi>((config) =>
  defineStream<SurveymonkeyApi, JsonObject, Cursor>({
    name: 'responses',
    record: responseRecord as unknown as Schema<JsonObject>,
    cursor,
    mappings,
    changesOf: config && ((record, connection) => openResponses(config.mapping, shape).map(record, connection)),
    read,
    reread,
  }),
);

async function* read(
  api: SurveymonkeyApi,
  last: Cursor | undefined,
  { now, signal, pageSize: size }: ReadOptions,
): AsyncIterable<RecordPage<Cursor>> {
  let at: Cursor = last ?? { v: 1, phase: 'done', until: 0 };
  while (!signal.aborted) {
    const window = at.phase === 'window' ? at : openWindow(at.until, lookbackMs(api.config), now.getTime());
    // "After" may mean "at or after"; what comes twice is left out.
    const since = window.from === 0 ? undefined : window.from - SECOND;
    const { items, more } = await api.listResponses({ since, page: window.page, size });
    const fresh = items.filter((one) => isFresh(one, window));
    const inside = fresh.filter((one) => (changedAt(one) ?? window.from) < window.until);
    // In their order: whoever changed after the run began, and all behind, belongs to the next one.
    const ends = !more || inside.length < fresh.length;
    at = ends ? { v: 1, phase: 'done', until: window.until } : following(window, items);
    const isLast = ends && window.until >= now.getTime();
    if (inside.length > 0 || isLast) {
      yield { mapping: RESPONSE, records: await dressed(api, inside), checkpoint: at };
    }
    if (isLast) return;
  }
}

/** A whole second, for the API knows no less. */
function openWindow(last: number, lookback: number, now: number): Window {
  const from = Math.floor(Math.max(0, last - lookback) / SECOND) * SECOND;
  return { v: 1, phase: 'window', from: last === 0 ? 0 : from, until: Math.max(last, now), page: 1, seen: [] };
}

/** The window after a page: from its last second on, or on the next page where all of it is one second. */
function following(window: Window, items: readonly unknown[]): Window {
  const times = items.map(changedAt).filter((time) => time !== undefined);
  const last = Math.floor((times.at(-1) ?? window.from) / SECOND) * SECOND;
  if (last <= window.from) {
    return { ...window, page: window.page + 1, seen: [...window.seen, ...idsAt(items, window.from)] };
  }
  return { ...window, from: last, page: 1, seen: idsAt(items, last) };
}

function idsAt(items: readonly unknown[], second: number): string[] {
  return items.flatMap((one) => {
    const time = changedAt(one);
    const isThen = time !== undefined && Math.floor(time / SECOND) * SECOND === second;
    return isThen && isJsonObject(one) && typeof one.id === 'string' ? [one.id] : [];
  });
}

/** Whether the window has not had it yet. What has no time is for quarantine, and comes by its page. */
function isFresh(one: unknown, { from, seen }: Window): boolean {
  const time = changedAt(one);
  if (time === undefined) return true;
  return time >= from && !(isJsonObject(one) && seen.includes(String(one.id)));
}

function changedAt(response: unknown): number | undefined {
  return isJsonObject(response) ? parseInstant(response.date_modified) : undefined;
}

async function dressed(api: SurveymonkeyApi, items: readonly unknown[]): Promise<readonly unknown[]> {
  if (items.length === 0) return [];
  let words = wordsOf(await api.survey());
  // Somebody answered a question that is newer than the survey as it was read.
  if (items.some((one) => isStrangeTo(words, one))) words = wordsOf(await api.survey({ anew: true }));
  return items.map((one) => inWords(words, one));
}

/** Single responses, completed or changed: of the webhook comes the id alone. One that was deleted is gone. */
async function reread(
  api: SurveymonkeyApi,
  wanted: readonly string[],
  { now }: ReadOptions,
): Promise<RecordPage<Cursor>> {
  const found: unknown[] = [];
  const also: Change[] = [];
  for (const id of new Set(wanted)) {
    if (!surveyId.safeParse(id).success) continue;
    const response = await api.response(id);
    if (response?.response_status === 'completed') found.push(response);
    if (response !== undefined) continue;
    const at = formatInstant(now.getTime());
    also.push({ kind: 'gone', fragment: `${api.connection}:${RESPONSE}:${id}`, at, mapping: source.version });
  }
  const records = await dressed(api, found);
  return { mapping: RESPONSE, records, also, checkpoint: { v: 1, phase: 'done', until: 0 } };
}
