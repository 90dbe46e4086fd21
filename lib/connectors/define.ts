import type { Change, Rejection } from '../domain/change.ts';
import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import { isJsonObject, isShallow, type Json } from '../domain/json.ts';
import { applyMappings, type MappedRecord, type Mapping } from '../domain/mapping.ts';
import { parseSafely } from '../domain/parse-safely.ts';
import type {
  ArchivedLine,
  AudienceDestination,
  Connector,
  FieldDestination,
  Page,
  ReadOptions,
  Schema,
  Stream,
} from './contract.ts';

/** A stream as its author writes it: typed records, a typed cursor, and mappings that are data. */
export interface StreamSpec<Api, Record_, Cursor extends Json> {
  readonly name: string;
  /** A record that does not fit is quarantined, never fatal. */
  readonly record: Schema<Record_>;
  /** Opaque outside the connector. Holds `v` and a tie-breaker; an unknown `v` does not parse. */
  readonly cursor: Schema<Cursor>;
  readonly mappings: Readonly<Record<string, Mapping>>;
  /** What a record means where one mapping cannot say it: several changes, or a refusal. Absent = the mapping its page names. */
  readonly changesOf?: ((record: Record_, connection: string) => MappedRecord) | undefined;
  read(api: Api, from: Cursor | undefined, options: ReadOptions): AsyncIterable<RecordPage<Cursor>>;
  reread?(api: Api, ids: readonly string[], options: ReadOptions): Promise<RecordPage<Cursor>>;
}

export interface RecordPage<Cursor extends Json> {
  /** Which of the stream's mappings the records go through. */
  readonly mapping: string;
  readonly records: readonly unknown[];
  readonly checkpoint: Cursor;
  /** Changes that are no record: ids that the vendor says are deleted. */
  readonly also?: readonly Change[];
  /** As in `Page`. */
  readonly anewSince?: string;
  readonly left?: number;
}

/** What is kept of a record that nobody can walk through: it is a bad record like any other. */
const TOO_DEEP = { tooDeep: true };

/** Closes over a stream's record and cursor types, so that the registry holds one plain type. */
export function defineStream<Api, Record_, Cursor extends Json>(spec: StreamSpec<Api, Record_, Cursor>): Stream<Api> {
  /** Undefined when this release has no mapping of that name. */
  const mapRecord = (connection: string, name: string, record: unknown): MappedRecord | undefined => {
    const mapping = spec.mappings[name];
    if (mapping === undefined) return undefined;
    const parsed = parseSafely(spec.record, record);
    const through = { record, mapping: name };
    if (parsed.success) {
      const mapped = spec.changesOf?.(parsed.data, connection) ?? applyMappings([mapping], connection, parsed.data);
      return mapped.ok ? mapped : { ok: false, rejection: { ...mapped.rejection, ...through } };
    }
    const first = parsed.error.issues[0];
    const reason = first === undefined ? 'unreadable' : `${first.path.join('.') || 'record'}: ${first.message}`;
    return { ok: false, rejection: { code: 'sync/bad-record', reason, ...through } };
  };

  const toPage = (connection: string, page: RecordPage<Cursor>): Page => {
    const { mapping, checkpoint, anewSince, left } = page;
    const also = page.also ?? [];
    const changes: Change[] = [...also];
    const rejected: Rejection[] = [];
    const lines: ArchivedLine[] = also.map((change) => ({ of: subjectOf(change), change }));
    for (const told of page.records) {
      const record = isShallow(told as Json) ? told : TOO_DEEP;
      const mapped = mapRecord(connection, mapping, record);
      if (mapped === undefined) {
        throw new TributaryError('defect', 'sync/unknown-mapping', `stream ${spec.name} has no mapping ${mapping}`);
      }
      if (mapped.ok) changes.push(...mapped.changes);
      else rejected.push(mapped.rejection);
      const [first] = mapped.ok ? mapped.changes : [];
      lines.push({ ...(first === undefined ? {} : { of: subjectOf(first) }), mapping, record });
    }
    return {
      changes,
      rejected,
      lines,
      checkpoint,
      ...(anewSince === undefined ? {} : { anewSince }),
      ...(left === undefined ? {} : { left }),
    };
  };

  const remap: Stream<Api>['remap'] = (lines, connection) => {
    const changes: Change[] = [];
    const rejected: Rejection[] = [];
    for (const line of lines) {
      if ('change' in line) {
        changes.push(line.change);
        continue;
      }
      const mapped = mapRecord(connection, line.mapping, line.record);
      if (mapped?.ok) changes.push(...mapped.changes);
      else if (mapped !== undefined) rejected.push(mapped.rejection);
      else {
        const reason = `this release has no mapping called ${line.mapping}`;
        rejected.push({ code: 'sync/unknown-mapping', reason, record: line.record });
      }
    }
    return { changes, rejected };
  };

  async function* read(
    api: Api,
    connection: string,
    from: Json | undefined,
    options: ReadOptions,
  ): AsyncIterable<Page> {
    for await (const page of spec.read(api, readCursor(spec, from), options)) yield toPage(connection, page);
  }

  const { reread } = spec;
  return {
    name: spec.name,
    mappings: spec.mappings,
    read,
    remap,
    ...(reread === undefined
      ? {}
      : { reread: async (api, connection, ids, options) => toPage(connection, await reread(api, ids, options)) }),
  };
}

