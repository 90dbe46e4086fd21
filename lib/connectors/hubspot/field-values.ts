import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { ListPage, Member, Schema, Write } from '../contract.ts';
import { defineField, type FieldSpec, type HeldField, holds, textOf } from '../define-field.ts';
import type { HubspotApi } from './client.ts';
import { addressesOf } from './contacts-of.ts';
import { BATCH, SEARCH_PAGE } from './manifest.ts';

/**
 * HubSpot's own properties mostly say what HubSpot found out, and some decide what may be sent to whom. Life cycle stages only
 * move forward, so one cannot be taken back.
 */
const OPEN_OWN: ReadonlySet<string> = new Set(['hs_lead_status', 'hs_persona', 'hs_language']);
const CLOSED: ReadonlySet<string> = new Set(['email', 'lifecyclestage']);

/** Longest text of a property (65,536) is far beyond what a segment is called. */
const MOST_TEXT = 255;

const target = z.strictObject({
  property: z
    .string('expected the internal name of a contact property')
    .regex(/^[a-z][a-z0-9_]{0,99}$/, 'expected the internal name of a contact property, such as tributary_segment')
    .refine((name) => !CLOSED.has(name), 'expected another property: email and lifecyclestage have rules of their own')
    .refine(
      (name) => !name.startsWith('hs_') || OPEN_OWN.has(name),
      'expected a property of your own: those that begin with hs_ are HubSpot’s',
    ),
  value: z.union([z.string().trim().min(1).max(MOST_TEXT), z.number(), z.literal(true)], {
    error: 'expected a text, a number or true',
  }),
});

export type PropertyTarget = z.infer<typeof target>;

export const propertyTarget: Schema<PropertyTarget> = target;

const position = z.strictObject({ v: z.literal(1), id: z.string() });

