import { problems } from './api-error.ts';
import { idsIn } from './contact-routes.ts';
import type { Call, Route } from './route.ts';
import type { SendgridStore, SimList } from './store.ts';

const LONGEST_NAME = 100;
const MOST_LISTED = 1_000;

export const listRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/v3\/marketing\/lists$/,
    area: 'read',
    scope: 'marketing',
    run({ store, query, origin }) {
      const size = Number(query.get('page_size') ?? 100);
      if (!(size >= 1 && size <= MOST_LISTED)) throw problems.invalid('page_size is out of range', 'page_size');
      const start = Number(query.get('page_token') ?? 0);
      const all = [...store.lists.values()];
      const next = start + size < all.length ? { next: pageUrl(origin, size, start + size) } : {};
      return {
        status: 200,
        body: {
          result: all.slice(start, start + size).map((one) => listBody(store, one, origin)),
          _metadata: { self: pageUrl(origin, size, start), count: all.length, ...next },
        },
      };
    },
  },
  {
    method: 'POST',
    path: /^\/v3\/marketing\/lists$/,
    area: 'write',
    scope: 'marketing',
    run({ store, body, origin }) {
      const name = (body as { name?: unknown } | undefined)?.name;
      if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) {
        throw problems.invalid('name is required', 'name');
      }
      // 201 was recorded; the document says 200.
      return { status: 201, body: listBody(store, store.createList(name), origin) };
    },
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/lists\/([^/]+)$/,
    area: 'read',
    scope: 'marketing',
    run: (call) => ({ status: 200, body: listBody(call.store, listOf(call), call.origin) }),
  },
  {
    method: 'DELETE',
    path: /^\/v3\/marketing\/lists\/([^/]+)\/contacts$/,
    area: 'write',
    scope: 'marketing',
    run(call) {
      const list = listOf(call);
      const ids = idsIn(call.query.get('contact_ids'), 'contact_ids is required');
      // "If the specified contact does not exist" is a 404 of all of them (OpenAPI).
      if (!ids.every((id) => call.store.contacts.has(id))) throw problems.notFound('contact');
      return { status: 202, body: { job_id: call.jobs.remove(list.id, ids) } };
    },
  },
];

function listOf({ store, part }: Call): SimList {
  const list = store.lists.get(part(1));
  if (list === undefined) throw problems.notFound('list');
  return list;
}

function listBody(store: SendgridStore, { id, name }: SimList, origin: string): object {
  const count = [...store.contacts.values()].filter(({ lists }) => lists.has(id)).length;
  return { id, name, contact_count: count, _metadata: { self: `${origin}/v3/marketing/lists/${id}` } };
}

function pageUrl(origin: string, size: number, start: number): string {
  return `${origin}/v3/marketing/lists?page_size=${size}&page_token=${start === 0 ? '' : start}`;
}
