import { openDynamo } from '../adapters/dynamodb/client.ts';
import { openMembershipStore } from '../adapters/dynamodb/membership-store.ts';
import { type Definitions, versionOf } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { SynthesiseOptions } from '../infra/synthesise.ts';
import { loadWorkspace } from '../workspace/load.ts';
import type { FaultOptions } from './proxy/faults.ts';
import { countStored, judgeAudience, type RehearsalReport, readRuns } from './report.ts';
import { saveClock, savedClock } from './saved-clock.ts';
import { type SimulatedTools, startSimulators, type WorldSize } from './simulators.ts';
import { openStage, type Stage } from './stage.ts';
import { approveHeld, callStage } from './stage-calls.ts';

/** What the stage tells while it works, for a person or a program to follow. */
export type StageEvent =
  | { readonly kind: 'phase'; readonly phase: string; readonly title: string }
  | {
      readonly kind: 'progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly note: string;
    }
  | { readonly kind: 'done'; readonly phase: string; readonly summary: string; readonly seconds: number }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'ready'; readonly url: string; readonly consoleUrl: string }
  | { readonly kind: 'report'; readonly report: RehearsalReport };

export interface RunOptions {
  readonly workspace: string;
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  /** Run the rehearsal and end, instead of staying up. */
  readonly once: boolean;
  readonly report: (event: StageEvent) => void;
  /** Called with the running stage before anything is played: for tests that break things on the way. */
  readonly onStage?: (stage: Stage) => void;
  /** Hours of the rehearsed day, counted back from its end: the night is always played. @default 23 */
  readonly hours?: number;
  /** How many people the simulated tools hold. @default rehearsalSize */
  readonly size?: WorldSize;
  /** Bundles of the functions that exist already. Absent = they are bundled. */
  readonly bundle?: SynthesiseOptions['bundle'];
  /** Trouble for the engines to make from the start. */
  readonly faults?: FaultOptions;
  /** Ends a stage that stays up. */
  readonly until?: AbortSignal;
}

const HOUR = 3_600_000;
/** The rehearsal's morning: a Friday, 05:00 in Berlin. */
const MORNING = Date.parse('2026-11-20T04:00:00.000Z');
const DAY_HOURS = 23;
/** People of simulated tools are nobody's: a known key makes ids, and so holdouts, the same in every rehearsal. */
const REHEARSAL_KEY = JSON.stringify({ generation: 1, secret: 'the key of every rehearsal, of no secret at all' });
/** A spell of stage time: long enough for what waits to be tried again. */
const SPELL_MS = 20 * 60_000;
/** How many spells interrupted pulls may take. */
const SPELLS = 6;
/** From the end of the day until the tools are compared: three spells, so that trouble seldom moves the comparison. */
const COMPARED_AFTER_MS = HOUR;

/**
 * Starts the local stage with a workspace. With simulated tools it rehearses one day first: backfill, webhooks, evaluation,
 * nightly push; then the tools' own lists are compared with the segments. Resolves with the report, or undefined when
 * there was nothing to rehearse. Throws TributaryError `stage/broken-workspace` when the workspace has problems.
 */
