import { ApiError } from './api-error.ts';
import type { BulkJobs } from './bulk.ts';
import type { Area, Faults } from './faults.ts';
import type { IngestJobs } from './ingest.ts';
import { attributesOf, type QueryRun, restRecord, runQuery } from './query.ts';
import { deleteCollection, readRecord, retrieveCollection, saveCollection } from './records.ts';
import { type Field, findSchema } from './schema.ts';
import type { SalesforceStore } from './store.ts';
import type { Usage } from './usage.ts';

export interface Call {
  readonly method: string;
  /** Path below `/services/data/v60.0`, in parts. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly version: string;
}

export interface Answer {
  readonly status: number;
  /** JSON, or undefined for no content. */
  readonly body?: unknown;
  readonly csv?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nobody sets these through the API. */
const SYSTEM_FIELDS: ReadonlySet<string> = new Set(['IsDeleted', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp']);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The most rows of one answer (REST API guide, query resource). */
const QUERY_PAGE = 2000;

const areas: Readonly<Record<string, Area>> = { query: 'query', queryall: 'query', jobs: 'bulk' };

/** What a call counts as. */
export function areaOf(method: string, path: readonly string[]): Area {
  const area = areas[path[0]?.toLowerCase() ?? ''];
  if (area !== undefined) return area;
  return method === 'GET' ? 'other' : 'write';
}

/** The data API below its version: one function that answers a call, or throws an ApiError. */
export function createRoutes(parts: {
  readonly store: SalesforceStore;
  readonly jobs: BulkJobs;
  readonly ingest: IngestJobs;
  readonly faults: Faults;
  readonly usage: Usage;
  readonly now: () => Date;
  readonly makeId: (prefix: string) => string;
  /** Rows of one query answer at most; Salesforce may always hand out fewer than asked for. */
  readonly queryPage: () => number | undefined;
  /** Ids of one answer of the delete log at most. */
  readonly mostDeleted: () => number;
}): (call: Call) => Answer {
  const { store, jobs, faults, usage } = parts;
  const cursors = new Map<string, QueryRun>();

  function page(run: QueryRun, cursor: string, offset: number, call: Call): Answer {
    const size = parts.queryPage() ?? batchSize(call.headers['sforce-query-options']);
    const rows = run.rows.slice(offset, offset + size);
    const end = offset + rows.length;
    const done = end >= run.rows.length;
    if (!done) cursors.set(cursor, run);
    const next = done ? {} : { nextRecordsUrl: `/services/data/v${call.version}/query/${cursor}-${end}` };
    const records = rows.map((row) => restRecord(run, row, call.version));
    return ok({ totalSize: run.rows.length, done, ...next, records });
  }

  function query(call: Call, deleted: boolean): Answer {
    const [, locator] = call.path;
    if (locator !== undefined) {
      const cut = locator.lastIndexOf('-');
      const run = cursors.get(locator.slice(0, cut));
      if (run === undefined) throw new ApiError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
      return page(run, locator.slice(0, cut), Number(locator.slice(cut + 1)), call);
    }
    const run = runQuery(store, call.query.get('q') ?? '', { deleted });
    if (run.query.count) return ok({ totalSize: run.rows.length, done: true, records: [] });
    return page(run, parts.makeId('0r8'), 0, call);
  }

  function bulk({ method, path, query: search, body }: Call): Answer {
    const [, kind, id, results] = path;
    if (kind === 'ingest') return ingested({ method, id, part: results, body });
    if (kind !== 'query') throw notFound();
    if (id === undefined) return method === 'POST' ? ok(jobs.create(body)) : ok({ done: true, records: [] });
    if (results === 'results') {
      const found = jobs.results(id, Number(search.get('maxRecords') ?? 10_000), search.get('locator'));
      const headers = { 'sforce-numberofrecords': String(found.count), 'sforce-locator': found.next };
      return { status: 200, csv: found.csv, headers };
    }
    if (method === 'PATCH') return ok(jobs.abort(id));
    if (method !== 'DELETE') return ok(jobs.look(id));
    jobs.delete(id);
    return { status: 204 };
  }

  function ingested(call: {
    readonly method: string;
    readonly id: string | undefined;
    readonly part: string | undefined;
    readonly body: unknown;
  }): Answer {
    const { method, id, part, body } = call;
    const { ingest } = parts;
    if (id === undefined) return method === 'POST' ? ok(ingest.create(body)) : ok({ done: true, records: [] });
    if (part === 'batches' && method === 'PUT') {
      ingest.upload(id, typeof body === 'string' ? body : '');
      return { status: 201 };
    }
    if (part !== undefined) return { status: 200, csv: ingest.results(id, part) };
    if (method === 'PATCH') return ok(ingest.setState(id, (body as { state?: unknown } | undefined)?.state));
    if (method !== 'DELETE') return ok(ingest.look(id));
    ingest.delete(id);
    return { status: 204 };
  }

  function composite({ method, path, query: search, body, version }: Call): Answer {
    const [, resource, object] = path;
    if (resource !== 'sobjects') throw notFound();
    if (object !== undefined) return ok(retrieveCollection(store, object, body, version));
    if (method === 'POST' || method === 'PATCH') return ok(saveCollection(store, faults, method, body));
    const ids = (search.get('ids') ?? '').split(',').filter((id) => id !== '');
    return ok(deleteCollection(store, faults, ids, search.get('allOrNone') === 'true'));
  }

  function sobjects(call: Call): Answer {
    const [, object, id] = call.path;
    if (object === undefined)
      return ok({ sobjects: [...store.schemas.values()].map(({ name, prefix }) => ({ name, keyPrefix: prefix })) });
    if (!store.schemas.has(object.toLowerCase())) throw notFound();
    const schema = findSchema(store.schemas, object);
    if (id === undefined) {
      if (call.method !== 'POST') return ok({ objectDescribe: { name: schema.name, keyPrefix: schema.prefix } });
      const made = store.insert(schema.name, (call.body ?? {}) as Record<string, unknown>);
      const location = attributesOf(schema.name, made, call.version).url;
      return { status: 201, body: { id: made, success: true, errors: [] }, headers: { location } };
    }
    if (id === 'describe') return ok(describe(schema.name, [...schema.fields.values()]));
    if (id === 'deleted') return ok(deletedBetween(call, schema.name));
    if (id === 'updated') return ok(updatedBetween(call, schema.name));
    if (call.method === 'GET')
      return ok(
        readRecord(store, object, id, (call.query.get('fields') ?? '').split(',').filter(Boolean), call.version),
      );
    if (call.method === 'DELETE') store.delete(id);
    else store.update(id, (call.body ?? {}) as Record<string, unknown>);
    return { status: 204 };
  }

  function deletedBetween(call: Call, object: string): object {
    const { from, to } = rangeOf(call, parts.now());
    const earliest = Math.max(parts.now().getTime() - 15 * DAY_MS, store.rememberedSince());
    if (from < earliest) throw new ApiError(400, 'INVALID_REPLICATION_DATE', 'startDate before the delete log begins');
    const found = store.deletions().filter((one) => one.object === object && one.at >= from && one.at < to);
    if (found.length > parts.mostDeleted()) {
      throw new ApiError(400, 'EXCEEDED_ID_LIMIT', `more than ${parts.mostDeleted()} ids were found`);
    }
    return {
      deletedRecords: found.map(({ id, at }) => ({ id, deletedDate: salesforceInstant(at) })),
      earliestDateAvailable: salesforceInstant(earliest),
      latestDateCovered: covered(to),
    };
  }

  function updatedBetween(call: Call, object: string): object {
    const { from, to } = rangeOf(call, parts.now());
    const { inOrder, firstAt } = store.table(object);
    const rows = inOrder.slice(firstAt(from), firstAt(to)).filter((row) => !row.IsDeleted);
    return { ids: rows.map(({ Id }) => Id), latestDateCovered: covered(to) };
  }

  /** What began before and is not done yet is not in an answer: it tells where to start the next time. */
  function covered(to: number): string {
    return salesforceInstant(Math.min(to, parts.now().getTime(), store.underWaySince() ?? Number.POSITIVE_INFINITY));
  }

  const resources: Readonly<Record<string, (call: Call) => Answer>> = {
    query: (call) => query(call, false),
    queryall: (call) => query(call, true),
    limits: () =>
      ok({
        DailyApiRequests: { Max: usage.limit, Remaining: Math.max(0, usage.limit - usage.used()) },
        DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 - jobs.ids().length },
      }),
    jobs: bulk,
    composite,
    sobjects,
  };

  return function answer(call) {
    const [first] = call.path;
    if (first === undefined)
      return ok(
        Object.fromEntries(Object.keys(resources).map((name) => [name, `/services/data/v${call.version}/${name}`])),
      );
    const resource = resources[first.toLowerCase()];
    if (resource === undefined) throw notFound();
    return resource(call);
  };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function notFound(): ApiError {
  return new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
}

function batchSize(header: string | undefined): number {
  const asked = Number(/batchSize=(\d+)/i.exec(header ?? '')?.[1] ?? QUERY_PAGE);
  return Math.min(QUERY_PAGE, Math.max(200, asked));
}

function describe(name: string, fields: readonly Field[]): object {
  return { name, fields: fields.map(describeField) };
}

function describeField({ name, type, rules = {} }: Field): object {
  const { length = 255, values = [], readOnly, hardToFind } = rules;
  return {
    name,
    type,
    length: type === 'string' ? length : 0,
    nillable: type !== 'boolean',
    updateable: readOnly !== true && type !== 'id' && !SYSTEM_FIELDS.has(name),
    filterable: hardToFind !== true,
    restrictedPicklist: values.length > 0,
    picklistValues: values.map((value) => ({ active: true, defaultValue: false, label: value, value })),
  };
}

/** Seconds are not looked at, and the two must be more than a minute apart (REST API guide, sObject Get Deleted). */
function rangeOf(call: Call, now: Date): { from: number; to: number } {
  const [from = 0, to = 0] = ['start', 'end'].map(
    (name) => Math.floor(Date.parse(call.query.get(name) ?? '') / MINUTE_MS) * MINUTE_MS,
  );
  if (!(to - from > MINUTE_MS)) {
    throw new ApiError(400, 'INVALID_REPLICATION_DATE', 'startDate and endDate must be more than a minute apart');
  }
  if (from < now.getTime() - 30 * DAY_MS) {
    throw new ApiError(400, 'INVALID_REPLICATION_DATE', 'startDate cannot be more than 30 days ago');
  }
  return { from, to };
}

function salesforceInstant(at: number): string {
  return new Date(at).toISOString().replace('Z', '+0000');
}
