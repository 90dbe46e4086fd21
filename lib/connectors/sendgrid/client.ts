import type * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import * as answer from './answers.ts';
import type { Config, Secret } from './config.ts';
import { unlessNotFound, unreadableAnswer } from './errors.ts';
import { EXPORT_FILE_MB } from './manifest.ts';
import { openTransport, type Request } from './transport.ts';

const HOMES: Readonly<Record<Config['region'], string>> = {
  global: 'https://api.sendgrid.com',
  eu: 'https://api.eu.sendgrid.com',
};

const LISTS_PAGE = '1000';

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type SendgridApi = ReturnType<typeof openSendgrid>;

/** One of SendGrid's lists of addresses that get no mail. */
export type SuppressionList = 'unsubscribes' | 'spam_reports' | 'bounces';

/** A client of its own for one connection: the documented HTTP API, without the official client (README.md says why). */
export function openSendgrid(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const { config, secret } = connection;
  const base = plainPath(connection.endpoint ?? HOMES[config.region]);
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${secret.api_key}`,
    ...(config.on_behalf_of === undefined ? {} : { 'on-behalf-of': config.on_behalf_of }),
  };
  const transport = openTransport(base, headers, io);

  async function call<T>(what: string, shape: z.ZodType<T>, request: Request): Promise<T> {
    const parsed = shape.safeParse(await transport.send(what, request));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  const get = (path: string, query: Request['query'] = {}): Request => ({ method: 'GET', path, query });
  const post = (path: string, body: Json): Request => ({ method: 'POST', path, body });
  const ofList = (id: string): string => `/v3/marketing/lists/${encodeURIComponent(id)}`;

  return {
    /** The connection's name in the workspace. */
    connection: connection.name,
    config,
    now: io.now,
    calls: transport.calls,
    countContacts: () => call('a count', answer.count, get('/v3/marketing/contacts/count')),
    /** The first 50 that a query in SGQL finds, and how many there are. */
    search: (query: string) => call('a search', answer.found, post('/v3/marketing/contacts/search', { query })),
    /** Whole contacts of these ids, at most 100; who is not there is left out. */
    readContacts: async (ids: readonly string[]) =>
      (await unlessNotFound(
        call('contacts', answer.records, post('/v3/marketing/contacts/batch', { ids: [...ids] })),
      )) ?? [],
    /** The same, as far as lists need them. */
    contactsOf: async (ids: readonly string[]) =>
      (await unlessNotFound(
        call('contacts', answer.contacts, post('/v3/marketing/contacts/batch', { ids: [...ids] })),
      )) ?? [],
    /** Contacts by their own or another of their addresses, at most 100. SendGrid answers 404 where it knows none of them. */
    contactsByEmail: async (emails: readonly string[]) =>
      (await unlessNotFound(
        call('contacts', answer.byAddress, post('/v3/marketing/contacts/search/emails', { emails: [...emails] })),
      )) ?? [],
    listLists: (after: string | undefined) =>
      call('lists', answer.lists, get('/v3/marketing/lists', { page_size: LISTS_PAGE, page_token: after })),
    listIsThere: async (id: string) =>
      (await unlessNotFound(call('a list', answer.list, get(ofList(id))))) !== undefined,
    createList: (name: string) => call('a new list', answer.list, post('/v3/marketing/lists', { name })),
    /** Puts contacts on a list by their addresses. An address that no contact has would become one. Answers a job's id. */
    addToList: (id: string, emails: readonly string[]) =>
      call('an upsert', answer.job, {
        method: 'PUT',
        path: '/v3/marketing/contacts',
        body: { list_ids: [id], contacts: emails.map((email) => ({ email })) },
      }),
    /** Takes contacts off a list, at most 100; done later, by a job of which nobody says that it can be asked after. */
    removeFromList: async (id: string, contacts: readonly string[]): Promise<void> => {
      const query = { contact_ids: contacts.join(',') };
      await transport.send('a removal', { method: 'DELETE', path: `${ofList(id)}/contacts`, query });
    },
    upsertState: (id: string) =>
      call('a job', answer.jobState, get(`/v3/marketing/contacts/imports/${encodeURIComponent(id)}`)),
    /** Exports all contacts, or those of a list, as a JSON object a line. */
    startExport: (list: string | undefined) =>
      call(
        'a new export',
        answer.exportJob,
        post('/v3/marketing/contacts/exports', {
          ...(list === undefined ? {} : { list_ids: [list] }),
          file_type: 'json',
          max_file_size: EXPORT_FILE_MB,
        }),
      ),
    /** How an export stands; undefined when SendGrid does not have it (any more). */
    exportState: (id: string) =>
      unlessNotFound(
        call('an export', answer.exportState, get(`/v3/marketing/contacts/exports/${encodeURIComponent(id)}`)),
      ),
    /** A file of an export; undefined when it has expired. */
    download: (url: string) => unlessNotFound(transport.download(url)),
    /** Addresses that came onto a list of suppressions from one second to another, both included. */
    listSuppressions: (
      list: SuppressionList,
      {
        from,
        to,
        limit,
        offset,
      }: { readonly from: number; readonly to: number; readonly limit: number; readonly offset: number },
    ) =>
      call(
        'suppressions',
        answer.suppressions,
        get(`/v3/suppression/${list}`, {
          start_time: String(from),
          end_time: String(to),
          limit: String(limit),
          offset: String(offset),
        }),
      ),
    /** Deletes contacts, at most 100. Done later. */
    deleteContacts: async (ids: readonly string[]): Promise<void> => {
      await transport.send('a deletion', {
        method: 'DELETE',
        path: '/v3/marketing/contacts',
        query: { ids: ids.join(',') },
      });
    },
  };
}
