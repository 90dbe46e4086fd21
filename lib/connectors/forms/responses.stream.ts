import { z } from 'zod';
import type { Change, Rejection } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ArchivedLine, Page, Stream } from '../contract.ts';
import type { FormsApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { unreadableAnswer } from './errors.ts';
import { RESPONSE_PAGE } from './manifest.ts';
import { mapResponse, OBJECT } from './map-response.ts';
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
const source = { version: 1, object: OBJECT, subject: 'person', by: 'person', id, at } as const;

/** What is certain whatever the workspace's own mapping says: the rest is in the connection. */
const mappings: Readonly<Record<string, Mapping>> = {
  person: source,
  activity: { ...source, activity: { id, name: 'Form Submitted' } },
};

/**
 * Responses of one Typeform form, newest first, back to the end of the last run. Written as a stream by hand: one record
 * means two changes here, by a mapping that only the connection knows.
 */
export const responses: Stream<FormsApi> = {
  name: 'responses',
  mappings,
  async *read(api, connection, from, options) {
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
      const lines = inside.map((record): ArchivedLine => ({ mapping: OBJECT, record }));
      const mapped = lines.map((line) => mapLine(line, connection, api.config));
      if (inside.length > 0 || whole) yield pageOf(mapped, checkpoint);
      if (whole && window.until >= options.now.getTime()) return;
      // A run that finished what an older one began goes on to its own end.
      window = whole ? openWindow(checkpoint, api.config, options.now) : { ...window, before };
    }
  },
  remap(lines, connection, config) {
    const mapped = lines.map((line) => mapLine(line, connection, config as Config));
    return {
      changes: mapped.flatMap(({ changes }) => changes),
      rejected: mapped.flatMap(({ rejected }) => rejected),
    };
  },
};

interface Mapped {
  readonly line: ArchivedLine;
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
}

function mapLine(line: ArchivedLine, connection: string, config: Config): Mapped {
  if ('change' in line) return { line, changes: [line.change], rejected: [] };
  const parsed = typeformResponse.safeParse(line.record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const reason = `${issue?.path.join('.') || 'record'}: ${issue?.message ?? 'unreadable'}`;
    return { line, changes: [], rejected: [{ code: 'sync/bad-record', reason, record: line.record }] };
  }
  // The API does not repeat which form it was asked for.
  const record: JsonObject = { ...parsed.data, form_id: config.form ?? null };
  const mapped = mapResponse(config, connection, record);
  if (!mapped.ok) return { line, changes: [], rejected: [{ ...mapped.rejection, record: line.record }] };
  const [of] = mapped.changes.flatMap((change) => ('fragment' in change ? [change.fragment] : []));
  return { line: { ...line, ...(of === undefined ? {} : { of }) }, changes: mapped.changes, rejected: [] };
}

function pageOf(mapped: readonly Mapped[], checkpoint: Cursor): Page {
  return {
    changes: mapped.flatMap(({ changes }) => changes),
    rejected: mapped.flatMap(({ rejected }) => rejected),
    lines: mapped.map(({ line }) => line),
    checkpoint,
  };
}

function openWindow(from: unknown, config: Config, now: Date): Window {
  if (from === undefined) return { since: 0, until: now.getTime() };
  const parsed = cursor.safeParse(from);
  if (!parsed.success) {
    const says = 'the checkpoint of stream responses has a form this release does not know; pull it with --full';
    throw new TributaryError('config', 'sync/unknown-cursor', says);
  }
  if (parsed.data.phase === 'back') return parsed.data;
  return {
    since: Math.max(0, parsed.data.until - lookbackMs(config)),
    until: Math.max(now.getTime(), parsed.data.until),
  };
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
