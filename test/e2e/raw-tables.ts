import { DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { isJsonObject, type Json, type JsonObject } from '../../lib/domain/json.ts';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import type { Stage } from '../../lib/local/stage.ts';

/** What the tables hold, counted without any code of the product that reads them. */
export interface RawTables {
  /** Profiles that stand for somebody: neither merged into another nor erased. */
  readonly people: readonly RawPerson[];
  /** Segment → profile ids of its rows that say so, and since when in ms. */
  readonly members: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Audience → its rows, both sides. */
  readonly audiences: ReadonlyMap<string, readonly RawAudienceRow[]>;
  /** Kind → bodies of its documents. */
  readonly state: ReadonlyMap<string, readonly JsonObject[]>;
  /** Fragment → activities stored under it. */
  readonly activities: ReadonlyMap<string, readonly RawActivity[]>;
  /** Segment → who entered and left on each day: `2026-11-21` → [entered, left]. */
  readonly moves: ReadonlyMap<string, ReadonlyMap<string, readonly [number, number]>>;
}

export interface RawPerson {
  readonly id: string;
  readonly fragments: readonly string[];
  /** Values that sources told, of records and accounts that they still have; ms. */
  readonly told: readonly RawTold[];
  /** Connections whose records state an identifier, and when each did first; ms. */
  readonly states: readonly (readonly [connection: string, at: number])[];
  /** Records that activities are remembered of, and the instant of the newest; ms. */
  readonly remembered: readonly (readonly [fragment: string, at: number])[];
  /** Audience → the side of its holdout, and since when; ms. */
  readonly exposed: Readonly<Record<string, { readonly heldOut: boolean; readonly at: number }>>;
}

export interface RawTold {
  readonly path: string;
  readonly connection: string;
  readonly at: number;
  readonly by: 'record' | 'account';
}

export interface RawActivity {
  readonly id: string;
  readonly name: string;
  /** In ms. */
  readonly at: number;
  readonly properties: JsonObject;
}

export interface RawAudienceRow {
  readonly profile: string;
  readonly wanted: JsonObject;
  readonly told: JsonObject | undefined;
}

/** A number of a page: where it stands in the API's answers, and what the tables hold. */
export type Recounted = readonly [what: string, told: Json | undefined, counted: Json | undefined];

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean }>>;

/** Reads every table of a stage whole. */
export async function readRawTables(stage: Stage): Promise<RawTables> {
  const [people, rows, documents, acts, lines] = await Promise.all([
    readRawPeople(stage),
    ...['MEMBERSHIPS_TABLE', 'STATE_TABLE', 'ACTIVITIES_TABLE', 'HISTORY_TABLE'].map((one) => scan(stage, one)),
  ]);
  return {
    people,
    ...membershipsOf(rows ?? []),
    state: grouped(
      documents ?? [],
      ({ kind }) => kind?.S,
      ({ body }) => objectOf(body?.S),
    ),
    activities: grouped(acts ?? [], ({ fragment }) => fragment?.S, activityOf),
    moves: movesOf(lines ?? []),
  };
}

/** Reads everybody alone. */
export async function readRawPeople(stage: Stage): Promise<readonly RawPerson[]> {
  return (await scan(stage, 'PROFILES_TABLE')).flatMap(personOf);
}