export async function runStage(options: RunOptions): Promise<RehearsalReport | undefined> {
  const began = performance.now();
  const { report } = options;
  report({ kind: 'phase', phase: 'start', title: 'Starting the stage' });
  const definitions = await readDefinitions(options.workspace);
  const resumed = savedClock(options.dataDir);
  const hours = options.hours ?? DAY_HOURS;
  const start = resumed ?? MORNING + (DAY_HOURS - hours) * HOUR;
  let stage: Stage | undefined;
  const now = () => new Date(stage === undefined ? start : Date.parse(stage.now()));
  const forget = onSignals(async () => {
    await stage?.close();
  });
  const tools = await startSimulators(definitions, new Date(start), now, options.size);
  try {
    stage = await openStage({
      from: { workspace: definitions, ...(options.bundle === undefined ? {} : { bundle: options.bundle }) },
      start,
      secrets: { ...tools.secrets, ...(tools.all ? { 'identity-key': REHEARSAL_KEY } : {}) },
      handleSignals: false,
      stageFileIn: process.cwd(),
      onNotice: (message) => report({ kind: 'notice', message }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    });
    await publish(stage, withEndpoints(definitions, tools));
    await tools.openWebhooks(stage.url);
    options.onStage?.(stage);
    report({ kind: 'done', phase: 'start', summary: `${stage.url}`, seconds: seconds(began) });
    const rehearses = tools.day.length > 0 && resumed === undefined;
    if (resumed !== undefined) {
      report({
        kind: 'notice',
        message:
          'the data folder holds an earlier day: it goes on from there, without a rehearsal; the simulated tools start afresh',
      });
    }
    const result = rehearses ? await rehearse(stage, tools, definitions, report, began, hours) : undefined;
    if (result !== undefined) report({ kind: 'report', report: result });
    if (!options.once) {
      forget();
      report({ kind: 'ready', url: stage.url, consoleUrl: `${stage.url}/#token=${stage.token}` });
      await ended(options.until);
    }
    return result;
  } finally {
    forget();
    if (stage !== undefined) saveClock(options.dataDir, stage);
    await stage?.close();
    await tools.close();
  }
}

async function rehearse(
  stage: Stage,
  tools: SimulatedTools,
  definitions: Definitions,
  report: RunOptions['report'],
  began: number,
  hours: number,
): Promise<RehearsalReport> {
  const start = Date.parse(stage.now());
  await backfill(stage, definitions, report);
  await playTheDay(stage, tools, { start, hours }, report);
  await runUntilSettled(stage);
  await approveHeld(stage, (message) => report({ kind: 'notice', message }));
  const settled = performance.now();
  report({ kind: 'phase', phase: 'compare', title: "Comparing the tools' own lists with the segments" });
  // People whose windows close go on entering and leaving: what is compared must be of one instant, the same every time.
  await stage.runUntil(start + hours * HOUR + COMPARED_AFTER_MS);
  const result = await stage.withoutSweeps(async () => {
    await pushWhatMoved(stage, report);
    return await reportOf(stage, tools, definitions, began);
  });
  report({
    kind: 'done',
    phase: 'compare',
    summary: result.differences.length === 0 ? 'equal' : `${result.differences.length} differences`,
    seconds: seconds(settled),
  });
  return result;
}

async function backfill(stage: Stage, definitions: Definitions, report: RunOptions['report']): Promise<void> {
  const began = performance.now();
  report({ kind: 'phase', phase: 'backfill', title: 'Backfilling every connection' });
  const names = Object.keys(definitions.connections);
  for (const connection of names) await callStage(stage, 'POST', '/api/pull', { connection });
  // Work may wait for the stage's clock (a delayed message, a retry), so the clock moves on while we look.
  const working = { ends: false };
  const work = runUntilSettled(stage).finally(() => {
    working.ends = true;
  });
  while (!working.ends) {
    const { done, total, changes } = await lookAtStreams(stage);
    report({ kind: 'progress', phase: 'backfill', done, total, note: `${changes.toLocaleString('en-US')} changes` });
    await Promise.race([work, new Promise((wake) => setTimeout(wake, 500))]);
  }
  await work;
  const { done, total, changes } = await lookAtStreams(stage);
  if (done < total) {
    throw new TributaryError(
      'defect',
      'stage/no-progress',
      `the backfill ended with ${done} of ${total} streams settled`,
    );
  }
  report({
    kind: 'done',
    phase: 'backfill',
    summary: `${changes.toLocaleString('en-US')} changes from ${names.length} connections`,
    seconds: seconds(began),
  });
}

/** How many streams are settled, of how many, and how many changes every run until now brought. */
async function lookAtStreams(
  stage: Stage,
): Promise<{ readonly done: number; readonly total: number; readonly changes: number }> {
  const { connections } = (await callStage(stage, 'GET', '/api/workspace')) as unknown as Workspace;
  const streams = connections.flatMap(({ streams: list }) => list);
  const runs = (await callStage(stage, 'GET', '/api/runs')) as unknown as readonly { readonly changes?: number }[];
  const changes = runs.reduce((sum, run) => sum + (run.changes ?? 0), 0);
  return { done: streams.filter(({ settled }) => settled).length, total: streams.length, changes };
}

/**
 * Lets stage time pass until every stream is settled and no message waits: what was interrupted, by a death or by a
 * machine too busy for the function's timeout, comes again after its visibility timeout.
 */
async function runUntilSettled(stage: Stage): Promise<void> {
  for (let spell = 0; spell < SPELLS; spell += 1) {
    const { done, total } = await lookAtStreams(stage);
    if (done === total && (await messagesLeft(stage)) === 0) return;
    await stage.runUntil(Date.parse(stage.now()) + SPELL_MS);
  }
}

/** Messages that functions have still to do; dead letters are a person's. */
async function messagesLeft(stage: Stage): Promise<number> {
  const depths = Object.entries(await stage.queueDepths()).filter(([id]) =>
    /^(Changes|Recompute|Sync|Push)Queue$/.test(id),
  );
  return depths.reduce((sum, [, { ready, hidden, delayed }]) => sum + ready + hidden + delayed, 0);
}

async function playTheDay(
  stage: Stage,
  tools: SimulatedTools,
  { start, hours }: { readonly start: number; readonly hours: number },
  report: RunOptions['report'],
): Promise<void> {
  const began = performance.now();
  report({ kind: 'phase', phase: 'day', title: 'Playing one day and its night' });
  let played = 0;
  for (const event of tools.day) {
    if (event.at > start + hours * HOUR) continue;
    stage.addTimer(event.at, async () => {
      await event.run();
      played += 1;
    });
  }
  for (let hour = 1; hour <= hours; hour += 1) {
    await stage.runUntil(start + hour * HOUR);
    await tools.retryWebhooks();
    await stage.idle();
    report({
      kind: 'progress',
      phase: 'day',
      done: hour,
      total: hours,
      note: `${stage.now().slice(11, 16)} UTC, ${played} happenings`,
    });
  }
  report({
    kind: 'done',
    phase: 'day',
    summary: `${played} happenings, nightly push included`,
    seconds: seconds(began),
  });
}

/**
 * What moved since the nightly push is pushed too, so that the comparison is between things of one instant. A push that
 * was interrupted comes again after its visibility timeout.
 */
async function pushWhatMoved(stage: Stage, report: RunOptions['report']): Promise<void> {
  for (let spell = 0; spell < SPELLS; spell += 1) {
    if (spell > 1) await stage.runUntil(Date.parse(stage.now()) + SPELL_MS);
    const { audiences } = (await callStage(stage, 'POST', '/api/push/dry-run', {})) as unknown as {
      audiences: { id: string; add: number; remove: number }[];
    };
    const moved = audiences.filter(({ add, remove }) => add + remove > 0);
    if (moved.length === 0) return;
    for (const { id } of moved) await callStage(stage, 'POST', '/api/push', { audience: id });
    await stage.idle();
    await approveHeld(stage, (message) => report({ kind: 'notice', message }));
  }
}

async function reportOf(
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
    seconds: seconds(began),
  };
}

