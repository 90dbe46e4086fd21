import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import { defineStream, streamBySettings } from '../define.ts';
import { RESPONSE } from '../response-mapping.ts';
import type { FormsApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { unreadableAnswer } from './errors.ts';
import { RESPONSE_PAGE } from './manifest.ts';
import { mapResponse } from './map-response.ts';
import { presets } from './presets.ts';
import { typeformResponse } from './typeform.ts';

const instant = z.int();

/** Either the end of the last complete run, or a place on the way back from the newest response to where that one ended. */
const cursor = z.discriminatedUnion('phase', [
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
  z.strictObject({ v: z.literal(1), phase: z.literal('back'), since: instant, until: instant, before: z.string() }),
]);

type Cursor = z.infer<typeof cursor>;
type Window = { readonly since: number; readonly until: number; readonly before?: string | undefined };

const { id, at } = presets.typeform;
const source = { version: 1, object: RESPONSE, subject: 'person', by: 'person', id, at } as const;

/** What is certain whatever the workspace's own mapping says: the rest is in the connection. */
const mappings: Readonly<Record<string, Mapping>> = {
  [RESPONSE]: source,
  activity: { ...source, activity: { id, name: 'Form Submitted' } },
};

/**
 * Responses of one Typeform form, newest first, back to the end of the last run. One record means two changes here, by a
 * mapping that only the connection knows.
 */
export const responses = streamBySettings<Config, FormsApi>((config) =>
  defineStream({
    name: 'responses',
    record: typeformResponse,
    cursor,
    mappings,
    // The API does not repeat which form it was asked for.
    changesOf:
      config && ((told, connection) => mapResponse(config, connection, { ...told, form_id: config.form ?? null })),
    async *read(api, from, options) {
      let window = openWindow(from, api.config, options.now);
      const pageSize = Math.min(options.pageSize ?? RESPONSE_PAGE, RESPONSE_PAGE);
      while (!options.signal.aborted) {
        const items = await api.listResponses({ pageSize, before: window.before });
        const before = items.map(tokenOf).findLast((token) => token !== undefined);
        const whole = items.length < pageSize || (timeOf(items.at(-1)) ?? window.since) < window.since;
        if (!whole && before === undefined) throw unreadableAnswer('responses');
        const checkpoint: Cursor = whole
          ? { v: 1, phase: 'done', until: window.until }
          : { v: 1, phase: 'back', since: window.since, until: window.until, before: before ?? '' };
        const inside = items.filter((one) => isInside(one, window));
        if (inside.length > 0 || whole) yield { mapping: RESPONSE, records: inside, checkpoint };
        if (whole && window.until >= options.now.getTime()) return;
        // A run that finished what an older one began goes on to its own end.
        window = whole ? openWindow(checkpoint, api.config, options.now) : { ...window, before };
      }
    },
  }),
);

function openWindow(from: Cursor | undefined, config: Config, now: Date): Window {
  if (from === undefined) return { since: 0, until: now.getTime() };
  if (from.phase === 'back') return from;
  return { since: Math.max(0, from.until - lookbackMs(config)), until: Math.max(now.getTime(), from.until) };
}

/** What was submitted after the run began belongs to the next; what has no time is for quarantine. */
function isInside(record: unknown, { since, until }: Window): boolean {
  const time = timeOf(record);
  return time === undefined || (time >= since && time < until);
}

function tokenOf(record: unknown): string | undefined {
  return isJsonObject(record) && typeof record.token === 'string' ? record.token : undefined;
}

function timeOf(record: unknown): number | undefined {
  return isJsonObject(record) ? parseInstant(record.submitted_at) : undefined;
}
