import { isJsonObject, type JsonObject } from '../../../lib/domain/json.ts';
import type { SimList } from './list.ts';
import { problems } from './problem.ts';
import { pageOf } from './query.ts';
import type { Route } from './route.ts';

/** The account itself, its lists and their webhooks. */
export const accountRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/ping$/, run: () => ({ health_status: "Everything's Chimpy!" }) },
  {
    method: 'GET',
    path: /^\/?$/,
    run: () => ({ account_id: 'acme', account_name: 'Acme', role: 'admin', _links: [] }),
  },
  {
    method: 'GET',
    path: /^\/lists$/,
    run: ({ lists, query }) => {
      const { offset, count } = pageOf(query);
      const all = [...lists.values()];
      return { lists: all.slice(offset, offset + count).map(showList), total_items: all.length, _links: [] };
    },
  },
  { method: 'GET', path: /^\/lists\/([^/]+)$/, run: ({ list }) => showList(list()) },
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/webhooks$/,
    run: ({ list, webhooks }) => {
      const own = webhooks.hooks.filter(({ listId }) => listId === list().id);
      return {
        webhooks: own.map(({ id, url }) => ({ id, url, list_id: list().id })),
        total_items: own.length,
        _links: [],
      };
    },
  },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/webhooks$/,
    run: async ({ list, body, webhooks, nextId }) => {
      const { url } = body;
      if (typeof url !== 'string' || !(await webhooks.validate(url))) {
        throw problems.invalid("We couldn't verify the URL: it must answer a GET with 200.", [
          { field: 'url', message: 'The webhook URL did not answer.' },
        ]);
      }
      const hook = {
        id: `hook${nextId()}`,
        listId: list().id,
        url,
        events: namesSet(body.events),
        sources: namesSet(body.sources),
        disabled: false,
      };
      webhooks.hooks.push(hook);
      return { id: hook.id, url, list_id: list().id, _links: [] };
    },
  },
];

function showList(list: SimList): JsonObject {
  const subscribed = [...list.members.values()].filter(({ status }) => status === 'subscribed').length;
  return { id: list.id, name: list.name, stats: { member_count: subscribed }, _links: [] };
}

function namesSet(value: unknown): ReadonlySet<string> {
  return new Set(isJsonObject(value) ? Object.keys(value).filter((name) => value[name] === true) : []);
}
