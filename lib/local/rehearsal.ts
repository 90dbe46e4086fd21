import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import { type RehearsalReport, reportOf, secondsSince } from './report.ts';
import type { SimulatedTools } from './simulators.ts';
import type { Stage } from './stage.ts';
import { approveHeld, callStage } from './stage-calls.ts';
import type { Tell } from './stage-event.ts';

export const HOUR = 3_600_000;
/** A spell of stage time: long enough for what waits to be tried again. */
const SPELL_MS = 20 * 60_000;
/** How many spells interrupted pulls may take. */
const SPELLS = 6;
/** From the end of the day until the tools are compared: three spells, so that trouble seldom moves the comparison. */
const COMPARED_AFTER_MS = HOUR;

/** Plays one day: backfill, webhooks, evaluation, nightly push; then the tools' own lists are compared with the segments. */
export async function rehearse(
  stage: Stage,
  tools: SimulatedTools,
  definitions: Definitions,
  report: Tell,
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
    // What died on the way is still hidden: it comes again before anything is compared.
    await runUntilSettled(stage);
    await pushWhatMoved(stage, report);
    return await reportOf(stage, tools, definitions, began);
  });
  report({
    kind: 'done',
    phase: 'compare',
    summary: result.differences.length === 0 ? 'equal' : `${result.differences.length} differences`,
    seconds: secondsSince(settled),
  });
  return result;
}

async function backfill(stage: Stage, definitions: Definitions, report: Tell): Promise<void> {
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
  const { done, total, changes, unsettled } = await lookAtStreams(stage);
  if (done < total) {
    const found = `the backfill ended with ${done} of ${total} streams settled`;
    throw new TributaryError(
      'config',
      'stage/backfill-failed',
      `${found}; not settled: ${unsettled.join(', ')}. The day is not played; tributary doctor and tributary runs say why`,
    );
  }
  report({
    kind: 'done',
    phase: 'backfill',
    summary: `${changes.toLocaleString('en-US')} changes from ${names.length} connections`,
    seconds: secondsSince(began),
  });
}

interface Streams {
  readonly done: number;
  readonly total: number;
  /** What every run until now brought. */
  readonly changes: number;
  /** As `connection/stream`. */
  readonly unsettled: readonly string[];
}

/** How far every stream is. */
async function lookAtStreams(stage: Stage): Promise<Streams> {
  const { connections } = (await callStage(stage, 'GET', '/api/workspace')) as unknown as Workspace;
  const streams = connections.flatMap(({ name: connection, streams: list }) =>
    list.map(({ stream, settled }) => ({ of: `${connection}/${stream}`, settled })),
  );
  const { runs } = (await callStage(stage, 'GET', '/api/runs')) as unknown as {
    readonly runs: readonly { readonly changes?: number }[];
  };
  const changes = runs.reduce((sum, run) => sum + (run.changes ?? 0), 0);
  const unsettled = streams.flatMap(({ of, settled }) => (settled ? [] : [of]));
  return { done: streams.length - unsettled.length, total: streams.length, changes, unsettled };
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
    /^(Changes|Recompute|Sync|Timers|Push)Queue$/.test(id),
  );
  return depths.reduce((sum, [, { ready, hidden, delayed }]) => sum + ready + hidden + delayed, 0);
}

async function playTheDay(
  stage: Stage,
  tools: SimulatedTools,
  { start, hours }: { readonly start: number; readonly hours: number },
  report: Tell,
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
    seconds: secondsSince(began),
  });
}

/**
 * What moved since the nightly push is pushed too, so that the comparison is between things of one instant. A push that
 * was interrupted comes again after its visibility timeout.
 */
async function pushWhatMoved(stage: Stage, report: Tell): Promise<void> {
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

interface Workspace {
  readonly connections: readonly {
    readonly name: string;
    readonly streams: readonly { readonly stream: string; readonly settled: boolean }[];
  }[];
}
