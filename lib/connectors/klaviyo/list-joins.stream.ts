import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { type Mapping, valueAt } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { defineStream } from '../define.ts';
import type { KlaviyoList } from './answers.ts';
import type { KlaviyoApi, PageQuery } from './client.ts';
import { lookbackMs } from './config.ts';
import { type Cursor, cursor } from './cursor.ts';
import { unlessNotFound } from './errors.ts';
import { all, compared } from './filter.ts';
import { type Pass, readPasses } from './passes.ts';
import { profileId } from './profile.ts';

export const LIST_JOINED = 'List Joined';

export const listJoinMapping: Mapping = {
  version: 1,
  object: 'profile',
  subject: 'person',
  id: ['profile'],
  at: ['joined_at'],
  identifiers: [{ type: 'klaviyo.profile_id', from: 'profile' }],
  activity: {
    id: ['id'],
    name: LIST_JOINED,
    properties: { list_id: { from: 'list', as: 'string' }, list: { from: 'list_name', as: 'string' } },
  },
};

export const listJoinRecord = z
  .looseObject({
    profile: profileId,
    list: z.string().min(1),
    list_name: z.string(),
    joined_at: z.string().refine((at) => parseInstant(at) !== undefined, 'expected an instant'),
  })
  .transform((join) => ({
    ...join,
    id: `${join.list}-${join.profile}-${parseInstant(join.joined_at) ?? ''}`,
  })) as unknown as Schema<JsonObject>;

/** Who joined which list, by the time of joining. Klaviyo tells nothing of who left one. */
export const listJoins = defineStream<KlaviyoApi, JsonObject, Cursor>({
  name: 'list-joins',
  record: listJoinRecord,
  cursor,
  mappings: { join: listJoinMapping },
  read: (api, from, options) =>
    readPasses(async () => (await listsOf(api)).map((list) => joined(api, list)), from, {
      ...options,
      mapping: 'join',
      lookbackMs: lookbackMs(api.config),
    }),
});

/** The account's lists, oldest first, or those that the connection names. */
async function listsOf(api: KlaviyoApi): Promise<readonly KlaviyoList[]> {
  const wanted = api.config.lists;
  const found: KlaviyoList[] = [];
  let after: string | undefined;
  do {
    const page = await api.listLists(after);
    found.push(...page.records);
    after = page.after;
  } while (after !== undefined);
  return wanted === undefined ? found : found.filter(({ name }) => wanted.includes(name));
}

function joined(api: KlaviyoApi, list: KlaviyoList): Pass {
  return {
    name: list.id,
    filter: (from, until) =>
      all(
        from === null ? undefined : compared('greater-or-equal', 'joined_group_at', from),
        compared('less-than', 'joined_group_at', until),
      ),
    sort: 'joined_group_at',
    page: (query) => pageOf(api, list, query),
    instantOf: (record) => parseInstant(valueAt(record, 'joined_at')),
  };
}

/** Only what tells of joining: the profile itself belongs to the stream `profiles`. */
async function pageOf(api: KlaviyoApi, { id, name }: KlaviyoList, query: PageQuery) {
  // A list may be deleted between being listed and being read.
  const page = await unlessNotFound(api.listMembers(id, query));
  const records = (page?.records ?? []).map((member) => ({
    profile: isJsonObject(member) ? (member.id ?? null) : null,
    list: id,
    list_name: name,
    joined_at: valueAt(member, 'attributes.joined_group_at') ?? null,
  }));
  return { records, after: page?.after };
}