/** A property of contacts that are there. Nobody is made a contact, and nothing but the property is written. */
export const fieldValues = defineField<HubspotApi, PropertyTarget>({
  target: propertyTarget,
  matchKeys: [
    { type: 'hubspot.contact_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: BATCH },
  fieldOf: ({ property }) => `contact.${property}`,
  calls: (api) => api.calls(),
  check,
  read,
  write,
  written: ({ property }, id, value) => writtenTo(property, id, value),
  members,
});

/** What the ledger remembers of a contact's property. */
export function writtenTo(property: string, id: string, value: Json): Write {
  return { object: 'contact', id, field: `property ${property}`, value };
}

async function check(api: HubspotApi, { property, value }: PropertyTarget): Promise<void> {
  const found = await api.readProperty(property);
  if (found === undefined) {
    const todo = 'make it in HubSpot under Settings → Properties (contacts, single-line text), or correct the audience';
    throw new TributaryError('config', 'hubspot/unknown-property', `contacts have no property ${property}; ${todo}`);
  }
  const { type, fieldType, options, calculated, modificationMetadata } = found;
  const refuse = (is: string, expected: string): never => {
    throw new TributaryError(
      'config',
      'hubspot/property-not-writable',
      `the property ${property} of contacts ${is}; expected ${expected}`,
    );
  };
  if (calculated === true || modificationMetadata?.readOnlyValue === true) {
    refuse('is read-only', 'one that may be written');
  }
  if (type === 'enumeration' && fieldType === 'checkbox') refuse('takes several values', 'one that takes one');
  if (type === 'enumeration' && !options.some((option) => option.value === String(value))) {
    refuse('has no such option', 'a value that is one of its options, by internal name');
  }
  if (type === 'bool' && value !== true) refuse('is a yes or no', 'the value true');
  if (type === 'number' && !Number.isFinite(Number(value))) refuse('is a number', 'a value that is one');
  if (!['string', 'enumeration', 'bool', 'number'].includes(type)) {
    refuse(`is of type ${type}`, 'a text, a choice, a number or a yes or no');
  }
}

/** Members with an id are read by it, the others by address; whoever an id does not find is looked for by address too. */
async function read(
  api: HubspotApi,
  { property }: PropertyTarget,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly HeldField[]>> {
  const idsOf = ({ keys }: Member): string[] =>
    keys.filter(({ type, value }) => type === 'hubspot.contact_id' && /^\d+$/.test(value)).map(({ value }) => value);
  const byId = new Map<string, HeldField>();
  for (const [id, one] of await readAll(api, property, members.flatMap(idsOf))) byId.set(id, one.held);
  const found = new Map<string, readonly HeldField[]>();
  const searched: Member[] = [];
  for (const member of members) {
    const own = idsOf(member).flatMap((id) => byId.get(id) ?? []);
    if (own.length > 0) found.set(member.memberId, own);
    else searched.push(member);
  }
  const addresses = searched.flatMap(({ keys }) => addressesOf(keys));
  const byAddress = new Map<string, HeldField>();
  for (const { email, held } of (await readAll(api, property, addresses, 'email')).values()) {
    if (email !== undefined) byAddress.set(email, held);
  }
  for (const { memberId, keys } of searched) {
    const own = addressesOf(keys).flatMap((address) => byAddress.get(address) ?? []);
    if (own.length > 0) found.set(memberId, own);
  }
  return found;
}

/** Contacts that are there now, with what the property holds, by their ids. */
async function readAll(api: HubspotApi, property: string, ids: readonly string[], by?: 'email') {
  const found = new Map<string, { readonly held: HeldField; readonly email: string | undefined }>();
  const asked = [...new Set(ids)];
  for (let start = 0; start < asked.length; start += BATCH) {
    const { records } = await api.readBatch('contacts', {
      ids: asked.slice(start, start + BATCH),
      properties: ['email', property],
      ...(by === undefined ? {} : { by }),
    });
    for (const { id, properties } of records) {
      const email = typeof properties.email === 'string' ? properties.email.toLowerCase() : undefined;
      found.set(id, { held: { id, value: properties[property] as Json | undefined }, email });
    }
  }
  return found;
}

async function write(
  api: HubspotApi,
  to: PropertyTarget,
  ids: readonly string[],
  { clear, settle }: Parameters<FieldSpec<HubspotApi, PropertyTarget>['write']>[3],
): Promise<void> {
  const { property, value } = to;
  // An empty text clears a property.
  const properties = { [property]: clear ? '' : String(value) };
  for (let start = 0; start < ids.length; start += BATCH) {
    const part = ids.slice(start, start + BATCH);
    const { records, missing } = await unlessChanged(
      api,
      to,
      api.updateBatch(
        'contacts',
        part.map((id) => ({ id, properties })),
      ),
    );
    for (const id of missing) settle(id, { status: 'unmatched' });
    for (const record of records) settle(record.id, { status: 'applied' });
  }
}

/** A refusal of all of a batch may be the property’s, which somebody has changed since the last look: then that is said. */
async function unlessChanged<T>(api: HubspotApi, to: PropertyTarget, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === 'hubspot/request-refused') await check(api, to);
    throw thrown;
  }
}

/**
 * Everybody whose property holds the value, always the first page of a search beyond the last id: a search ends at 10,000.
 * HubSpot compares texts in any case, so what it finds is looked at again.
 */
async function* members(
  api: HubspotApi,
  { property, value }: PropertyTarget,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let last = position.safeParse(after).data?.id ?? '0';
  while (!signal.aborted) {
    const { results } = await api.search('contacts', {
      anyOf: [
        [
          { property, is: 'EQ', value: String(value) },
          { property: 'hs_object_id', is: 'GT', value: last },
        ],
      ],
      properties: ['email', property],
      limit: SEARCH_PAGE,
    });
    const records = results.flatMap((one) => contact.safeParse(one).data ?? []);
    last = records.at(-1)?.id ?? last;
    const more = results.length === SEARCH_PAGE && records.length > 0;
    const listed = records.filter(({ properties }) => holds(properties[property], value));
    yield {
      members: listed.map(({ id, properties }) => {
        const keys = [{ type: 'hubspot.contact_id', value: id }];
        const email = textOf(properties.email);
        return {
          keys: email === null ? keys : [...keys, { type: 'email', value: email }],
          standing: 'reachable',
        };
      }),
      ...(more ? { next: { v: 1, id: last } } : {}),
    };
    if (!more) return;
  }
}

const contact = z.object({ id: z.string(), properties: z.record(z.string(), z.string().nullable()) });
