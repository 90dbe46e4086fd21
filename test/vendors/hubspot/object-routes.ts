import { problems } from './api-error.ts';
import { checkValues } from './property-routes.ts';
import type { Answer, Call, Route } from './route.ts';
import { type ObjectType, typeNamed } from './schema.ts';
import { type SearchRequest, search } from './search.ts';
import type { Properties, SimRecord } from './store.ts';

const OBJECTS = '/crm/v3/objects/([^/]+)';

/** Most inputs of one batch. */
const MOST_INPUTS = 100;
const MOST_ASSOCIATION_INPUTS = 1_000;
/** Most associations of one record in one answer (associations v4). */
const ASSOCIATION_PAGE = 500;

const readScope = (part: (group: number) => string): string => scopeOf(part(1), 'read');
const writeScope = (part: (group: number) => string): string => scopeOf(part(1), 'write');

export const objectRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/crm\/v3\/objects\/contacts\/gdpr-delete$/,
    area: 'write',
    scope: () => 'crm.objects.contacts.write',
    run: forget,
  },
  { method: 'POST', path: pattern('/search'), area: 'search', scope: readScope, run: searchObjects },
  { method: 'POST', path: pattern('/batch/read'), area: 'read', scope: readScope, run: readBatch },
  { method: 'POST', path: pattern('/batch/update'), area: 'write', scope: writeScope, run: updateBatch },
  { method: 'GET', path: pattern('/([^/]+)'), area: 'read', scope: readScope, run: readOne },
  { method: 'PATCH', path: pattern('/([^/]+)'), area: 'write', scope: writeScope, run: update },
  { method: 'DELETE', path: pattern('/([^/]+)'), area: 'write', scope: writeScope, run: archive },
  { method: 'GET', path: pattern(''), area: 'read', scope: readScope, run: listObjects },
  { method: 'POST', path: pattern(''), area: 'write', scope: writeScope, run: create },
  {
    method: 'POST',
    path: /^\/crm\/v4\/associations\/([^/]+)\/([^/]+)\/batch\/read$/,
    area: 'read',
    scope: readScope,
    run: readAssociations,
  },
];

function pattern(rest: string): RegExp {
  return new RegExp(`^${OBJECTS}${rest}$`);
}

/** Engagements are read with the scope of contacts. */
function scopeOf(object: string, verb: 'read' | 'write'): string {
  const crm = ['contacts', 'companies', 'deals'].find((name) => name === object) ?? 'contacts';
  return `crm.objects.${crm}.${verb}`;
}

function typeIn({ store, part }: Call, group = 1): ObjectType {
  const type = typeNamed(store.types, part(group));
  if (type === undefined) throw problems.invalid(`Unable to infer object type from: ${part(group)}`);
  return type;
}

function searchObjects(call: Call): Answer {
  const type = typeIn(call);
  const request = (call.body ?? {}) as SearchRequest;
  const { total, found, after } = search(call.store, type, request, call.seenUntil());
  const results = found.map(({ record, properties }) => written(record, properties, request.properties ?? []));
  return { status: 200, body: { total, results, ...(after === undefined ? {} : { paging: { next: { after } } }) } };
}

function listObjects(call: Call): Answer {
  const type = typeIn(call);
  const limit = Math.min(Number(call.query.get('limit') ?? 10), 100);
  const after = Number(call.query.get('after') ?? 0);
  const archived = call.query.get('archived') === 'true';
  const wanted = propertiesIn(call.query);
  const all = archived ? call.store.archived(type.name) : call.store.all(type.name);
  // By id, never by change (recorded).
  const rest = all.filter(({ id }) => Number(id) >= after).sort((a, b) => Number(a.id) - Number(b.id));
  const results = rest.slice(0, limit).map((record) => written(record, record.properties, wanted));
  const next = rest[limit]?.id;
  const link = `https://api.hubapi.com/crm/v3/objects/${type.name}?after=${next}`;
  return { status: 200, body: { results, ...(next === undefined ? {} : { paging: { next: { after: next, link } } }) } };
}

function readBatch(call: Call): Answer {
  const type = typeIn(call);
  const {
    inputs = [],
    properties = [],
    idProperty,
  } = (call.body ?? {}) as {
    inputs?: readonly { id: string }[];
    properties?: readonly string[];
    idProperty?: string;
  };
  if (inputs.length > MOST_INPUTS) throw problems.invalid(`The maximum number of inputs supported is ${MOST_INPUTS}`);
  const found: SimRecord[] = [];
  const missing: string[] = [];
  for (const { id } of inputs) {
    const record = idProperty === 'email' ? call.store.byEmail(id) : call.store.find(type.name, id);
    if (record === undefined || record.archivedAt !== undefined) missing.push(id);
    else found.push(record);
  }
  // Results come in an order of their own (recorded: a batch of two came back reversed).
  const results = found.reverse().map((record) => written(record, record.properties, properties));
  if (missing.length === 0) return { status: 200, body: batch(call, results) };
  const message = `Could not get some ${type.one.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`;
  const error = {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message,
    context: { ids: missing },
    errors: [],
    links: {},
  };
  return { status: 207, body: { ...batch(call, results), numErrors: 1, errors: [error] } };
}

function readOne(call: Call): Answer {
  const record = call.store.find(typeIn(call).name, call.part(2));
  if (record === undefined || record.archivedAt !== undefined) throw problems.notFound();
  return { status: 200, body: written(record, record.properties, propertiesIn(call.query)) };
}

