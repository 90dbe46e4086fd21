import * as z from 'zod';
import type { Change } from '../../domain/change.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions } from '../contract.ts';
import { defineStream, type RecordPage } from '../define.ts';
import type { MailchimpClient } from './client.ts';
import { MAX_PAGE } from './manifest.ts';

/** `last_changed` has a resolution of one second, so the last second of a window is read again in the next. */
const RESOLUTION_MS = 1_000;

export const memberMapping: Mapping = {
  version: 1,
  object: 'member',
  subject: 'person',
  id: ['id'],
  at: ['last_changed'],
  identifiers: [
    { type: 'email', from: 'email_address' },
    { type: 'mailchimp.member_id', from: 'id' },
    { type: 'phone', from: 'merge_fields.PHONE' },
  ],
  traits: {
    email: { from: 'email_address', as: 'string' },
    first_name: { from: 'merge_fields.FNAME', as: 'string' },
    last_name: { from: 'merge_fields.LNAME', as: 'string' },
    phone: { from: 'merge_fields.PHONE', as: 'string' },
    'address.street': { from: 'merge_fields.ADDRESS.addr1', as: 'string' },
    'address.city': { from: 'merge_fields.ADDRESS.city', as: 'string' },
    'address.region': { from: 'merge_fields.ADDRESS.state', as: 'string' },
    'address.postal_code': { from: 'merge_fields.ADDRESS.zip', as: 'string' },
    'address.country': { from: 'merge_fields.ADDRESS.country', as: 'string' },
    language: { from: 'language', as: 'string' },
    'location.country': { from: 'location.country_code', as: 'string' },
    'location.timezone': { from: 'location.timezone', as: 'string' },
    'mailchimp.status': { from: 'status', as: 'string' },
    'mailchimp.rating': { from: 'member_rating', as: 'number' },
    'mailchimp.vip': { from: 'vip', as: 'boolean' },
    'mailchimp.source': { from: 'source', as: 'string' },
    'mailchimp.open_rate': { from: 'stats.avg_open_rate', as: 'number' },
    'mailchimp.click_rate': { from: 'stats.avg_click_rate', as: 'number' },
    'mailchimp.tags': { from: 'tags' },
    'mailchimp.merge': { from: 'merge_fields' },
  },
  // Pending and transactional say nothing: the person has neither agreed nor refused.
  consent: [
    {
      topic: 'email',
      from: 'status',
      address: 'email_address',
      granted: ['subscribed'],
      denied: [],
      by: 'person',
      source: 'newsletter status',
      at: 'timestamp_opt',
    },
    {
      topic: 'email',
      from: 'status',
      address: 'email_address',
      granted: [],
      denied: ['unsubscribed'],
      by: 'person',
      source: 'newsletter status',
    },
    {
      topic: 'email',
      from: 'status',
      address: 'email_address',
      granted: [],
      denied: ['cleaned', 'archived'],
      by: 'company',
      source: 'newsletter status',
    },
  ],
};

/** A merge field that is not set arrives as an empty string, whatever its type. */
const mergeValue = z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.json())]).nullable();

const record = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/, 'expected an MD5'),
  email_address: z.string(),
  status: z.string(),
  last_changed: z.string(),
  // The vendor writes an object without fields as a list.
  merge_fields: z
    .union([z.record(z.string(), mergeValue), z.array(z.never())])
    .default({})
    .transform((fields) => {
      const set = Object.entries(fields).filter(([tag]) => tag !== 'EMAIL');
      return Object.fromEntries(set.map(([tag, value]) => [tag, value === '' ? null : value]));
    }),
  tags: z
    .array(z.object({ name: z.string() }))
    .default([])
    .transform((tags) => tags.map(({ name }) => name).sort()),
  language: z.string().optional(),
  location: z.object({ country_code: z.string().optional(), timezone: z.string().optional() }).optional(),
  stats: z.object({ avg_open_rate: z.number().optional(), avg_click_rate: z.number().optional() }).optional(),
  member_rating: z.number().optional(),
  vip: z.boolean().optional(),
  source: z.string().optional(),
  timestamp_opt: z.string().optional(),
});

