import { ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { type Dynamo, type Item, openDynamo } from '../adapters/dynamodb/client.ts';
import { openMembershipStore } from '../adapters/dynamodb/membership-store.ts';
import { openStateStore } from '../adapters/dynamodb/state-store.ts';
import type { Identifier } from '../domain/change.ts';
import type { AudienceDefinition, Definitions } from '../domain/definitions.ts';
import { type AudienceCounts, noCounts, notAsAsked, type PushTally } from '../domain/tally.ts';
import type { MembershipStore, StateStore } from '../pipeline/ports.ts';
import { quarantineKind } from '../pipeline/quarantine.ts';
import { stageAccessKeyId } from './engines/exchange.ts';
import type { SimulatedTools } from './simulators.ts';
import type { Stage } from './stage.ts';

/** What a rehearsal ends with. */
export interface RehearsalReport {
  readonly profiles: number;
  readonly activities: number;
  readonly changes: number;
  /** Numbers of tools that are nobody's, as often as they were read. */
  readonly figures: number;
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
  readonly figures?: number;
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
    credentials: { accessKeyId: stageAccessKeyId, secretAccessKey: 'none' },
  });
  const memberships = openMembershipStore(
    dynamo,
    String(stage.resolve('MEMBERSHIPS_TABLE')),
    () => new Date(stage.now()),
  );
  const state = openStateStore(dynamo, String(stage.resolve('STATE_TABLE')));
  const runs = await allOf<RunLine>(state, 'run');
  const changes = runs.reduce((sum, run) => sum + (run.changes ?? 0), 0);
  const figures = runs.reduce((sum, run) => sum + (run.figures ?? 0), 0);
  // By rows: the sizes that the API tells are of the nightly recount, and off by whoever moved while it walked.
  const segments: Record<string, number> = {};
  for (const { segment } of definitions.segments) segments[segment] = await memberships.countSegment(segment);
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
  const quarantined = await Promise.all(
    Object.keys(definitions.connections).map((connection) => allOf(state, quarantineKind(connection))),
  );
  const [profiles, activities] = await Promise.all([
    scanCount(dynamo, {
      TableName: String(stage.resolve('PROFILES_TABLE')),
      FilterExpression: 'attribute_not_exists(merged)',
    }),
    scanCount(dynamo, { TableName: String(stage.resolve('ACTIVITIES_TABLE')) }),
  ]);
  dynamo.client.destroy();
  return {
    profiles,
    activities,
    changes,
    figures,
    quarantined: quarantined.flat().length,
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
      const counted =
        outcome === 'applied' ? 'added' : (['unchanged', ...notAsAsked] as const).find((one) => one === outcome);
      if (counted === undefined) untold += 1;
      else counts[counted] += 1;
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

/** Every document of a kind: the API lists the newest only. */
async function allOf<Document>(state: StateStore, kind: string): Promise<readonly Document[]> {
  const found: Document[] = [];
  for await (const page of state.all(kind)) found.push(...page.map(({ body }) => body as unknown as Document));
  return found;
}

/** How many items a table holds: no port counts people or activities, because a walk over everybody is dear. */
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
