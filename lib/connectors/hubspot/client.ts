import { ListsApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/lists/apis/ListsApi.js';
import { MembershipsApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/lists/apis/MembershipsApi.js';
import { ServerConfiguration as ListsServer } from '@hubspot/api-client/lib/codegen/crm/lists/servers.js';
import { BasicApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/objects/apis/BasicApi.js';
import { BatchApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/objects/apis/BatchApi.js';
import { SearchApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/objects/apis/SearchApi.js';
import type { Filter, FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/objects/models/Filter.js';
import { ServerConfiguration as ObjectsServer } from '@hubspot/api-client/lib/codegen/crm/objects/servers.js';
import * as z from 'zod';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import {
  account,
  associations,
  batchRead,
  changedList,
  emailEvents,
  forms,
  list,
  listMembers,
  listsOfRecords,
  objectPage,
  property,
  searchPage,
  submissions,
  subscriptionStatuses,
} from './answers.ts';
import type { Config, Secret } from './config.ts';
import { unlessNotFound, unreadableAnswer } from './errors.ts';
import { EVENT_PAGE, LIST_PAGE, MEMBER_PAGE, SUBMISSION_PAGE } from './manifest.ts';
import { openTransport, type Request } from './transport.ts';

const HOME = 'https://api.hubapi.com';

/** Of contacts, as lists name it. */
const CONTACT = '0-1';

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type HubspotApi = ReturnType<typeof openHubspot>;

/** A condition of a search; all of a group must hold, and any group. */
export interface Condition {
  readonly property: string;
  readonly is: 'EQ' | 'GT' | 'GTE' | 'LT' | 'LTE';
  readonly value: string;
}

export interface Search {
  readonly anyOf: readonly (readonly Condition[])[];
  readonly properties: readonly string[];
  readonly limit: number;
}

export interface BatchToRead {
  readonly ids: readonly string[];
  readonly properties: readonly string[];
  /** What the ids are, where they are no record ids. */
  readonly by?: 'email';
}

export interface RecordToWrite {
  readonly id: string;
  readonly properties: Record<string, string>;
}

/**
 * A client of its own for one connection. The official client builds the requests to objects and lists; sending, reading
 * and failing are ours, because its own way shares retries and a limiter between all clients of a process, repeats writes
 * after an error, turns instants into Dates, drops fields it does not know and puts whole answers into messages.
 */
export function openHubspot(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const base = plainPath(connection.endpoint ?? HOME);
  const transport = openTransport(base, connection.secret, io);
  const objects = configured(new ObjectsServer(base, {}));
  const lists = configured(new ListsServer(base, {}));
  const [search, basic, batch] = [
    new SearchApiRequestFactory(objects),
    new BasicApiRequestFactory(objects),
    new BatchApiRequestFactory(objects),
  ];
  const [listsApi, memberships] = [new ListsApiRequestFactory(lists), new MembershipsApiRequestFactory(lists)];

  async function call<T>(what: string, shape: z.ZodType<T>, request: Request): Promise<T> {
    const parsed = shape.safeParse(await transport.send(what, request));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  /** A request that the official client built. */
  async function built<T>(what: string, shape: z.ZodType<T>, context: Promise<BuiltRequest>): Promise<T> {
    const request = await context;
    const body = request.getBody();
    return call(what, shape, {
      method: request.getHttpMethod(),
      url: request.getUrl(),
      ...(typeof body === 'string' ? { body } : {}),
    });
  }

  const get = (path: string, query: Readonly<Record<string, string | undefined>> = {}): Request => {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const text = new URLSearchParams(given).toString();
    return { method: 'GET', url: `${base}${path}${text === '' ? '' : `?${text}`}` };
  };
  const post = (path: string, body: object): Request => ({
    method: 'POST',
    url: base + path,
    body: JSON.stringify(body),
  });

  let known: Promise<z.infer<typeof account>> | undefined;

  return {
    /** The connection's name in the workspace. */
    connection: connection.name,
    config: connection.config,
    calls: transport.calls,
    /** Who we are signed in as, and the money that the account counts in. Asked once. */
    account() {
      known ??= call('an account', account, get('/account-info/v3/details'));
      return known;
    },
    /** The first records that match, in the order of their ids, and how many match in all. */
    search: (object: string, { anyOf, properties, limit }: Search) =>
      built(
        'a search',
        searchPage,
        search.doSearch(object, {
          filterGroups: anyOf.map((group) => ({ filters: group.map(filterOf) })),
          // Typed as texts by the client, which gives them on as they are; the API wants objects.
          sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }] as unknown as string[],
          properties: [...properties],
          limit,
        }),
      ),
    /** Deleted records that can still be restored, in the order of their ids. */
    listArchived: (object: string, query: { readonly properties: readonly string[]; readonly after?: string }) =>
      built(
        'a listing',
        objectPage,
        basic.getPage(object, LIST_PAGE, query.after, [...query.properties], undefined, undefined, true),
      ),
    readBatch: (object: string, { ids, properties, by }: BatchToRead) =>
      built(
        'a batch',
        batchRead,
        batch.read(object, {
          inputs: ids.map((id) => ({ id })),
          properties: [...properties],
          propertiesWithHistory: [],
          ...(by === undefined ? {} : { idProperty: by }),
        }),
      ),
    /** Writes these properties of records that are there; what is said of each is like an answer to `readBatch`. */
    updateBatch: (object: string, inputs: readonly RecordToWrite[]) =>
      built('a changed batch', batchRead, batch.update(object, { inputs: [...inputs] })),
    /** The definition of a property of contacts; undefined when there is none. */
    readProperty: (name: string) =>
      unlessNotFound(call('a property', property, get(`/crm/v3/properties/contacts/${encodeURIComponent(name)}`))),
    /** One record by its id, or by that of a record that was merged into it. Undefined when there is none. */
    readOne: (object: string, id: string, properties: readonly string[]) =>
      unlessNotFound(built('a record', z.looseObject({ id: z.string() }), basic.getById(object, id, [...properties]))),
    /** Records of one kind that are associated with records of another. */
    readAssociations: (from: string, to: string, inputs: readonly { readonly id: string; readonly after?: string }[]) =>
      call('associations', associations, post(`/crm/v4/associations/${from}/${to}/batch/read`, { inputs })),
    /** The list of contacts of that name, in whatever case; undefined when there is none. */
    findList: (name: string) => unlessNotFound(built('a list', list, listsApi.getByName(name, CONTACT))),
    createList: (name: string) =>
      built('a new list', list, listsApi.create({ name, objectTypeId: CONTACT, processingType: 'MANUAL' })),
    addToList: (id: string, records: readonly string[]) =>
      built('a changed list', changedList, memberships.add(id, [...records])),
    removeFromList: (id: string, records: readonly string[]) =>
      built('a changed list', changedList, memberships.remove(id, [...records])),
    listMembers: (id: string, after: string | undefined) =>
      built('members of a list', listMembers, memberships.getPage(id, after, undefined, MEMBER_PAGE)),
    /** The lists that contacts are on. */
    listsOf: (records: readonly string[]) =>
      call(
        'lists of contacts',
        listsOfRecords,
        post('/crm/v3/lists/records/memberships/batch/read', {
          inputs: records.map((recordId) => ({ objectTypeId: CONTACT, recordId })),
        }),
      ),
    listEmailEvents: (query: {
      since: number | undefined;
      until: number;
      offset: string | undefined;
      limit?: number;
    }) =>
      call(
        'e-mail events',
        emailEvents,
        get('/email/public/v1/events', {
          startTimestamp: query.since?.toString(),
          endTimestamp: query.until.toString(),
          limit: String(query.limit ?? EVENT_PAGE),
          offset: query.offset,
        }),
      ),
    listForms: (after: string | undefined) =>
      call('forms', forms, get('/marketing/v3/forms/', { limit: String(LIST_PAGE), after })),
    /** Submissions of one form, newest first; undefined when the form is no more. */
    listSubmissions: (form: string, query: { after: string | undefined; limit?: number }) =>
      unlessNotFound(
        call(
          'submissions',
          submissions,
          get(`/form-integrations/v1/submissions/forms/${encodeURIComponent(form)}`, {
            limit: String(query.limit ?? SUBMISSION_PAGE),
            after: query.after,
          }),
        ),
      ),
    /** How addresses stand to each type of subscription. */
    readSubscriptions: (addresses: readonly string[]) =>
      call(
        'subscriptions',
        subscriptionStatuses,
        post('/communication-preferences/v4/statuses/batch/read?channel=EMAIL', { inputs: addresses }),
      ),
    /** Deletes a contact and all that belongs to it for good; the address cannot be used again. */
    forget: (contact: string) =>
      call('a deletion', z.unknown(), post('/crm/v3/objects/contacts/gdpr-delete', { objectId: contact })),
  };
}

/** What we read of a request that the official client built. */
interface BuiltRequest {
  getUrl(): string;
  getHttpMethod(): { toString(): string } & string;
  getBody(): unknown;
}

/** The official client's settings without its way of sending: no HTTP library, no middleware, no token. */
function configured<Server>(baseServer: Server) {
  const httpApi = {
    send: () => {
      throw new Error('requests are sent by transport.ts');
    },
  };
  return { baseServer, httpApi, middleware: [], authMethods: {} };
}

function filterOf({ property, is, value }: Condition): Filter {
  return { propertyName: property, operator: is as FilterOperatorEnum, value };
}