/** A checkpoint as the stream's own cursor. Throws TributaryError `config` `sync/unknown-cursor`. */
export function readCursor<Cursor extends Json>(
  { name, cursor }: { readonly name: string; readonly cursor: Schema<Cursor> },
  from: Json | undefined,
): Cursor | undefined {
  if (from === undefined) return undefined;
  const parsed = cursor.safeParse(from);
  if (parsed.success) return parsed.data;
  const says = `the checkpoint of stream ${name} has a form this release does not know; pull it with --full`;
  throw new TributaryError('config', 'sync/unknown-cursor', says);
}

/**
 * A stream whose mappings or fields a connection's settings shape: `make` makes it of them for each call, and without them
 * what is the same for every connection.
 */
export function streamBySettings<Config, Api extends { readonly config: Config }>(
  make: (config: Config | undefined) => Stream<Api>,
): Stream<Api> {
  const plain = make(undefined);
  const { reread } = plain;
  return {
    name: plain.name,
    mappings: plain.mappings,
    read: (api, ...asked) => make(api.config).read(api, ...asked),
    remap: (lines, connection, config) => make(config as Config).remap(lines, connection, config),
    ...(reread === undefined ? {} : { reread: (api, ...asked) => (make(api.config).reread ?? reread)(api, ...asked) }),
  };
}

/** The fragment or the account that a change is about. */
function subjectOf(change: Change): string {
  return change.kind === 'account' ? change.account : change.fragment;
}

/** A connector with its own types closed over: what the registry and the pipeline hold. */
export type AnyConnector = Connector<unknown, unknown, unknown>;

/** Connectors by name. */
export type Connectors = Readonly<Record<string, AnyConnector>>;

/** The same, each loaded by the first who asks for it. */
export type Registry = Readonly<Record<string, () => Promise<AnyConnector>>>;

/** The connector of that name; undefined where there is none. */
export async function loadConnector(registry: Registry, name: string): Promise<AnyConnector | undefined> {
  return Object.hasOwn(registry, name) ? registry[name]?.() : undefined;
}

/** All connectors, or those of these names that there are. */
export async function loadConnectors(registry: Registry, names = Object.keys(registry)): Promise<Connectors> {
  const loaded = await Promise.all(names.map(async (name) => [name, await loadConnector(registry, name)] as const));
  return Object.fromEntries(loaded.filter((entry): entry is [string, AnyConnector] => entry[1] !== undefined));
}

/** The connectors that a workspace's connections are of. */
export async function loadConnectorsOf(
  registry: Registry,
  { connections }: Pick<Definitions, 'connections'>,
): Promise<Connectors> {
  return loadConnectors(registry, [...new Set(Object.values(connections).map(({ connector }) => connector))]);
}

/** Closes over a connector's types. Config and secret are parsed by its own schemas before they reach it. */
export function defineConnector<Config, Secret, Api>(connector: Connector<Config, Secret, Api>): AnyConnector {
  return connector as unknown as AnyConnector;
}

/** Whether a target means a field of people's records: then it says which `value` the field is to hold. */
export function isFieldTarget(target: Json): boolean {
  return isJsonObject(target) && Object.hasOwn(target, 'value');
}

/** Where an audience with this target goes; undefined where the connector takes none of the kind. */
export function destinationFor(
  connector: Pick<AnyConnector, 'audiences' | 'fieldValues'> | undefined,
  target: Json,
): AudienceDestination<unknown> | FieldDestination<unknown> | undefined {
  return isFieldTarget(target) ? connector?.fieldValues : connector?.audiences;
}

/**
 * The channel on which an audience speaks to people: the one that it needs them to be subscribed to, or that of its list.
 * Undefined where it speaks to nobody, as a field of a record does.
 */
export function channelOf(
  connector: Pick<AnyConnector, 'audiences' | 'fieldValues'> | undefined,
  target: Json,
  needed: string | undefined,
): string | undefined {
  return needed ?? destinationFor(connector, target)?.channel;
}

/** The fewest requests that so many members take in one direction. */
export function fewestCalls(
  { maxMembers, callsEach = 0 }: AudienceDestination<unknown>['batch'],
  members: number,
): number {
  return Math.ceil(members / maxMembers) + members * callsEach;
}
