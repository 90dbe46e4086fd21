import * as z from 'zod';
import type { Identifier } from '../../domain/change.ts';
import type { Json } from '../../domain/json.ts';
import type { ListPage, Member, Outcome, Schema, Write } from '../contract.ts';
import { defineField, type FieldSpec, type HeldField, holds } from '../define-field.ts';
import type { SalesforceApi } from './client.ts';
import { COLLECTION, readResults, type Saved } from './collection-results.ts';
import { checkField } from './field-description.ts';
import { fullId } from './ids.ts';
import { queryAll } from './query.ts';
import { allOf, inGroups, oneOf, quoted } from './soql.ts';

const LIST_PAGE = 2000;

/** What may be sent to whom is not a segment's to say, and an address is who somebody is. */
const CLOSED: ReadonlySet<string> = new Set(['hasoptedoutofemail', 'hasoptedoutoffax', 'donotcall', 'email', 'id']);

const fieldName = z
  .string('expected the API name of a field')
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'expected the API name of a field, such as VIP__c');

const target = z.strictObject({
  field: fieldName.refine(
    (name) => !CLOSED.has(name.toLowerCase()),
    'expected another field: addresses and opt-outs are not set by a segment',
  ),
  value: z.union([z.string().trim().min(1).max(255), z.number(), z.literal(true)], {
    error: 'expected a text, a number or true',
  }),
  object: z.enum(['contact', 'lead'], { error: 'expected contact or lead' }).default('contact'),
  /** A field that Salesforce finds people by, and the type of identifier that it is here. */
  external_id: z
    .strictObject({
      field: fieldName,
      type: z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a type of identifier such as user_id'),
    })
    .optional(),
});

export type FieldTarget = z.infer<typeof target>;

export const fieldTarget = target as unknown as Schema<FieldTarget>;

const objects = { contact: 'Contact', lead: 'Lead' } as const;

const position = z.strictObject({ v: z.literal(1), id: z.string() });

/** What a record's error means for its member; every other code is a rejection that names it. */
const outcomes: Readonly<Record<string, Outcome>> = {
  ENTITY_IS_DELETED: { status: 'unmatched' },
  INVALID_CROSS_REFERENCE_KEY: { status: 'unmatched' },
  UNABLE_TO_LOCK_ROW: { status: 'retry', code: 'unable-to-lock-row' },
  SERVER_UNAVAILABLE: { status: 'retry', code: 'server-unavailable' },
};

/**
 * A field of contacts or leads that are there. Records are found and then updated by their ids, also by an external id: an
 * upsert would make a record of somebody whom the org does not know.
 */
