import { problems } from './api-error.ts';
import type { SimList } from './lists.ts';
import { batch } from './object-routes.ts';
import type { Answer, Call, Route } from './route.ts';

const read = () => 'crm.lists.read';
const write = () => 'crm.lists.write';

/** Documented of memberships: at most 250 a page. */
const MOST_MEMBERS = 250;

export const listRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/crm\/v3\/lists\/?$/, area: 'other', scope: write, run: create },
  { method: 'POST', path: /^\/crm\/v3\/lists\/search$/, area: 'other', scope: read, run: searchLists },
  {
    method: 'GET',
    path: /^\/crm\/v3\/lists\/object-type-id\/([^/]+)\/name\/([^/]+)$/,
    area: 'other',
    scope: read,
    run: byName,
  },
  {
    method: 'POST',
    path: /^\/crm\/v3\/lists\/records\/memberships\/batch\/read$/,
    area: 'read',
    scope: read,
    run: listsOf,
  },
  { method: 'GET', path: /^\/crm\/v3\/lists\/([^/]+)\/memberships$/, area: 'read', scope: read, run: members },
  { method: 'PUT', path: /^\/crm\/v3\/lists\/([^/]+)\/memberships\/add$/, area: 'write', scope: write, run: add },
  { method: 'PUT', path: /^\/crm\/v3\/lists\/([^/]+)\/memberships\/remove$/, area: 'write', scope: write, run: remove },
  {
    method: 'GET',
    path: /^\/crm\/v3\/lists\/([^/]+)$/,
    area: 'other',
    scope: read,
    run: ({ store, part }) => found(store.lists.get(part(1))),
  },
];

function create({ store, body }: Call): Answer {
  const { name = '', processingType = 'MANUAL' } = (body ?? {}) as {
    name?: string;
    processingType?: SimList['processingType'];
  };
  if (name === '') throw problems.invalid('name is required');
  if (store.lists.named(name) !== undefined) throw problems.invalid('A list with that name already exists');
  return { status: 200, body: { list: written(store.lists.create(name, processingType)) } };
}

function searchLists({ store, body }: Call): Answer {
  const { query = '', offset = 0, count = 20 } = (body ?? {}) as { query?: string; offset?: number; count?: number };
  const all = store.lists.all().filter(({ name }) => name.toLowerCase().includes(query.toLowerCase()));
  const lists = all
    .slice(offset, offset + Math.min(count, 500))
    .map((list) => ({ ...written(list), additionalProperties: {} }));
  return {
    status: 200,
    body: { lists, total: all.length, offset: offset + lists.length, hasMore: offset + lists.length < all.length },
  };
}

function byName({ store, part }: Call): Answer {
  return found(part(1) === '0-1' ? store.lists.named(part(2)) : undefined);
}

function found(list: SimList | undefined): Answer {
  if (list === undefined) throw problems.notFound('List does not exist.');
  return { status: 200, body: { list: written(list) } };
}

function members({ store, part, query }: Call): Answer {
  const list = listIn(store.lists.get(part(1)));
  const limit = Number(query.get('limit') ?? 100);
  if (limit > MOST_MEMBERS) throw problems.invalid(`limit must be at most ${MOST_MEMBERS}`);
  const token = query.get('after');
  const after = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString('utf8'));
  const rest = [...list.members].filter(([id]) => Number(id) > after).sort(([a], [b]) => Number(a) - Number(b));
  const some = rest.slice(0, limit);
  const results = some.map(([recordId, at]) => ({ recordId, membershipTimestamp: new Date(at).toISOString() }));
  const last = some.at(-1)?.[0];
  const next =
    rest.length > limit && last !== undefined
      ? { paging: { next: { after: Buffer.from(last).toString('base64url') } } }
      : {};
  return { status: 200, body: { results, total: list.members.size, ...next } };
}

function add(call: Call): Answer {
  const list = writable(call);
  const recordsIdsAdded: string[] = [];
  const recordIdsMissing: string[] = [];
  for (const id of heard(call)) {
    const record = call.store.find('contacts', id);
    if (record === undefined || record.archivedAt !== undefined) recordIdsMissing.push(id);
    // Records that are members already are in none of the three.
    else if (call.store.lists.add(list, record.id)) recordsIdsAdded.push(id);
  }
  return { status: 200, body: { recordsIdsAdded, recordIdsRemoved: [], recordIdsMissing } };
}

function remove(call: Call): Answer {
  const list = writable(call);
  const ids = heard(call);
  const missing = ids.filter((id) => call.store.find('contacts', id) === undefined);
  const recordIdsRemoved = ids.filter((id) => list.members.delete(id));
  return { status: 200, body: { recordsIdsAdded: [], recordIdsRemoved, recordIdsMissing: missing } };
}

function listsOf(call: Call): Answer {
  const { inputs = [] } = (call.body ?? {}) as { inputs?: readonly { recordId: string; objectTypeId: string }[] };
  const results = inputs.map(({ recordId, objectTypeId }) => ({
    recordId,
    objectTypeId,
    recordListMemberships: call.store.lists
      .all()
      .filter(({ members }) => members.has(recordId))
      .map(({ listId }) => ({ listId, listVersion: 1 })),
  }));
  return { status: 200, body: batch(call, results) };
}

function writable({ store, part }: Call): SimList {
  const list = listIn(store.lists.get(part(1)));
  // Documented: only lists of these two kinds take members.
  if (list.processingType === 'DYNAMIC') throw problems.invalid('The list is not a manual or snapshot list.');
  return list;
}

function listIn(list: SimList | undefined): SimList {
  if (list === undefined) throw problems.notFound('List does not exist.');
  return list;
}

/** A bare list of texts; anything else is refused. */
function heard({ body, silent }: Call): readonly string[] {
  if (!Array.isArray(body) || body.some((id) => typeof id !== 'string')) throw problems.invalid('Invalid input JSON');
  return silent ? body.slice(1) : body;
}

function written(list: SimList): object {
  return {
    listId: list.listId,
    listVersion: 1,
    name: list.name,
    objectTypeId: '0-1',
    processingType: list.processingType,
    processingStatus: 'COMPLETE',
    createdAt: new Date(list.createdAt).toISOString(),
    size: list.members.size,
  };
}
