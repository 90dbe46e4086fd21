import { problems } from './api-error.ts';
import { type Fields, filtered, NAMED, SPAN } from './filter.ts';
import { tiers } from './limiter.ts';
import type { SimList } from './lists.ts';
import { pageOf, type Sorting } from './paging.ts';
import { collection, listResource, profileResource } from './resources.ts';
import type { Call, Route } from './route.ts';
import type { SimProfile } from './store.ts';

/** Most profiles of one change of a list. */
const MOST_CHANGED = 1_000;

interface Listed {
  readonly profile: SimProfile;
  readonly joinedAt: number;
}

const listFields: Fields<SimList> = {
  id: { operators: NAMED, valuesOf: ({ id }) => [id] },
  name: { operators: NAMED, valuesOf: ({ name }) => [name] },
  created: { operators: ['greater-than'], valuesOf: ({ created }) => [created] },
  updated: { operators: ['greater-than'], valuesOf: ({ created }) => [created] },
};

const listOrder: Sorting<SimList> = {
  id: ({ id }) => id,
  by: {
    id: ({ id }) => id,
    created: ({ created }) => created,
    updated: ({ created }) => created,
    name: ({ name }) => name,
  },
  most: 10,
  usual: 10,
};

/** No id among them: a list cannot be asked whether it holds a profile of some id. */
const listedFields: Fields<Listed> = {
  email: { operators: NAMED, valuesOf: ({ profile }) => [profile.attributes.email ?? null] },
  phone_number: { operators: NAMED, valuesOf: ({ profile }) => [profile.attributes.phone_number ?? null] },
  joined_group_at: { operators: SPAN, valuesOf: ({ joinedAt }) => [joinedAt] },
};

const listedOrder: Sorting<Listed> = {
  id: ({ profile }) => profile.id,
  by: { joined_group_at: ({ joinedAt }) => joinedAt },
  most: 100,
  usual: 20,
};

export const listRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/api\/lists\/?$/,
    area: 'read',
    scopes: ['lists:read'],
    tier: tiers.L,
    run({ store, url, query }) {
      const found = filtered([...store.lists.all.values()], query.get('filter'), listFields);
      const { rows, next } = pageOf(found, query, listOrder);
      return { status: 200, body: collection(rows.map(listResource), url, next) };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/lists\/?$/,
    area: 'write',
    scopes: ['lists:write'],
    tier: tiers.M,
    run({ store, body }) {
      const { data } = (body ?? {}) as { data?: { attributes?: { name?: unknown } } };
      const name = data?.attributes?.name;
      if (typeof name !== 'string' || name === '') throw problems.invalid('name is required', '/data/attributes/name');
      return { status: 201, body: { data: listResource(store.lists.create(name)) } };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/lists\/([^/]+)\/profiles\/?$/,
    area: 'read',
    scopes: ['lists:read', 'profiles:read'],
    tier: tiers.L,
    run(call) {
      const { store, url, query } = call;
      const listed = [...listOf(call).members].flatMap(([id, joinedAt]) => {
        const profile = store.profiles.get(id);
        return profile === undefined ? [] : [{ profile, joinedAt }];
      });
      const { rows, next } = pageOf(filtered(listed, query.get('filter'), listedFields), query, listedOrder);
      const data = rows.map(({ profile, joinedAt }) => profileResource(profile, query, joinedAt));
      return { status: 200, body: collection(data, url, next) };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/lists\/([^/]+)\/relationships\/profiles\/?$/,
    area: 'write',
    scopes: ['lists:write', 'profiles:write'],
    tier: tiers.M,
    run(call) {
      const list = listOf(call);
      const ids = idsIn(call.body);
      // Nothing of a batch is done when one of its profiles is not there.
      for (const id of ids) if (!call.store.profiles.has(id)) throw problems.notFound(`profile with id ${id}`);
      for (const id of ids) call.store.lists.add(list, id);
      return { status: 204 };
    },
  },
  {
    method: 'DELETE',
    path: /^\/api\/lists\/([^/]+)\/relationships\/profiles\/?$/,
    area: 'write',
    scopes: ['lists:write', 'profiles:write'],
    tier: tiers.M,
    run(call) {
      const list = listOf(call);
      for (const id of idsIn(call.body)) list.members.delete(id);
      return { status: 204 };
    },
  },
];

function listOf({ store, part }: Call): SimList {
  const list = store.lists.all.get(part(1));
  if (list === undefined) throw problems.notFound(`list with id ${part(1)}`);
  return list;
}

function idsIn(body: unknown): string[] {
  const { data } = (body ?? {}) as { data?: unknown };
  if (!Array.isArray(data) || data.length === 0) throw problems.invalid('data is a required field', '/data');
  if (data.length > MOST_CHANGED) throw problems.invalid(`at most ${MOST_CHANGED} profiles per call`, '/data');
  return data.map((one: { type?: unknown; id?: unknown }) => {
    if (one.type !== 'profile' || typeof one.id !== 'string') throw problems.invalid('expected a profile', '/data/0');
    return one.id;
  });
}
