import { type AttributeValue, BatchWriteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { rowKey } from '../lib/adapters/dynamodb/membership-items.ts';
import type { Change } from '../lib/domain/change.ts';
import type { AudienceDefinition } from '../lib/domain/definitions.ts';
import { noFacets } from '../lib/domain/facet/count-facets.ts';
import { formatInstant } from '../lib/domain/instant.ts';
import type { JsonObject } from '../lib/domain/json.ts';
import { noCounts, noneOfSegment, pairOf } from '../lib/domain/review/counts.ts';
import { factsOf } from '../lib/domain/review/facts.ts';
import { overlapsOf } from '../lib/domain/review/overlaps.ts';
import { keepRecount } from '../lib/pipeline/define/recount.ts';
import { publishDefinitions } from '../lib/pipeline/define/switch-definitions.ts';
import { keepFacts } from '../lib/pipeline/review/day-facts.ts';
import { keepLatestCount } from '../lib/pipeline/review/latest-count.ts';
import type { RunningApi } from '../test/api/running-api.ts';
import { versioned } from '../test/pipeline/define/published-world.ts';

/** The segment that everybody is in, and the audience that it fills. */
export const LARGE = { segment: 'segment-0', audience: 'everybody' } as const;

const DAY = 86_400_000;
const NIGHTS = 14;
const AT_ONCE = 32;
/** So many are folded as the product folds them; the profiles of all others are copies of one of them under their own names. */
export const FOLDED = 1_600;

type TableRow = readonly [table: string, item: Record<string, AttributeValue>];

const PROFILES = 'api-profiles';
const MEMBERSHIPS = 'api-memberships';

/** Behind every id that the product makes: shards are read in the order of ids. */
const idOf = (n: number): string => `p_zzzzzzzzzz${String(n).padStart(8, '0')}`;

/**
 * Publishes so many segments with the facts of two weeks, overlaps and an audience, as nights and pushes leave them. The
 * facts of the large one say `people`, of whom `fillMembers` makes each.
 */
export async function fillSegments({ deps }: RunningApi, segments: number, people: number, now: Date): Promise<void> {
  const published = await deps.definitions();
  const ids = Array.from({ length: segments }, (_, n) => `segment-${n}`);
  const [connection = ''] = Object.keys(published.connections);
  const everybody: AudienceDefinition = {
    audience: LARGE.audience,
    segment: LARGE.segment,
    connection,
    target: { tag: 'Everybody' },
    match: ['email'],
    mode: 'mirror',
    needs: {},
    holdout: 0,
    when: undefined,
  };
  const objective = { metric: 'size', target: 50_000, by: '2027-06-30' };
  const definitions = versioned({
    ...published,
    segments: ids.map((segment, n) => ({
      segment,
      title: `Segment ${n}`,
      when: {
        all: [
          { trait: 'lifecycle_stage', is: `stage ${n}` },
          { did: 'Email Opened', within: `${1 + (n % 90)} days` },
        ],
      },
      ...(n % 4 === 0 ? { objective } : {}),
    })),
    audiences: [everybody],
  });
  await publishDefinitions(deps, definitions);
  const sizeOf = (n: number, night: number): number =>
    n === 0 ? people : Math.min(people, 100 + ((n * 7_919) % 90_000) + night * 10);
  for (let night = NIGHTS - 1; night >= 0; night -= 1) {
    const at = formatInstant(now.getTime() - night * DAY - 3_600_000);
    const counts = noCounts();
    counts.people = people;
    for (const [n, segment] of ids.entries())
      counts.segments[segment] = { ...noneOfSegment(), size: sizeOf(n, NIGHTS - night) };
    const sizes = Object.fromEntries(ids.map((segment) => [segment, counts.segments[segment]?.size ?? 0]));
    await keepRecount(deps, { at, people: counts.people, readUnits: 0, facets: noFacets, sizes });
    await eachOf(ids, async (segment) => {
      const asked = { objective: undefined, hasLabel: false, measures: undefined, experiments: [], followed: false };
      const facts = factsOf(counts, { segment, at, definitions: definitions.version, ...asked, sizeBefore: undefined });
      const closed = night === 0 ? {} : { entered: 12, left: 2 };
      await keepFacts(deps, { ...facts, ...closed });
    });
    if (night > 0) continue;
    for (let one = 0; one < segments; one += 1) {
      for (let next = one + 1; next < segments; next += 7) counts.pairs[pairOf(one, next)] = 1 + ((one * next) % 100);
    }
    await keepLatestCount(deps, 'bench', { overlaps: overlapsOf(counts, ids, at), personas: {} });
  }
}

/** Makes people from the number `from` on: the profile of each, and their rows in the large segment and its audience. */
export async function fillMembers(api: RunningApi, from: number, to: number, now: Date): Promise<void> {
  const { deps, dynamodb } = api;
  const since = { N: String(now.getTime() - 20 * DAY) };
  const one = { N: '1' };
  const known = from === 0 ? await foldPeople(api, Math.min(FOLDED, to), now) : [];
  const pattern = await patternIn(dynamodb);
  const rows = function* (): Iterable<TableRow> {
    for (let n = from; n < to; n += 1) {
      const id = known[n] ?? idOf(n);
      if (known[n] === undefined) yield [PROFILES, { ...pattern.item, id: { S: id }, body: pattern.bodyOf(n) }];
      const member = { present: { BOOL: true }, version: one, since };
      yield [MEMBERSHIPS, { ...rowKey(`segment:${LARGE.segment}`, id), ...member }];
      const sides = { wanted: { S: WANTED }, version: one, told: { S: TOLD }, toldVersion: one };
      yield [MEMBERSHIPS, { ...rowKey(`audience:${LARGE.audience}`, id), ...sides }];
    }
  };
  await writeAll(dynamodb, rows());
  const held = await deps.state.get('push', LARGE.audience);
  const at = formatInstant(now.getTime() - DAY);
  const body = { leaseUntil: 0, size: to, census: { at, blocked: { 'no-consent': 12 } } } satisfies JsonObject;
  await deps.state.put('push', LARGE.audience, body, held?.version ?? 0);
}

const KEYS = [{ type: 'email', value: 'somebody@example.com' }];
const WANTED = JSON.stringify({ in: true, keys: KEYS });
const TOLD = JSON.stringify({ in: true, keys: KEYS, op: 'add', outcome: 'applied', run: 'everybody.before', at: 0 });

/** People as a source tells of them; their profile ids. */
async function foldPeople({ deps, fold }: RunningApi, people: number, now: Date): Promise<readonly string[]> {
  const at = formatInstant(now.getTime() - 30 * DAY);
  const changes = Array.from({ length: people }, (_, n): Change => {
    const email = `ann-${n}@example.com`;
    const traits = { first_name: 'Ann', last_name: `Number ${n}`, email };
    const identifiers = [{ type: 'email', value: email }];
    return { kind: 'profile', fragment: `newsletter:member:${n}`, identifiers, at, traits };
  });
  for (let start = 0; start < people; start += 100) await fold(changes.slice(start, start + 100));
  const ids: string[] = [];
  for await (const { people: found } of deps.profiles.scan(0, 1)) ids.push(...found.map(({ id }) => id));
  return ids.slice(0, people);
}

/** The item of somebody who was folded, and its content as somebody else's. */
async function patternIn(client: DynamoDBClient) {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: PROFILES, Limit: 1 }));
  const [item = {}] = Items;
  const body = item.body?.S ?? '';
  const [, own = ''] = /ann-(\d+)@/.exec(body) ?? [];
  const bodyOf = (n: number) => ({ S: body.replaceAll(new RegExp(`(ann-|Number |member:)${own}\\b`, 'g'), `$1${n}`) });
  return { item, bodyOf };
}

async function writeAll(client: DynamoDBClient, rows: Iterable<TableRow>): Promise<void> {
  const batches = inBatches(rows);
  const write = async (): Promise<void> => {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      const putsOf = (table: string) =>
        next.value.flatMap(([of, Item]) => (of === table ? [{ PutRequest: { Item } }] : []));
      const tables = [...new Set(next.value.map(([table]) => table))];
      const RequestItems = Object.fromEntries(tables.map((table) => [table, putsOf(table)]));
      await client.send(new BatchWriteItemCommand({ RequestItems }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, write));
}

function* inBatches(rows: Iterable<TableRow>): Generator<TableRow[], void> {
  let batch: TableRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < 25) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function eachOf<T>(items: readonly T[], does: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(does));
}