export const fieldValues = defineField<SalesforceApi, FieldTarget>({
  target: fieldTarget,
  matchKeys: [
    { type: 'salesforce.contact_id', hash: 'none' },
    { type: 'salesforce.lead_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: COLLECTION },
  // Salesforce does not tell names apart by case.
  fieldOf: ({ object, field }) => `${object}.${field.toLowerCase()}`,
  moreKeys: ({ external_id }) => (external_id === undefined ? [] : [external_id.type]),
  calls: (api) => api.calls(),
  check: (api, { object, field, value, external_id }) =>
    checkField(api, objects[object], { field, value, searched: external_id?.field }),
  read,
  write,
  written: ({ object, field }, id, value) => writtenTo(object, field, id, value),
  // A tick is never empty: without one it is false.
  empty: ({ value }) => (value === true ? false : null),
  members,
});

/** What the ledger remembers of a record's field. */
export function writtenTo(object: FieldTarget['object'], field: string, id: string, value: Json): Write {
  return { object: objects[object], id: fullId(id) ?? id, field: `field ${field.toLowerCase()}`, value };
}

/** By id first, then by the external id, then by address; an address may be several records', the oldest first. */
async function read(
  api: SalesforceApi,
  to: FieldTarget,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly HeldField[]>> {
  const { object, external_id } = to;
  const ways = [
    { by: 'Id', type: `salesforce.${object}_id`, normal: (value: string) => fullId(value) ?? '' },
    ...(external_id === undefined ? [] : [{ by: external_id.field, type: external_id.type, normal: lower }]),
    { by: 'Email', type: 'email', normal: lower },
  ];
  const found = new Map<string, readonly HeldField[]>();
  let searched = members;
  for (const { by, type, normal } of ways) {
    const valuesOf = ({ keys }: Member): string[] =>
      keys.filter((key) => key.type === type).map(({ value }) => normal(value));
    const asked = [...new Set(searched.flatMap(valuesOf))].filter((value) => value !== '');
    const held = await findBy(api, to, by, asked, normal);
    for (const member of searched) {
      const own = valuesOf(member).flatMap((value) => held.get(value) ?? []);
      if (own.length > 0) found.set(member.memberId, own);
    }
    searched = searched.filter(({ memberId }) => !found.has(memberId));
  }
  return found;
}

async function findBy(
  api: SalesforceApi,
  { object, field }: FieldTarget,
  by: string,
  values: readonly string[],
  normal: (value: string) => string,
): Promise<ReadonlyMap<string, readonly HeldField[]>> {
  const found = new Map<string, HeldField[]>();
  for (const group of inGroups(values)) {
    const fields = [...new Set(['Id', by, field])].join(', ');
    const soql = `SELECT ${fields} FROM ${objects[object]} WHERE ${allOf(oneOf(by, group), editable(object))} ORDER BY Id`;
    for (const record of await queryAll(api, soql, { deleted: false })) {
      const [id, key] = [fullId(record.Id), valueIn(record, by)];
      if (id === undefined || typeof key !== 'string') continue;
      found.set(normal(key), [...(found.get(normal(key)) ?? []), { id, value: valueIn(record, field) }]);
    }
  }
  return found;
}

/** A converted lead lives on as its contact, and cannot be changed any more. */
function editable(object: FieldTarget['object']): string | undefined {
  return object === 'lead' ? 'IsConverted = false' : undefined;
}

async function write(
  api: SalesforceApi,
  { object, field, value }: FieldTarget,
  ids: readonly string[],
  { clear, settle }: Parameters<FieldSpec<SalesforceApi, FieldTarget>['write']>[3],
): Promise<void> {
  const written = clear ? (value === true ? false : null) : value;
  for (let start = 0; start < ids.length; start += COLLECTION) {
    const part = ids.slice(start, start + COLLECTION);
    // Salesforce reads records in order and refuses one whose attributes do not come first.
    const records = part.map((id) => ({ attributes: { type: objects[object] }, id, [field]: written }));
    const answer = await api.send('PATCH', '/composite/sobjects', { allOrNone: false, records });
    for (const [index, result] of readResults(answer, part.length).entries()) {
      settle(part[index] ?? '', outcomeOf(result));
    }
  }
}

function outcomeOf({ success, errors }: Saved): Outcome {
  if (success) return { status: 'applied' };
  const code = errors[0]?.statusCode ?? 'UNKNOWN';
  return outcomes[code] ?? { status: 'rejected', code: code.toLowerCase().replaceAll('_', '-') };
}

/** Salesforce compares texts in any case, so what it finds is looked at again. */
async function* members(
  api: SalesforceApi,
  { object, field, value, external_id }: FieldTarget,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  const literal = typeof value === 'string' ? quoted(value) : String(value);
  const names = [...new Set(['Id', 'Email', field, ...(external_id === undefined ? [] : [external_id.field])])];
  let last = position.safeParse(after).data?.id ?? '';
  while (!signal.aborted) {
    const beyond = last === '' ? undefined : `Id > ${quoted(last)}`;
    const where = allOf(`${field} = ${literal}`, editable(object), beyond);
    const soql = `SELECT ${names.join(', ')} FROM ${objects[object]} WHERE ${where} ORDER BY Id LIMIT ${LIST_PAGE}`;
    const records = await queryAll(api, soql, { deleted: false });
    last = String(records.at(-1)?.Id ?? '');
    const more = records.length === LIST_PAGE;
    const listed = records.filter((record) => holds(valueIn(record, field), value));
    yield {
      members: listed.map((record) => ({ keys: keysOf(record), standing: 'reachable' })),
      ...(more ? { next: { v: 1, id: last } } : {}),
    };
    if (!more) return;
  }

  function keysOf(record: Readonly<Record<string, Json>>): readonly Identifier[] {
    const ways = [
      { type: `salesforce.${object}_id`, value: fullId(record.Id) },
      { type: external_id?.type ?? '', value: external_id === undefined ? null : valueIn(record, external_id.field) },
      { type: 'email', value: record.Email },
    ];
    return ways.flatMap(({ type, value: own }) =>
      typeof own === 'string' && own !== '' ? [{ type, value: own }] : [],
    );
  }
}

/** Salesforce answers a field under its own spelling of the name. */
function valueIn(record: Readonly<Record<string, Json>>, field: string): Json | undefined {
  if (Object.hasOwn(record, field)) return record[field];
  const name = Object.keys(record).find((one) => lower(one) === lower(field));
  return name === undefined ? undefined : record[name];
}

function lower(text: string): string {
  return text.trim().toLowerCase();
}
