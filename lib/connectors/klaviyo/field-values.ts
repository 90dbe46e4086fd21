import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { ListPage, Member, Outcome, Schema, Write } from '../contract.ts';
import { defineField, type FieldSpec, type HeldField, holds, inTurns } from '../define-field.ts';
import type { ContactKey, KlaviyoApi } from './client.ts';
import { isCursorRefused } from './errors.ts';
import { ANY_OF } from './manifest.ts';
import { addressesIn, idsIn } from './people.ts';
import { memberOf, truth } from './truth.ts';

/** Members of one batch: each takes a request of its own to be written. */
const MOST_MEMBERS = 100;
/** Requests at a time. An endpoint takes 75 a second, for everybody who uses the account. */
const AT_ONCE = 4;

const target = z.strictObject({
  property: z
    .string('expected the name of a profile property')
    // `$consent`, `$source` and their like are Klaviyo's, and one of them subscribes whom it is set for.
    .regex(/^[^$.][^.]{0,249}$/, 'expected the name of a property of your own: no dots, and no $ at its beginning')
    .refine((name) => name.trim() === name, 'expected a name without blanks around it'),
  value: z.union([z.string().trim().min(1).max(255), z.number(), z.literal(true)], {
    error: 'expected a text, a number or true',
  }),
});

export type PropertyTarget = z.infer<typeof target>;

export const propertyTarget: Schema<PropertyTarget> = target;

const position = z.strictObject({ v: z.literal(1), after: z.string() });

/**
 * A custom property of profiles that are there. Profiles are patched by id, never imported: an import would make profiles, and
 * neither subscribes. Consent is not among the properties that are taken.
 */
export const fieldValues = defineField<KlaviyoApi, PropertyTarget>({
  target: propertyTarget,
  matchKeys: [
    { type: 'klaviyo.profile_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: MOST_MEMBERS, callsEach: 1 },
  fieldOf: ({ property }) => `profile.${property}`,
  calls: (api) => api.calls(),
  // Klaviyo keeps no list of properties: one comes to be when somebody has it.
  check: async () => undefined,
  read,
  write,
  written: ({ property }, id, value) => writtenTo(property, id, value),
  members,
  standing: (api, asked, remoteId) => truth.standing?.(api, asked, remoteId) ?? Promise.resolve(new Map()),
});

/** What the ledger remembers of a profile's property. */
export function writtenTo(property: string, id: string, value: Json): Write {
  return { object: 'profile', id, field: `property ${property}`, value };
}

/** By ids, then by address whoever has none that is there. */
async function read(
  api: KlaviyoApi,
  { property }: PropertyTarget,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly HeldField[]>> {
  const found = new Map<string, readonly HeldField[]>();
  const ways = [
    { by: 'id', valuesOf: ({ keys }: Member) => idsIn(keys) },
    { by: 'email', valuesOf: ({ keys }: Member) => addressesIn(keys) },
  ] as const;
  let searched = members;
  for (const { by, valuesOf } of ways) {
    const held = await heldBy(api, property, by, [...new Set(searched.flatMap(valuesOf))]);
    for (const member of searched) {
      const own = valuesOf(member).flatMap((value) => held.get(value) ?? []);
      if (own.length > 0) found.set(member.memberId, own);
    }
    searched = searched.filter(({ memberId }) => !found.has(memberId));
  }
  return found;
}

async function heldBy(
  api: KlaviyoApi,
  property: string,
  by: Exclude<ContactKey, 'phone_number'>,
  values: readonly string[],
): Promise<ReadonlyMap<string, HeldField>> {
  const found = new Map<string, HeldField>();
  for (let start = 0; start < values.length; start += ANY_OF) {
    const { records } = await api.findHolders(by, values.slice(start, start + ANY_OF));
    for (const { id, email, properties } of records) {
      found.set(by === 'id' ? id : (email ?? ''), { id, value: properties[property] });
    }
  }
  return found;
}

async function write(
  api: KlaviyoApi,
  { property, value }: PropertyTarget,
  ids: readonly string[],
  { clear, settle }: Parameters<FieldSpec<KlaviyoApi, PropertyTarget>['write']>[3],
): Promise<void> {
  await inTurns(ids, AT_ONCE, async (id) => {
    try {
      await api.setProperty(id, property, clear ? undefined : value);
      settle(id, { status: 'applied' });
    } catch (thrown) {
      const outcome = thrown instanceof TributaryError ? ownOutcome(thrown.code) : undefined;
      if (outcome === undefined) throw thrown;
      settle(id, outcome);
    }
  });
}

/** The request is about one profile: what is refused of it is no reason to stop the others. */
function ownOutcome(code: string): Outcome | undefined {
  if (code === 'klaviyo/not-found') return { status: 'unmatched' };
  return code === 'klaviyo/request-refused' ? { status: 'rejected', code: 'klaviyo/value-refused' } : undefined;
}

/** Klaviyo cannot be asked for a property's value (2026-11), so every profile is read. */
async function* members(
  api: KlaviyoApi,
  { property, value }: PropertyTarget,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let from = position.safeParse(after).data?.after;
  while (!signal.aborted) {
    const page = await pageAfter(api, from);
    if (page === undefined) {
      from = undefined;
      continue;
    }
    const holding = page.records.filter((record) => holds(propertiesOf(record)[property], value));
    yield {
      members: holding.flatMap(memberOf),
      ...(page.after === undefined ? {} : { next: { v: 1, after: page.after } }),
    };
    if (page.after === undefined) return;
    from = page.after;
  }
}

/** Undefined when Klaviyo does not know the page any more: profiles are read from the start then, and repeats count once. */
async function pageAfter(api: KlaviyoApi, after: string | undefined) {
  try {
    return await api.listProfiles({ sort: 'id', after });
  } catch (thrown) {
    if (after === undefined || !isCursorRefused(thrown)) throw thrown;
    return undefined;
  }
}

function propertiesOf(record: unknown): JsonObject {
  const properties = valueAt(record, 'attributes.properties');
  return isJsonObject(properties) ? properties : {};
}
