import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { shardOf } from '../../lib/adapters/dynamodb/shards.ts';
import { itemBytes } from '../item-size.ts';
import { openStatements, type Statement } from '../partiql.ts';
import { limits } from './aws-limits.ts';
import { type Limit, openLimit } from './limit.ts';
import type { VirtualTime } from './virtual-time.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/** The tables as the simulated service calls them: every name is the concept's own. */
export const names = {
  profiles: 'profiles',
  identifiers: 'identifiers',
  memberships: 'memberships',
  history: 'history',
};

const NO_ERROR = {};
const THROTTLED = { Error: { Code: 'ThrottlingError' } };
const OVERTAKEN = { Error: { Code: 'ConditionalCheckFailed' } };

export interface DynamoShape {
  /** Write units of one write of a profile; items of the other tables are smaller than one unit. */
  readonly profileUnits: number;
  /** Shards of an hour of the due index, and of the rows of a segment, an audience, a segment's day. */
  readonly dueShards: number;
  readonly rowShards: number;
  /** Write units a second of each table and each index. */
  readonly tableWrites: number;
  /** Into how many partitions an index or a table is laid out; `each-key`: every key of ours has one of its own. */
  readonly partitions: number | 'each-key';
  readonly latencyMs: number;
}

/** Told of each profile whose decision was stored, whose outbox was emptied, and of each row of a segment or an audience. */
export interface Watcher {
  /** False: somebody else's write came first, so that the condition of this one fails. */
  readonly written: (profile: string) => boolean;
  readonly cleared: (profile: string) => void;
  readonly row: (owner: string) => void;
}

/**
 * DynamoDB as far as it limits us: requests of the product's own stores take their time; a write is taken where its
 * table, its partition and the partitions of the index entries that it moves all have units left, and is refused as the
 * service refuses it otherwise. Only the due index is kept, and queried. Nothing else is stored: reads find nothing.
 *
 * Simpler than the service: an index that is full refuses its table's writes at once, where the service queues some
 * seconds of them first; no partition is split while it runs.
 */