/** Past the stage's proxy, with the key by which the engine knows this process. */
async function scan(stage: Stage, variable: string): Promise<readonly Item[]> {
  const credentials = { accessKeyId: stageAccessKeyId, secretAccessKey: 'recount' };
  const client = new DynamoDBClient({ endpoint: stage.engines.dynamodb, region: 'eu-central-1', credentials });
  const found: Item[] = [];
  let from: ScanCommandInput['ExclusiveStartKey'];
  do {
    const start = from === undefined ? {} : { ExclusiveStartKey: from };
    const page = await client.send(new ScanCommand({ TableName: String(stage.resolve(variable)), ...start }));
    found.push(...((page.Items ?? []) as Item[]));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  client.destroy();
  return found;
}

function personOf({ id, body, merged }: Item): readonly RawPerson[] {
  const content = objectOf(body?.S);
  if (merged?.BOOL === true || content.erased !== undefined || !isJsonObject(content.fragments)) return [];
  const records = Object.entries(content.fragments).map(([fragment, held]) => ({
    fragment,
    ...(held as unknown as RawRecord),
  }));
  // A record that its source no longer has tells nothing, but for what the source told of it since.
  const live = records.map(({ gone = Number.NEGATIVE_INFINITY, ...one }) => ({
    ...one,
    traits: Object.entries(one.traits).filter(([, [value, at]]) => value !== null && at > gone),
    stated: Object.values(one.identifiers).flatMap((values) =>
      Object.entries(values).flatMap(([value, [first, last]]) => (value === '' || last <= gone ? [] : [first])),
    ),
  }));
  const companies = Object.entries((content.accounts ?? {}) as Record<string, RawRecord['traits']>);
  const belongsTo = new Set(live.flatMap(({ accounts }) => accounts?.[0] ?? []));
  return [
    {
      id: id?.S ?? '',
      fragments: Object.keys(content.fragments),
      told: [
        ...live.flatMap(({ fragment, traits }) =>
          traits.map(([path, [, at]]) => ({ path, connection: connectionOf(fragment), at, by: 'record' as const })),
        ),
        ...companies.flatMap(([account, traits]) =>
          Object.entries(traits).flatMap(([path, [value, at]]) =>
            value === null || !belongsTo.has(account)
              ? []
              : [{ path, connection: connectionOf(account), at, by: 'account' as const }],
          ),
        ),
      ],
      states: live.flatMap(({ fragment, stated }) => stated.map((first) => [connectionOf(fragment), first] as const)),
      remembered: records.flatMap(({ fragment, did }) => {
        const newest = Object.values(did).flatMap(([entry]) => (entry === undefined ? [] : [entry[0]]));
        return newest.length === 0 ? [] : [[fragment, Math.max(...newest)] as const];
      }),
      exposed: (content.exposed ?? {}) as unknown as RawPerson['exposed'],
    },
  ];
}

/** A record as it is stored in a profile. */
interface RawRecord {
  readonly traits: Readonly<Record<string, readonly [value: Json, at: number, mapping: number]>>;
  readonly identifiers: Readonly<Record<string, Readonly<Record<string, readonly [first: number, last: number]>>>>;
  readonly did: Readonly<Record<string, readonly (readonly [at: number, id: string])[]>>;
  readonly accounts?: readonly [ids: readonly string[], at: number, mapping: number];
  readonly gone?: number;
}

function connectionOf(record: string): string {
  return record.split(':')[0] ?? '';
}

/** The key is the instant that its sender told, and its id; `done` is there where that clock was wrong. */
function activityOf({ at, name, properties, done }: Item): RawActivity {
  const [instant = '', id = ''] = (at?.S ?? '').split(/#(.*)/s);
  const when = done?.N === undefined ? Date.parse(instant) : Number(done.N);
  return { id, name: name?.S ?? '', at: when, properties: objectOf(properties?.S) };
}

function membershipsOf(rows: readonly Item[]): Pick<RawTables, 'members' | 'audiences'> {
  const members = new Map<string, Map<string, number>>();
  const audiences = new Map<string, RawAudienceRow[]>();
  for (const { owner, profile, present, since, wanted, told } of rows) {
    const [kind = '', rest = ''] = (owner?.S ?? '').split(/:(.*)/s);
    const name = rest.replace(/#\d+$/, '');
    const who = profile?.S ?? '';
    if (kind === 'segment' && present?.BOOL === true) {
      members.set(name, (members.get(name) ?? new Map<string, number>()).set(who, Number(since?.N)));
    }
    if (kind !== 'audience' || wanted?.S === undefined) continue;
    const row = {
      profile: who,
      wanted: objectOf(wanted.S),
      told: told?.S === undefined ? undefined : objectOf(told.S),
    };
    audiences.set(name, [...(audiences.get(name) ?? []), row]);
  }
  return { members, audiences };
}

/** Lines under a segment's day, of which every line under a profile is the other half. */
function movesOf(lines: readonly Item[]): RawTables['moves'] {
  const moves = new Map<string, Map<string, [number, number]>>();
  for (const { owner, member } of lines) {
    const [, segment, day] = /^segment:(.*)#(\d{4}-\d{2}-\d{2})#\d+$/.exec(owner?.S ?? '') ?? [];
    if (segment === undefined || day === undefined) continue;
    const days = moves.get(segment) ?? new Map<string, [number, number]>();
    const [entered, left] = days.get(day) ?? [0, 0];
    days.set(day, member?.BOOL === true ? [entered + 1, left] : [entered, left + 1]);
    moves.set(segment, days);
  }
  return moves;
}

function grouped<T>(items: readonly Item[], of: (item: Item) => string | undefined, as: (item: Item) => T) {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = of(item) ?? '';
    const list = found.get(key);
    if (list === undefined) found.set(key, [as(item)]);
    else list.push(as(item));
  }
  return found;
}

function objectOf(text: string | undefined): JsonObject {
  const value = JSON.parse(text ?? '{}') as Json;
  return isJsonObject(value) ? value : {};
}
