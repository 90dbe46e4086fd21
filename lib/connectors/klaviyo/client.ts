import * as z from 'zod';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { account, contacts, events, holders, list, lists, records } from './answers.ts';
import type { Config, Secret } from './config.ts';
import { unreadableAnswer } from './errors.ts';
import { any, equals } from './filter.ts';
import { EVENT_PAGE, PROFILE_PAGE } from './manifest.ts';
import { openTransport, type Request } from './transport.ts';

const HOME = 'https://a.klaviyo.com';

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type KlaviyoApi = ReturnType<typeof openKlaviyo>;

/** One page of a listing in a stable order; `after` is a page's own token for the next. */
export interface PageQuery {
  readonly filter?: string | undefined;
  readonly sort: string;
  readonly after: string | undefined;
  readonly size?: number | undefined;
}

/** A field by which people can be asked for, of all profiles or of those of a list. */
export type ContactKey = 'id' | 'email' | 'phone_number';

/** A client of its own for one connection: the documented HTTP API, without the official client (README.md says why). */
export function openKlaviyo(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const base = plainPath(connection.endpoint ?? HOME);
  const transport = openTransport(base, connection.secret, io);

  async function call<T>(what: string, shape: z.ZodType<T>, request: Request): Promise<T> {
    const parsed = shape.safeParse(await transport.send(what, request));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  const get = (path: string, query: Request['query'] = {}): Request => ({ method: 'GET', path, query });
  const paged = ({ filter, sort, after, size }: PageQuery, most: number) => ({
    filter,
    sort,
    'page[size]': String(Math.min(size ?? most, most)),
    'page[cursor]': after,
  });
  const ofList = (id: string): string => `/api/lists/${encodeURIComponent(id)}`;
  const changeList = async (method: 'POST' | 'DELETE', id: string, profiles: readonly string[]): Promise<void> => {
    const body = { data: profiles.map((profile) => ({ type: 'profile', id: profile })) };
    await transport.send('a changed list', { method, path: `${ofList(id)}/relationships/profiles`, body });
  };
  const few = { 'fields[profile]': 'email,phone_number', 'page[size]': String(PROFILE_PAGE) };

  return {
    /** The connection's name in the workspace. */
    connection: connection.name,
    config: connection.config,
    calls: transport.calls,
    /** Whose key it is. */
    account: () => call('an account', account, get('/api/accounts')),
    /** Whole profiles, with how they stand to each channel. */
    listProfiles: (query: PageQuery) =>
      call(
        'profiles',
        records,
        get('/api/profiles', { ...paged(query, PROFILE_PAGE), 'additional-fields[profile]': 'subscriptions' }),
      ),
    /** Who is on a list, with how they stand and when they joined. */
    listMembers: (listId: string, query: PageQuery) =>
      call(
        'profiles of a list',
        records,
        get(`${ofList(listId)}/profiles`, {
          ...paged(query, PROFILE_PAGE),
          'additional-fields[profile]': 'subscriptions',
        }),
      ),
    listEvents: (query: PageQuery) =>
      call(
        'events',
        events,
        get('/api/events', { ...paged(query, EVENT_PAGE), include: 'metric', 'fields[metric]': 'name' }),
      ),
    /** Who of all people has one of these values; they fit into one page. */
    findContacts: (key: ContactKey, values: readonly string[]) =>
      call('profiles', contacts, get('/api/profiles', { ...few, filter: any(key, values) })),
    /** Who on a list has one of these values. A list cannot be asked by id. */
    findOnList: (listId: string, key: Exclude<ContactKey, 'id'>, values: readonly string[]) =>
      call('profiles of a list', contacts, get(`${ofList(listId)}/profiles`, { ...few, filter: any(key, values) })),
    /** Who of all people has one of these values, with their custom properties; they fit into one page. */
    findHolders: (key: ContactKey, values: readonly string[]) =>
      call(
        'profiles',
        holders,
        get('/api/profiles', {
          'fields[profile]': 'email,properties',
          'page[size]': String(PROFILE_PAGE),
          filter: any(key, values),
        }),
      ),
    /** Sets one custom property of a profile that is there, or takes it away. Nothing else of the profile is touched. */
    setProperty: (id: string, name: string, value: string | number | boolean | undefined) =>
      call('a changed profile', z.unknown(), {
        method: 'PATCH',
        path: `/api/profiles/${encodeURIComponent(id)}`,
        body: {
          data: {
            type: 'profile',
            id,
            attributes: value === undefined ? {} : { properties: { [name]: value } },
            ...(value === undefined ? { meta: { patch_properties: { unset: name } } } : {}),
          },
        },
      }),
    /** Names are not unique in Klaviyo; the oldest list is the one that was meant first. */
    findList: async (name: string) => {
      const query = { filter: equals('name', name), sort: 'created' };
      const page = await call('lists', lists, get('/api/lists', query));
      return page.records[0];
    },
    listLists: (after: string | undefined) =>
      call('lists', lists, get('/api/lists', { sort: 'created', 'page[cursor]': after })),
    createList: (name: string) =>
      call('a new list', list, {
        method: 'POST',
        path: '/api/lists',
        body: { data: { type: 'list', attributes: { name } } },
      }),
    /** Membership only: nobody is subscribed by it, and nobody unsubscribed. */
    addToList: (id: string, profiles: readonly string[]) => changeList('POST', id, profiles),
    removeFromList: (id: string, profiles: readonly string[]) => changeList('DELETE', id, profiles),
    /** Asks for a profile's deletion, for good. Klaviyo carries it out later and tells nobody when. */
    forget: (profile: string) =>
      call('a deletion', z.unknown(), {
        method: 'POST',
        path: '/api/data-privacy-deletion-jobs',
        body: {
          data: {
            type: 'data-privacy-deletion-job',
            attributes: { profile: { data: { type: 'profile', id: profile, attributes: {} } } },
          },
        },
      }),
  };
}
