import * as z from 'zod';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { ListedMember, ListPage, Member, Standing, Truth } from '../contract.ts';
import type { KlaviyoApi } from './client.ts';
import { emailStand, subscriptions } from './consent.ts';
import { isCursorRefused } from './errors.ts';
import { any } from './filter.ts';
import { ANY_OF } from './manifest.ts';
import { peopleOf } from './people.ts';

const position = z.strictObject({ v: z.literal(1), after: z.string() });

/** States in which Klaviyo sends somebody e-mail. `never_subscribed` is one: it has heard no "no". */
const REACHABLE: ReadonlySet<string> = new Set(['confirmed', 'subscribed', 'never_subscribed']);

/** The real members of a list, those who cannot be reached included: a list is no permission. */
export const truth: Truth<KlaviyoApi> = { find: findList, members, standing };

export async function findList(api: KlaviyoApi, to: Json): Promise<{ remoteId: string } | undefined> {
  const found = await api.findList(isJsonObject(to) ? String(to.list) : '');
  return found === undefined ? undefined : { remoteId: found.id };
}

async function* members(
  api: KlaviyoApi,
  remoteId: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let from = position.safeParse(after).data?.after;
  while (!signal.aborted) {
    const page = await membersAfter(api, remoteId, from);
    if (page === undefined) {
      from = undefined;
      continue;
    }
    yield {
      members: page.records.flatMap(memberOf),
      ...(page.after === undefined ? {} : { next: { v: 1, after: page.after } }),
    };
    if (page.after === undefined) return;
    from = page.after;
  }
}

/** Undefined when Klaviyo does not know the page any more: the list is read from its start then, and repeats count once. */
async function membersAfter(api: KlaviyoApi, remoteId: string, after: string | undefined) {
  try {
    return await api.listMembers(remoteId, { sort: 'joined_group_at', after });
  } catch (thrown) {
    if (after === undefined || !isCursorRefused(thrown)) throw thrown;
    return undefined;
  }
}

/** By id and by address: a push may have found the person by either. */
export function memberOf(record: unknown): ListedMember[] {
  const id = valueAt(record, 'id');
  const email = valueAt(record, 'attributes.email');
  if (typeof id !== 'string') return [];
  const keys = [{ type: 'klaviyo.profile_id', value: id }];
  return [
    {
      keys: typeof email === 'string' && email !== '' ? [...keys, { type: 'email', value: email }] : keys,
      standing: standingOf(record),
    },
  ];
}

async function standing(api: KlaviyoApi, asked: readonly Member[]): Promise<ReadonlyMap<string, Standing>> {
  const people = await peopleOf(api, asked);
  const ids = [...new Set([...people.values()].flatMap(([best]) => best?.id ?? []))];
  const standings = new Map<string, Standing>();
  for (let start = 0; start < ids.length; start += ANY_OF) {
    const filter = any('id', ids.slice(start, start + ANY_OF));
    const { records } = await api.listProfiles({ filter, sort: 'id', after: undefined });
    for (const record of records) standings.set(String(valueAt(record, 'id')), standingOf(record));
  }
  const found = new Map<string, Standing>();
  for (const [memberId, [best]] of people) {
    const known = standings.get(best?.id ?? '');
    if (known !== undefined) found.set(memberId, known);
  }
  return found;
}

function standingOf(record: unknown): Standing {
  const parsed = subscriptions.safeParse(valueAt(record, 'attributes.subscriptions'));
  const { state } = emailStand(parsed.data ?? {});
  return REACHABLE.has(state) ? 'reachable' : state;
}