interface Workspace {
  readonly connections: readonly {
    readonly streams: readonly { readonly settled: boolean }[];
  }[];
}

async function readDefinitions(dir: string): Promise<Definitions> {
  const { definitions, problems } = await loadWorkspace(dir);
  if (definitions !== undefined) return definitions;
  const [first] = problems;
  const where = first === undefined ? dir : `${first.file}:${first.line}:${first.column}`;
  throw new TributaryError(
    'config',
    'stage/broken-workspace',
    `the workspace has ${problems.length} problems, the first at ${where}; see tributary check ${dir}`,
  );
}

function withEndpoints(definitions: Definitions, tools: SimulatedTools): Definitions {
  const { version: _version, ...rest } = definitions;
  const connections = Object.fromEntries(
    Object.entries(rest.connections).map(([name, connection]) => {
      const endpoint = tools.endpoints[name];
      return [name, endpoint === undefined ? connection : { ...connection, endpoint }];
    }),
  );
  const document = { ...rest, connections };
  return { ...document, version: versionOf(document) };
}

async function publish(stage: Stage, definitions: Definitions): Promise<void> {
  await callStage(stage, 'POST', '/api/definitions', definitions as unknown as Json);
}

/** Ends everything, then the process, when it is interrupted on the way. Returns how to stop listening. */
function onSignals(end: () => Promise<void>): () => void {
  const stop = (): void => {
    end()
      .catch(() => undefined)
      .finally(() => process.exit(130));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}

async function ended(until: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
    until?.addEventListener('abort', () => done());
  });
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