const instant = z.int();

/**
 * Either the end of the last complete run, or a position inside a run's frozen window: which pass, how far, and how
 * many members the pass held when it was last looked at.
 */
const cursor = z.union([
  z.strictObject({ v: z.literal(1), pass: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    pass: z.enum(['listed', 'archived']),
    since: instant.nullable(),
    until: instant,
    offset: z.int().min(0),
    total: z.int().min(0).nullable(),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Position = Exclude<Cursor, { pass: 'done' }>;

/**
 * Members by `last_changed` in a window that is frozen for the run: everybody but the archived, then the archived, whom
 * the plain listing leaves out.
 */
export const members = defineStream<MailchimpClient, z.infer<typeof record>, Cursor>({
  name: 'members',
  record,
  cursor,
  mappings: { member: memberMapping },
  async *read(api, from, options) {
    let at: Cursor = begin(from, options.now.getTime());
    while (at.pass !== 'done') {
      if (options.signal.aborted) return;
      const { records, next } = await readPage(api, at, options);
      at = next;
      if (records.length > 0 || at.pass === 'done') yield { mapping: 'member', records, checkpoint: at, ...leftAt(at) };
    }
  },
  reread,
});

function begin(from: Cursor | undefined, now: Milliseconds): Position {
  if (from !== undefined && from.pass !== 'done') return from;
  const until = Math.max(Math.floor(now / RESOLUTION_MS) * RESOLUTION_MS, from?.until ?? 0);
  const since = from === undefined ? null : from.until - RESOLUTION_MS;
  return { v: 1, pass: 'listed', since, until, offset: 0, total: null };
}

async function readPage(
  api: MailchimpClient,
  at: Position,
  options: ReadOptions,
): Promise<{ records: readonly unknown[]; next: Cursor }> {
  const page = await api.listMembers({
    since: at.since ?? undefined,
    until: at.until,
    archived: at.pass === 'archived',
    offset: at.offset,
    count: Math.min(options.pageSize ?? MAX_PAGE, MAX_PAGE),
  });
  // Whoever changes during the run leaves the frozen window, and everybody behind moves up: without going back by as
  // many, the next offset would skip people for ever. Nobody can enter the window.
  const left = at.total === null ? 0 : at.total - page.total;
  if (left > 0 && at.offset > 0) {
    return { records: [], next: { ...at, offset: Math.max(0, at.offset - left), total: page.total } };
  }
  const offset = at.offset + page.items.length;
  if (page.items.length > 0 && offset < page.total) {
    return { records: page.items, next: { ...at, offset, total: page.total } };
  }
  const next: Cursor =
    at.pass === 'listed'
      ? { ...at, pass: 'archived', offset: 0, total: null }
      : { v: 1, pass: 'done', until: at.until };
  return { records: page.items, next };
}

/** How many members the pass has still to list; at the beginning of a pass nobody knows. */
function leftAt(at: Cursor): { readonly left?: number } {
  if (at.pass === 'done') return { left: 0 };
  return at.total === null ? {} : { left: Math.max(0, at.total - at.offset) };
}

/** Reads members again by id. Before ids are called gone the list itself is asked for, or a wrong `list` would void everybody. */
async function reread(api: MailchimpClient, ids: readonly string[], options: ReadOptions): Promise<RecordPage<Cursor>> {
  const records: unknown[] = [];
  const gone: Change[] = [];
  for (const id of ids) {
    const member = await api.getMember(id);
    if (member !== undefined) records.push(member);
    else
      gone.push({
        kind: 'gone',
        fragment: `${api.connection}:member:${id}`,
        at: options.now.toISOString(),
        mapping: memberMapping.version,
      });
  }
  if (gone.length > 0) await api.getList();
  // Nobody resumes after single records; if somebody did, this position reads everything.
  return { mapping: 'member', records, also: gone, checkpoint: { v: 1, pass: 'done', until: RESOLUTION_MS } };
}
