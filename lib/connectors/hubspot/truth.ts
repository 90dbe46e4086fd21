import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ListPage, Member, Standing, Truth } from '../contract.ts';
import type { HubspotApi } from './client.ts';
import { contactsOf, readContacts } from './contacts-of.ts';

const position = z.strictObject({ v: z.literal(1), after: z.string() });

/** Lists that take members; any other fills itself by its own filters. */
const WRITABLE: ReadonlySet<string> = new Set(['MANUAL', 'SNAPSHOT']);

/** The real members of a list. Whoever has opted out can be on one: a list is no permission. */
export const truth: Truth<HubspotApi> = { find: findList, members, standing };

export async function findList(api: HubspotApi, to: Json): Promise<{ remoteId: string } | undefined> {
  const found = await api.findList(isJsonObject(to) ? String(to.list) : '');
  if (found === undefined) return undefined;
  if (WRITABLE.has(found.processingType)) return { remoteId: found.listId };
  throw new TributaryError(
    'config',
    'hubspot/list-not-static',
    'the list of that name is an active list, which fills itself; give the audience the name of a static one',
  );
}

async function* members(
  api: HubspotApi,
  remoteId: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let from = position.safeParse(after).data?.after;
  while (!signal.aborted) {
    const page = await api.listMembers(remoteId, from);
    // By id and by address: a push may have found the person by either.
    const addresses = new Map((await readContacts(api, page.ids)).map(({ id, email }) => [id, email]));
    yield {
      members: page.ids.map((id) => {
        const email = addresses.get(id);
        const keys = [{ type: 'hubspot.contact_id', value: id }];
        return {
          keys: email === undefined ? keys : [...keys, { type: 'email', value: email }],
          standing: 'reachable',
        };
      }),
      ...(page.after === undefined ? {} : { next: { v: 1, after: page.after } }),
    };
    if (page.after === undefined) return;
    from = page.after;
  }
}

async function standing(api: HubspotApi, asked: readonly Member[]): Promise<ReadonlyMap<string, Standing>> {
  const people = await contactsOf(api, asked);
  const there = new Set((await readContacts(api, [...new Set([...people.values()].flat())])).map(({ id }) => id));
  const known = asked.filter(({ memberId }) => people.get(memberId)?.some((id) => there.has(id)) === true);
  return new Map(known.map(({ memberId }) => [memberId, 'reachable']));
}
