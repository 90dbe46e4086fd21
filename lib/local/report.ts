import { ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { type Dynamo, type Item, openDynamo } from '../adapters/dynamodb/client.ts';
import { openMembershipStore } from '../adapters/dynamodb/membership-store.ts';
import { queryCount, queryPages } from '../adapters/dynamodb/query.ts';
import type { Identifier } from '../domain/change.ts';
import type { AudienceDefinition, Definitions } from '../domain/definitions.ts';
import type { PushTally } from '../domain/push.ts';
import type { MembershipStore } from '../pipeline/ports.ts';
import { type AudienceCounts, noCounts } from '../pipeline/push/summaries.ts';
import type { SimulatedTools } from './simulators.ts';
import type { Stage } from './stage.ts';
import { callStage } from './stage-calls.ts';

/** What a rehearsal ends with. */
export interface RehearsalReport {
  readonly profiles: number;
  readonly activities: number;
  readonly changes: number;
  readonly quarantined: number;
  readonly segments: Readonly<Record<string, number>>;
  /** People as their latest answer left them; `removed` and `calls` are of the whole day. */
  readonly audiences: Record<string, AudienceCounts>;
  /** Where a tool's own list is not what the segment says, without naming anybody. Empty = all is well. */
  readonly differences: { readonly audience: string; readonly what: string; readonly count: number }[];
  /** Calls that a function's role did not allow. */
  readonly refusals: number;
  readonly seconds: number;
}

/** A sync run or a push, as the list of runs keeps it. */
interface RunLine {
  readonly what: 'sync' | 'push';
  readonly audience?: string;
  readonly changes?: number;
  readonly tally?: PushTally;
}

/** Counts everything that the stage holds, and compares every tool's own list with what is wanted. */
export async function reportOf(
  stage: Stage,
  tools: SimulatedTools,
  definitions: Definitions,
  began: number,
): Promise<RehearsalReport> {
  const dynamo = openDynamo(async () => {}, Math.random, {
    endpoint: stage.engines.dynamodb,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'REHEARSAL', secretAccessKey: 'REHEARSAL' },
  });
  const memberships = openMembershipStore(
    dynamo,
    String(stage.resolve('MEMBERSHIPS_TABLE')),
    () => new Date(stage.now()),
  );
  const runs = await readRuns(dynamo, String(stage.resolve('STATE_TABLE')));
  const changes = runs.reduce((sum, run) => sum + (run.changes ?? 0), 0);
  const segments: Record<string, number> = {};
  for (const one of (await callStage(stage, 'GET', '/api/segments')) as unknown as {
    segment: string;
    members: number;
  }[]) {
    segments[one.segment] = one.members;
  }
  const audiences: RehearsalReport['audiences'] = {};
  const differences: RehearsalReport['differences'] = [];
  for (const audience of definitions.audiences) {
    const remote = tools.listOf(audience.connection, audience.target);
    const judged = await judgeAudience(audience, {
      memberships,
      runs,
      remote,
      members: segments[audience.segment] ?? 0,
    });
    audiences[audience.audience] = judged.counts;
    differences.push(...judged.differences);
  }
  const tables = {
    profiles: String(stage.resolve('PROFILES_TABLE')),
    activities: String(stage.resolve('ACTIVITIES_TABLE')),
    state: String(stage.resolve('STATE_TABLE')),
  };
  const stored = await countStored(dynamo, tables, Object.keys(definitions.connections));
  dynamo.client.destroy();
  return {
    ...stored,
    changes,
    segments,
    audiences,
    differences,
    refusals: stage.refusals.length,
    seconds: secondsSince(began),
  };
}

/** Counts an audience's rows and compares them with the tool's real list. */
async function judgeAudience(
  audience: AudienceDefinition,
  given: {
    readonly memberships: MembershipStore;
    readonly runs: readonly RunLine[];
    readonly remote: readonly Identifier[];
    readonly members: number;
  },
): Promise<{ readonly counts: AudienceCounts; readonly differences: RehearsalReport['differences'] }> {
  const counts = noCounts();
  for (const { what, audience: pushed, tally } of given.runs) {
    if (what !== 'push' || pushed !== audience.audience || tally === undefined) continue;
    counts.removed += tally.removed;
    counts.calls += tally.calls;
  }
  const remote = new Set(given.remote.map(textOf));
  const accounted = new Set<string>();
  let untold = 0;
  let missing = 0;
  for await (const rows of given.memberships.audienceRows(audience.audience)) {
    for (const { wanted, told } of rows) {
      if (!wanted.in) {
        if (wanted.reason !== 'not-in-segment') counts.blocked += 1;
        continue;
      }
      counts.wanted += 1;
      const outcome = told?.outcome;
      if (outcome === 'applied') counts.added += 1;
      else if (
        outcome === 'unchanged' ||
        outcome === 'unmatched' ||
        outcome === 'refused' ||
        outcome === 'rejected' ||
        outcome === 'retry'
      )
        counts[outcome] += 1;
      else untold += 1;
      if (outcome !== 'applied' && outcome !== 'unchanged') continue;
      const there = wanted.keys.map(textOf).filter((key) => remote.has(key));
      for (const key of there) accounted.add(key);
      if (there.length === 0) missing += 1;
    }
  }
  const found = [
    { what: 'in the segment, and neither wanted nor blocked', count: given.members - counts.wanted - counts.blocked },
    { what: 'wanted, and the tool was never told', count: untold },
    { what: "told, and not on the tool's list", count: missing },
    { what: "on the tool's list, and not wanted", count: remote.size - accounted.size },
  ];
  const differences = found.filter(({ count }) => count !== 0).map((one) => ({ audience: audience.audience, ...one }));
  return { counts, differences };
}

/** What the tables hold, counted by reading them. */
async function countStored(
  dynamo: Dynamo,
  tables: { readonly profiles: string; readonly activities: string; readonly state: string },
  connections: readonly string[],
): Promise<Pick<RehearsalReport, 'profiles' | 'activities' | 'quarantined'>> {
  const quarantined = connections.map((connection) =>
    queryCount(dynamo, ofKind(tables.state, `quarantine#${connection}`)),
  );
  const [profiles, activities, ...rejected] = await Promise.all([
    scanCount(dynamo, { TableName: tables.profiles, FilterExpression: 'attribute_not_exists(merged)' }),
    scanCount(dynamo, { TableName: tables.activities }),
    ...quarantined,
  ]);
  return { profiles, activities, quarantined: rejected.reduce((sum, count) => sum + count, 0) };
}

/** Every sync run and push that the stage knows. */
async function readRuns(dynamo: Dynamo, table: string): Promise<readonly RunLine[]> {
  const runs: RunLine[] = [];
  for await (const page of queryPages(dynamo, ofKind(table, 'run'))) {
    for (const item of page) runs.push(JSON.parse(item.body?.S ?? '{}') as RunLine);
  }
  return runs;
}

function ofKind(table: string, kind: string) {
  return {
    TableName: table,
    KeyConditionExpression: 'kind = :kind',
    ExpressionAttributeValues: { ':kind': { S: kind } },
  };
}

async function scanCount(dynamo: Dynamo, input: ScanCommandInput): Promise<number> {
  let count = 0;
  let start: Item | undefined;
  do {
    const answer = await dynamo.client.send(
      new ScanCommand({ ...input, Select: 'COUNT', ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    );
    count += answer.Count ?? 0;
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return count;
}

function textOf(identifier: Identifier): string {
  return `${identifier.type}=${identifier.value.toLowerCase()}`;
}

/** Seconds of the machine's time since a mark of `performance.now()`, to a tenth. */
export function secondsSince(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
