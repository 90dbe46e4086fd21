import { DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { isJsonObject, type Json, type JsonObject } from '../../lib/domain/json.ts';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import type { Stage } from '../../lib/local/stage.ts';

/** What the tables hold, counted without any code of the product that reads them. */
export interface RawTables {
  /** Profiles that stand for somebody: neither merged into another nor erased. */
  readonly people: readonly RawPerson[];
  /** Segment → profile ids of its rows that say so. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** Audience → its rows, both sides. */
  readonly audiences: ReadonlyMap<string, readonly RawAudienceRow[]>;
  /** Kind → bodies of its documents. */
  readonly state: ReadonlyMap<string, readonly JsonObject[]>;
  /** Fragment → activities stored under it. */
  readonly activities: ReadonlyMap<string, number>;
  /** Segment → who entered and left on each day: `2026-11-21` → [entered, left]. */
  readonly moves: ReadonlyMap<string, ReadonlyMap<string, readonly [number, number]>>;
}

export interface RawPerson {
  readonly id: string;
  readonly fragments: readonly string[];
  /** Connections that told a trait of any fragment, by the trait's path. */
  readonly told: readonly (readonly [path: string, connection: string])[];
}

export interface RawAudienceRow {
  readonly profile: string;
  readonly wanted: JsonObject;
  readonly told: JsonObject | undefined;
}

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean }>>;

/** Reads every table of a stage whole, past its proxy, with the key by which the engine knows this process. */
export async function readRawTables(stage: Stage): Promise<RawTables> {
  const credentials = { accessKeyId: stageAccessKeyId, secretAccessKey: 'recount' };
  const client = new DynamoDBClient({ endpoint: stage.engines.dynamodb, region: 'eu-central-1', credentials });
  const scan = async (variable: string): Promise<readonly Item[]> => {
    const found: Item[] = [];
    let from: ScanCommandInput['ExclusiveStartKey'];
    do {
      const start = from === undefined ? {} : { ExclusiveStartKey: from };
      const page = await client.send(new ScanCommand({ TableName: String(stage.resolve(variable)), ...start }));
      found.push(...((page.Items ?? []) as Item[]));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return found;
  };
  const [profiles, rows, documents, acts, lines] = await Promise.all(
    ['PROFILES_TABLE', 'MEMBERSHIPS_TABLE', 'STATE_TABLE', 'ACTIVITIES_TABLE', 'HISTORY_TABLE'].map(scan),
  );
  client.destroy();
  return {
    people: (profiles ?? []).flatMap(personOf),
    ...membershipsOf(rows ?? []),
    state: grouped(
      documents ?? [],
      ({ kind }) => kind?.S,
      ({ body }) => objectOf(body?.S),
    ),
    activities: countsOf(acts ?? [], ({ fragment }) => fragment?.S),
    moves: movesOf(lines ?? []),
  };
}

function personOf({ id, body, merged }: Item): readonly RawPerson[] {
  const content = objectOf(body?.S);
  if (merged?.BOOL === true || content.erased !== undefined || !isJsonObject(content.fragments)) return [];
  const told = Object.entries(content.fragments).flatMap(([fragment, held]) => {
    // A record that its source no longer has tells nothing.
    const traits = isJsonObject(held) && isJsonObject(held.traits) && held.gone === undefined ? held.traits : {};
    return Object.keys(traits).map((path) => [path, fragment.split(':')[0] ?? ''] as const);
  });
  return [{ id: id?.S ?? '', fragments: Object.keys(content.fragments), told }];
}

function membershipsOf(rows: readonly Item[]): Pick<RawTables, 'members' | 'audiences'> {
  const members = new Map<string, Set<string>>();
  const audiences = new Map<string, RawAudienceRow[]>();
  for (const { owner, profile, present, wanted, told } of rows) {
    const [kind = '', rest = ''] = (owner?.S ?? '').split(/:(.*)/s);
    const name = rest.replace(/#\d+$/, '');
    const who = profile?.S ?? '';
    if (kind === 'segment' && present?.BOOL === true) members.set(name, (members.get(name) ?? new Set()).add(who));
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

function countsOf(items: readonly Item[], of: (item: Item) => string | undefined): ReadonlyMap<string, number> {
  return new Map([...grouped(items, of, () => 1)].map(([key, list]) => [key, list.length]));
}

function objectOf(text: string | undefined): JsonObject {
  const value = JSON.parse(text ?? '{}') as Json;
  return isJsonObject(value) ? value : {};
}