export function openSimulatedDynamo(time: VirtualTime, shape: DynamoShape, watcher: Watcher) {
  const read = openStatements();
  const due = openDueIndex();
  const ofTable = new Map<string, Limit>();
  const ofPartition = new Map<string, Limit>();
  const ofKey = new Map<string, (Limit | undefined)[]>();
  const units = new Map<string, number>();
  let taken = 0;
  let throttled = 0;

  function tableLimit(name: string): Limit {
    let limit = ofTable.get(name);
    if (limit === undefined) {
      limit = openLimit(shape.tableWrites, time.elapsed);
      ofTable.set(name, limit);
    }
    return limit;
  }

  /** The limit of the partition in which a shard of a key lies. Which shard it is in the product does not matter here. */
  function partitionLimit(of: string, key: string, shard: number): Limit {
    const full = of + key;
    let shards = ofKey.get(full);
    if (shards === undefined) {
      shards = [];
      ofKey.set(full, shards);
    }
    let limit = shards[shard];
    if (limit === undefined) {
      const name = `${of} ${key.slice(0, key.lastIndexOf('#'))}#${shard}`;
      const place = shape.partitions === 'each-key' ? name : `${of} ${spread(name) % shape.partitions}`;
      limit = ofPartition.get(place) ?? openLimit(limits.partitionWrites.value, time.elapsed);
      ofPartition.set(place, limit);
      shards[shard] = limit;
    }
    return limit;
  }

  /** Takes units of all limits, or of none. */
  function take(wanted: readonly Limit[], units: (place: number) => number): boolean {
    for (let place = 0; place < wanted.length; place += 1) {
      if (wanted[place]?.take(units(place)) === true) continue;
      for (let back = 0; back < place; back += 1) wanted[back]?.giveBack(units(back));
      throttled += 1;
      return false;
    }
    taken += 1;
    return true;
  }

  function charge(table: string, more: number): void {
    units.set(table, (units.get(table) ?? 0) + more);
  }

  function writeProfile({ value, removes }: Statement): object {
    const id = value('id')?.S ?? '';
    const before = due.entryOf(id);
    const hour = value('dueHour')?.S;
    const stays = removes.includes('dueHour') ? undefined : before;
    const after = hour === undefined ? stays : { hour, at: Number(value('dueAt')?.N) };
    const moved = before?.hour !== after?.hour || before?.at !== after?.at;
    const wanted = [tableLimit(names.profiles)];
    if (moved) {
      const shard = shardOf(id, shape.dueShards);
      for (const entry of [before, after]) {
        if (entry !== undefined)
          wanted.push(tableLimit('due-by-hour'), partitionLimit('due-by-hour', entry.hour, shard));
      }
    }
    if (!take(wanted, (place) => (place === 0 ? shape.profileUnits : 1))) return THROTTLED;
    charge(names.profiles, shape.profileUnits + (wanted.length - 1) / 2);
    if (value('body') !== undefined && !watcher.written(id)) return OVERTAKEN;
    if (moved) due.move(id, after);
    if (value('body') === undefined && removes.includes('outbox')) watcher.cleared(id);
    return NO_ERROR;
  }

  /** Rows of one person (`profile:`) are spread over all partitions; rows of a segment or an audience lie in its shards. */
  function writeRow(table: string, owner: string, profile: string, pending: string | undefined): boolean {
    const wanted = [tableLimit(table)];
    if (!owner.startsWith('profile:')) {
      const shard = shardOf(profile, shape.rowShards);
      wanted.push(partitionLimit(table, owner, shard));
      if (pending !== undefined) {
        wanted.push(tableLimit('pending-by-audience'), partitionLimit('pending-by-audience', pending, shard));
      }
    }
    if (!take(wanted, () => 1)) return false;
    charge(table, pending === undefined ? 1 : 2);
    watcher.row(owner);
    return true;
  }

  function execute({ input }: BatchExecuteStatementCommand) {
    const Responses = (input.Statements ?? []).map((request) => {
      const statement = read(request);
      const text = (name: string): string => statement.value(name)?.S ?? '';
      if (statement.table === names.profiles) return writeProfile(statement);
      const fits = writeRow(statement.table, text('owner'), text('profile'), statement.value('pending')?.S);
      return fits ? NO_ERROR : THROTTLED;
    });
    return { Responses };
  }

  function writeBatch({ input }: BatchWriteItemCommand) {
    const UnprocessedItems = Object.entries(input.RequestItems ?? {}).flatMap(([table, requests]) => {
      const undone = requests.filter(({ PutRequest }) => {
        const { owner, profile } = PutRequest?.Item ?? {};
        return !writeRow(table, owner?.S ?? '', profile?.S ?? '', undefined);
      });
      return undone.length === 0 ? [] : [[table, undone] as const];
    });
    return { UnprocessedItems: Object.fromEntries(UnprocessedItems) };
  }

  async function send(command: unknown): Promise<unknown> {
    await time.wait(shape.latencyMs);
    if (command instanceof BatchExecuteStatementCommand) return execute(command);
    if (command instanceof BatchWriteItemCommand) return writeBatch(command);
    if (command instanceof BatchGetItemCommand) return { Responses: {} };
    if (command instanceof QueryCommand) return due.query(command.input);
    throw new TypeError('expected a request that the simulation knows');
  }

  // The stores only call `send`; the SDK's client has so many forms of it that nothing else could be written out.
  const client = { send } as unknown as Dynamo['client'];
  const dynamo: Dynamo = { client, wait: time.wait, random: time.random };
  return { dynamo, due, units, counts: () => ({ taken, throttled }) };
}

/** Where an entry of the due index is. */
interface Entry {
  readonly hour: string;
  readonly at: number;
}

/** The index of due profiles. Entries of one partition are found in the order in which they came. */
function openDueIndex() {
  const entries = new Map<string, Entry>();
  const byHour = new Map<string, Map<string, { readonly at: number; readonly place: number }>>();
  let places = 0;
  return {
    entryOf: (id: string): Entry | undefined => entries.get(id),
    move(id: string, to: Entry | undefined): void {
      const from = entries.get(id);
      if (from !== undefined) byHour.get(from.hour)?.delete(id);
      if (to === undefined) {
        entries.delete(id);
        return;
      }
      entries.set(id, to);
      const partition = byHour.get(to.hour) ?? new Map();
      places += 1;
      partition.set(id, { at: to.at, place: places });
      byHour.set(to.hour, partition);
    },
    /** One page, as much as the service reads for one request. */
    query({ ExpressionAttributeValues: values = {}, ExclusiveStartKey: start, Limit: most }: QueryCommand['input']) {
      const hour = values[':hour'] ?? { S: '' };
      const [from, until, after] = [values[':from'], values[':until'], start?.place].map((one) => Number(one?.N ?? 0));
      const Items: Item[] = [];
      let bytes = 0;
      let last = 0;
      for (const [id, { at, place }] of byHour.get(hour.S ?? '') ?? []) {
        if (place <= (after ?? 0) || at < (from ?? 0) || at > (until ?? 0)) continue;
        const item = { id: { S: id }, dueHour: hour, dueAt: { N: String(at) } };
        bytes += itemBytes(item);
        if (bytes > limits.pageBytes.value || Items.length === most)
          return { Items, LastEvaluatedKey: { place: { N: String(last) } } };
        Items.push(item);
        last = place;
      }
      return { Items };
    },
  };
}

/** FNV-1a: which of some partitions a key lies in is chance, and always the same. */
function spread(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
