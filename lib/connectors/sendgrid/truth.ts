import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { ListedMember, ListPage, Member, Standing, Truth } from '../contract.ts';
import type { SendgridList } from './answers.ts';
import type { SendgridApi } from './client.ts';
import { exportPosition } from './cursor.ts';
import { readExport } from './export.ts';
import { peopleOf } from './people.ts';

const MEMBERS_PAGE = 1_000;

const position = z.strictObject({ v: z.literal(1), at: exportPosition });

/** The real members of a list, by an export of it: a list shows 50 of them otherwise. A list is no permission. */
export const truth: Truth<SendgridApi> = { find: findList, members, standing };

export async function findList(api: SendgridApi, to: Json): Promise<{ remoteId: string } | undefined> {
  const name = isJsonObject(to) ? to.list : undefined;
  const found: SendgridList[] = [];
  for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
    const page = await api.listLists(after);
    found.push(...page.lists.filter((one) => one.name === name));
    after = page.after === after ? undefined : page.after;
  }
  // Nobody says that names are unique, and lists tell no time: the smallest id is the same list every time.
  const [id] = found.map((one) => one.id).sort();
  return id === undefined ? undefined : { remoteId: id };
}

async function* members(
  api: SendgridApi,
  remoteId: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let at = position.safeParse(after).data?.at;
  if (at === undefined) {
    at = { job: (await api.startExport(remoteId)).id, file: 0, line: 0 };
    // Whoever is stopped while SendGrid makes the file asks for this one again.
    yield { members: [], next: { v: 1, at } };
  }
  for await (const page of readExport(api, at, { signal, pageSize: MEMBERS_PAGE })) {
    if (page.state === 'gone') {
      throw new TributaryError('transient', 'sendgrid/export-failed', 'the export of a list failed or has expired');
    }
    const listed = page.records.flatMap(memberOf);
    yield { members: listed, ...(page.next === undefined ? {} : { next: { v: 1, at: page.next } }) };
  }
}

/** By id and by address: a push may have found the person by either. */
function memberOf(record: unknown): ListedMember[] {
  const id = valueAt(record, 'contact_id') ?? valueAt(record, 'id');
  const email = valueAt(record, 'email');
  if (typeof id !== 'string') return [];
  const keys = [{ type: 'sendgrid.contact_id', value: id }];
  const all = typeof email === 'string' && email !== '' ? [...keys, { type: 'email', value: email }] : keys;
  return [{ keys: all, standing: 'reachable' }];
}

async function standing(api: SendgridApi, asked: readonly Member[]): Promise<ReadonlyMap<string, Standing>> {
  const { contacts } = await peopleOf(api, asked);
  return new Map([...contacts.keys()].map((memberId) => [memberId, 'reachable']));
}