function create(call: Call): Answer {
  const type = typeIn(call);
  const { properties = {} } = (call.body ?? {}) as { properties?: Properties };
  const { email } = properties;
  const same = typeof email === 'string' ? call.store.byEmail(email) : undefined;
  // The id stands in the message only (recorded: hubspot-api-nodejs#545).
  if (same !== undefined) throw problems.conflict(`Contact already exists. Existing ID: ${same.id}`);
  if (typeof email === 'string' && call.store.blocked(email)) throw problems.invalid('Property values were not valid');
  const id = call.store.create(type.name, properties);
  const record = call.store.find(type.name, id);
  if (record === undefined) throw problems.internal();
  return { status: 201, body: written(record, record.properties, Object.keys(properties)) };
}

function update(call: Call): Answer {
  const type = typeIn(call);
  const record = call.store.find(type.name, call.part(2));
  if (record === undefined) throw problems.notFound();
  const { properties = {} } = (call.body ?? {}) as { properties?: Properties };
  checkValues(type, properties);
  call.store.update(type.name, record.id, properties);
  return { status: 200, body: written(record, record.properties, Object.keys(properties)) };
}

/** One bad value refuses all of a batch; a record that is not there only itself. */
function updateBatch(call: Call): Answer {
  const type = typeIn(call);
  const { inputs = [] } = (call.body ?? {}) as { inputs?: readonly { id: string; properties: Properties }[] };
  if (inputs.length > MOST_INPUTS) throw problems.invalid(`The maximum number of inputs supported is ${MOST_INPUTS}`);
  if (new Set(inputs.map(({ id }) => id)).size < inputs.length)
    throw problems.invalid('Duplicate IDs found in batch input');
  for (const { properties } of inputs) checkValues(type, properties);
  const missing: string[] = [];
  const results: object[] = [];
  for (const { id, properties } of call.silent ? inputs.slice(1) : inputs) {
    const record = call.store.find(type.name, id);
    if (record === undefined || record.archivedAt !== undefined) {
      missing.push(id);
      continue;
    }
    call.store.update(type.name, record.id, properties);
    results.push(written(record, record.properties, Object.keys(properties)));
  }
  results.reverse();
  if (missing.length === 0) return { status: 200, body: batch(call, results) };
  const message = `Could not get some ${type.one.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`;
  const error = {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message,
    context: { ids: missing },
    errors: [],
    links: {},
  };
  return { status: 207, body: { ...batch(call, results), numErrors: 1, errors: [error] } };
}

function archive(call: Call): Answer {
  const type = typeIn(call);
  const record = call.store.find(type.name, call.part(2));
  if (record !== undefined && record.archivedAt === undefined) call.store.archive(type.name, record.id);
  return { status: 204 };
}

function forget(call: Call): Answer {
  const { objectId = '', idProperty } = (call.body ?? {}) as { objectId?: string; idProperty?: string };
  const contact = idProperty === 'email' ? call.store.byEmail(objectId)?.id : objectId;
  if (contact === undefined || !call.store.forget(contact)) {
    if (idProperty !== 'email') throw problems.notFound();
  }
  return { status: 204 };
}

function readAssociations(call: Call): Answer {
  const [from, to] = [typeIn(call, 1), typeIn(call, 2)];
  const { inputs = [] } = (call.body ?? {}) as { inputs?: readonly { id: string; after?: string }[] };
  if (inputs.length > MOST_ASSOCIATION_INPUTS) throw problems.invalid('too many inputs');
  const results: object[] = [];
  const errors: object[] = [];
  for (const { id, after } of inputs) {
    const all = call.store.associated(from.name, id, to.name);
    const start = Number(after ?? 0);
    const some = all.slice(start, start + ASSOCIATION_PAGE);
    if (all.length === 0) {
      const message = `No ${to.one} is associated with ${from.one} ${id}.`;
      errors.push({ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: {}, errors: [], links: {} });
      continue;
    }
    const end = start + some.length;
    results.push({
      from: { id },
      to: some.map(({ id: toObjectId, primary }) => ({
        toObjectId,
        associationTypes: [
          ...(primary ? [{ category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' }] : []),
          { category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
        ],
      })),
      ...(end < all.length ? { paging: { next: { after: String(end) } } } : {}),
    });
  }
  if (errors.length === 0) return { status: 200, body: batch(call, results) };
  return { status: 207, body: { ...batch(call, results), numErrors: errors.length, errors } };
}

export function batch({ now }: Pick<Call, 'now'>, results: readonly object[]): object {
  const at = now().toISOString();
  return { status: 'COMPLETE', results, startedAt: at, completedAt: at };
}

function propertiesIn(query: URLSearchParams): string[] {
  return query.getAll('properties').flatMap((value) => value.split(','));
}

/** Requested and empty is null, requested and unknown is left out (recorded); some are always there. */
function written(record: SimRecord, values: Properties, wanted: readonly string[]): object {
  const { type } = record;
  const always = ['hs_object_id', type.created, type.changed];
  const names = [...new Set([...always, ...(wanted.length === 0 ? type.defaults : wanted)])];
  const known = names.filter((name) => type.properties.has(name));
  const properties = Object.fromEntries(known.map((name) => [name, values[name] ?? null]));
  return {
    id: record.id,
    properties: { ...properties, ...record.damage },
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.changedAt).toISOString(),
    archived: record.archivedAt !== undefined,
    ...(record.archivedAt === undefined ? {} : { archivedAt: new Date(record.archivedAt).toISOString() }),
    url: `https://app.hubspot.com/contacts/1/record/${type.id}/${record.id}`,
  };
}
