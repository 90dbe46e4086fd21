import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { ListPage, Member, Schema, Write } from '../contract.ts';
import { defineField, type FieldSpec, type HeldField, holds, inTurns, textOf } from '../define-field.ts';
import type { MailchimpClient, MergeField } from './client.ts';
import { MAX_PAGE } from './manifest.ts';
import { memberIdOf } from './member.ts';
import { mergeValues } from './merge-values.ts';

/** Members of one batch: each takes a request to be read and one to be written. */
const MOST_MEMBERS = 100;
/** Requests at a time: the account allows ten, and other tools use it too. */
const AT_ONCE = 4;
/** How far pages overlap: there are no cursors, and whoever changes moves to the end and everybody behind them up. */
const SLACK = 10;
/** Longest value of a merge field (merge fields guide: 255 bytes). */
const MOST_BYTES = 255;
/** Types of a merge field that hold one plain value. */
const TYPES: ReadonlySet<string> = new Set(['text', 'number', 'radio', 'dropdown']);

const target = z.strictObject({
  merge_field: z
    .string('expected the tag of a merge field')
    .regex(
      /^[A-Z][A-Z0-9_]{0,9}$/,
      'expected the tag of a merge field: up to 10 upper-case letters and digits, such as SEGMENT',
    )
    .refine((tag) => tag !== 'EMAIL', 'expected another merge field: EMAIL is the address'),
  value: z.union(
    [
      z
        .string()
        .trim()
        .min(1)
        .refine((text) => Buffer.byteLength(text) <= MOST_BYTES, `expected at most ${MOST_BYTES} bytes`),
      z.number(),
    ],
    { error: `expected a text of at most ${MOST_BYTES} bytes, or a number` },
  ),
});

export type MergeTarget = z.infer<typeof target>;

export const mergeTarget: Schema<MergeTarget> = target;

const position = z.strictObject({ v: z.literal(1), offset: z.int().min(0) });

const state = z.object({ id: z.string(), status: z.string(), merge_fields: mergeValues });
const holder = z.object({ email_address: z.string(), status: z.string(), merge_fields: mergeValues });

/**
 * A merge field of members of the connection's list who are subscribed. No status is ever sent and nobody is made a member;
 * whoever is not subscribed is refused by the name of the status, as by a tag.
 */
export const fieldValues = defineField<MailchimpClient, MergeTarget>({
  target: mergeTarget,
  matchKeys: [{ type: 'email', hash: 'none' }],
  batch: { maxMembers: MOST_MEMBERS, callsEach: 2 },
  fieldOf: ({ merge_field }) => `member.${merge_field}`,
  calls: (api) => api.calls(),
  check,
  read,
  write,
  written: ({ merge_field }, id, value) => writtenTo(merge_field, id, value),
  members,
});

/** What the ledger remembers of a member's merge field. */
export function writtenTo(tag: string, id: string, value: Json): Write {
  return { object: 'member', id, field: `merge field ${tag}`, value };
}

async function check(api: MailchimpClient, { merge_field: tag, value }: MergeTarget): Promise<void> {
  const found = (await api.listMergeFields()).find((one) => one.tag === tag);
  if (found === undefined) {
    const todo =
      'make it in Mailchimp under Audience → Settings → Audience fields and merge tags, or correct the audience';
    throw new TributaryError('config', 'mailchimp/unknown-merge-field', `the list has no merge field ${tag}; ${todo}`);
  }
  const wrong = problemOf(found, value);
  if (wrong === undefined) return;
  const says = `the merge field ${tag} ${wrong.is}; expected ${wrong.expected}`;
  throw new TributaryError('config', 'mailchimp/merge-field-not-writable', says);
}

function problemOf(
  { type, required, options }: MergeField,
  value: MergeTarget['value'],
): { readonly is: string; readonly expected: string } | undefined {
  if (!TYPES.has(type)) {
    return { is: `is of type ${type}`, expected: 'a text, a number, radio buttons or a drop down' };
  }
  if (required) return { is: 'is required', expected: 'one that may be empty, as it is for whoever leaves' };
  if (type === 'text') return undefined;
  if (type === 'number') {
    return typeof value === 'number' ? undefined : { is: 'is a number', expected: 'a value that is a number' };
  }
  return options.choices.includes(String(value))
    ? undefined
    : { is: 'has no such choice', expected: 'a value that is one of its choices' };
}

/** By each address, best first. What an archived member holds counts as nothing: Mailchimp lists them no more. */
async function read(
  api: MailchimpClient,
  { merge_field: tag }: MergeTarget,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly HeldField[]>> {
  const idsOf = ({ keys }: Member): string[] =>
    keys.filter(({ type }) => type === 'email').map(({ value }) => memberIdOf(value));
  const held = new Map<string, HeldField>();
  await inTurns([...new Set(members.flatMap(idsOf))], AT_ONCE, async (id) => {
    const read = state.safeParse(await api.getMember(id));
    if (!read.success) return;
    const { status, merge_fields } = read.data;
    const value = status === 'archived' ? undefined : merge_fields[tag];
    held.set(id, { id, value, ...(status === 'subscribed' ? {} : { refused: status }) });
  });
  const found = new Map<string, readonly HeldField[]>();
  for (const member of members) {
    const own = idsOf(member).flatMap((id) => held.get(id) ?? []);
    if (own.length > 0) found.set(member.memberId, own);
  }
  return found;
}

async function write(
  api: MailchimpClient,
  to: MergeTarget,
  ids: readonly string[],
  { clear, settle }: Parameters<FieldSpec<MailchimpClient, MergeTarget>['write']>[3],
): Promise<void> {
  const { merge_field: tag, value } = to;
  await inTurns(ids, AT_ONCE, async (id) => {
    const answer = await api.setMergeFields(id, { [tag]: clear ? '' : value });
    if (answer === 'gone') settle(id, { status: 'unmatched' });
    else if (answer === 'refused') settle(id, { status: 'rejected', code: 'mailchimp/value-refused' });
    else if (textOf(answer[tag]) === (clear ? null : String(value))) settle(id, { status: 'applied' });
    else {
      // A tag that somebody has deleted is passed over without a word: then this says so.
      await check(api, to);
      settle(id, { status: 'retry', code: 'mailchimp/not-applied' });
    }
  });
}

/** Mailchimp cannot be asked for a value, so everybody who is not archived is read. */
async function* members(
  api: MailchimpClient,
  { merge_field: tag, value }: MergeTarget,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  for (let offset = position.safeParse(after).data?.offset ?? 0, more = true; more; offset += MAX_PAGE - SLACK) {
    if (signal.aborted) return;
    const page = await api.listMergeValues(offset);
    more = page.items.length > 0 && offset + page.items.length < page.total;
    const read = page.items.flatMap((item) => holder.safeParse(item).data ?? []);
    yield {
      members: read
        .filter(({ merge_fields }) => holds(merge_fields[tag], value))
        .map(({ email_address, status }) => ({
          keys: [{ type: 'email', value: email_address }],
          standing: status === 'subscribed' ? 'reachable' : status,
        })),
      ...(more ? { next: { v: 1, offset: offset + MAX_PAGE - SLACK } } : {}),
    };
  }
}
