import { dispositions, type TributaryError } from '../../domain/errors.ts';
import { compareRates, type RateChange } from '../../domain/push-rates.ts';
import { closeAlerts, raiseAlert } from '../alerts.ts';
import { TELLING_MS } from '../run-list.ts';
import { withWait } from '../run-wait.ts';
import {
  endPush,
  type HeldPush,
  isIdle,
  listPush,
  type PushRun,
  type PushState,
  readPush,
  savePush,
} from './push-run.ts';
import type { ActivateDeps, Work } from './push-work.ts';
import { payTouch, RESPITE_SECONDS, TOUCH_SECONDS } from './touch-audiences.ts';

type Told = Pick<Work, 'audience' | 'definitions'>;

/** Ends a run that did what it could, compares how it went with the runs before, and tells who waits for it. */
export async function finishPush(deps: ActivateDeps, work: Work, held: HeldPush, run: PushRun): Promise<void> {
  const { rates, changes } = compareRates(held.state.rates, run.tally);
  const more: Partial<PushState> = { unannounced: changes, ...(rates === undefined ? {} : { rates }) };
  const ended = await endPush(deps, held, { ...run, state: 'finished' }, more);
  if (ended === undefined) return;
  if (!(isIdle(run) && run.touched === true))
    deps.log('push ended', { run: run.id, state: 'finished', ...run.tally, code: null });
  await announcePush(deps, work, ended);
}

/** Whether a run was held or has ended without everybody being told, because a worker died over it. */
export function isUnannounced({ run, unannounced }: PushState): boolean {
  return unannounced !== undefined && run !== undefined && run.state !== 'running' && run.state !== 'waiting';
}

/**
 * Tells that a run is held or has ended: the list of runs, whoever is on call, and audiences that wait for it. `held` is
 * leased for it. Each of that may be said again after a death; the state says when all was.
 */
export async function announcePush(deps: ActivateDeps, told: Told, held: HeldPush): Promise<void> {
  const { unannounced, ...state } = held.state;
  const { run } = state;
  if (run === undefined || unannounced === undefined) return;
  // Changes of membership that came to nothing are no news.
  if (!(isIdle(run) && run.touched === true && run.state !== 'held')) await listPush(deps, run);
  if (run.state === 'held') await tellHeld(deps, run);
  if (run.state === 'failed') await tellFailed(deps, run);
  if (run.state === 'finished') await tellFinished(deps, told, run, unannounced);
  if (run.state !== 'held') await tellWaiting(deps, told, run);
  await savePush(deps, held, state);
}

async function tellFinished(
  deps: ActivateDeps,
  told: Told,
  run: PushRun,
  changes: readonly RateChange[],
): Promise<void> {
  const subject = told.audience.audience;
  for (const { kind, says } of changes) {
    await raiseAlert(deps, { kind, subject, says, todo: RATES_TODO, run: run.id });
  }
  const kinds = ['held', 'stale-source', 'failed', 'match-rate', 'outcome-mix'] as const;
  const over = kinds.filter((kind) => !changes.some((one) => one.kind === kind));
  if (run.touched !== true) await closeAlerts(deps, subject, over);
}

const RATES_TODO =
  'look at the outcomes (`tributary push --outcomes RUN`) for the code that is new, and at the tool: a changed field, an imported list, a lost permission';

/** A removal lets others of the group add; and what came while the run was held or under way is pushed now. */
async function tellWaiting(deps: ActivateDeps, { audience, definitions }: Told, run: PushRun): Promise<void> {
  const touched = new Set<string>();
  if (audience.group !== undefined && run.tally.removed > 0) {
    for (const one of definitions.audiences) {
      if (one.group?.name !== audience.group.name || one.audience === audience.audience) continue;
      const { state } = await readPush(deps.state, one.audience);
      if (state.waitsForGroup === true || state.sendsInGroup === true) touched.add(one.audience);
    }
  }
  await deps.push.send(
    [...touched].map((each) => ({ body: { audience: each, touched: true }, delaySeconds: TOUCH_SECONDS })),
  );
  await touchAgain(deps, audience, run);
}

/** Pushes once more what a realtime run could not see: changes since its plan, and members without an answer. */
async function touchAgain(deps: ActivateDeps, { audience, when }: Work['audience'], run: PushRun): Promise<void> {
  const soon = run.state === 'failed' ? RESPITE_SECONDS : TOUCH_SECONDS;
  const unanswered = run.state === 'finished' && run.tally.retry > 0 ? RESPITE_SECONDS : undefined;
  const otherwise = run.approved !== undefined ? soon : unanswered;
  await payTouch(deps, audience, run.id, { seconds: soon, otherwise: when === 'realtime' ? otherwise : undefined });
}

/** Stops a run before its first call: it waits for the approval of exactly this plan, or for a run that plans anew. */
export async function holdPush(deps: ActivateDeps, work: Work, held: HeldPush, stopped: PushRun): Promise<void> {
  const run: PushRun = { ...stopped, state: 'held' };
  const kept = await savePush(deps, held, { ...held.state, run, unannounced: [] }, { leaseMs: TELLING_MS });
  if (kept === undefined) return;
  const guards = (run.holds ?? []).map(({ guard }) => guard);
  deps.log('push held', { run: run.id, guards, plan: run.plan?.hash ?? null });
  await announcePush(deps, work, kept);
}

async function tellHeld(deps: ActivateDeps, run: PushRun): Promise<void> {
  const holds = run.holds ?? [];
  const stale = holds.every(({ guard }) => guard === 'stale-source');
  const how = `\`tributary approve ${run.id}\` shows the plan and asks`;
  await raiseAlert(deps, {
    kind: stale ? 'stale-source' : 'held',
    subject: run.audience,
    says: holds.map(({ says }) => says).join('; '),
    todo: [...holds.map(({ todo }) => todo), how].join('. '),
    run: run.id,
  });
}

/** What a failure does to a run: it waits as long as the tool asks, comes again by its message, or ends. */
export async function stopPush(deps: ActivateDeps, work: Work, held: HeldPush, error: TributaryError): Promise<void> {
  const run = held.state.run as PushRun;
  const { kind, code, message } = error;
  deps.log('push stopped', { run: run.id, kind, code, reason: message });
  if (kind === 'rate-limited') {
    const seconds = Math.ceil((error.retryAfterMs ?? 60_000) / 1_000);
    const waiting = withWait(run, deps.clock, seconds, error);
    if (waiting !== run) await listPush(deps, waiting);
    return work.again({ ...held, state: { ...held.state, run: waiting } }, seconds);
  }
  if (dispositions[kind].does === 'retry-later') {
    await savePush(deps, held, held.state);
    throw error;
  }
  const ended = await endPush(deps, held, { ...run, state: 'failed', error: { kind, code, message } });
  deps.log('push ended', { run: run.id, state: 'failed', ...run.tally, code });
  if (ended !== undefined) await announcePush(deps, work, ended);
  if (kind === 'defect') throw error;
}

async function tellFailed(deps: ActivateDeps, run: PushRun): Promise<void> {
  const { code = '', message = '' } = run.error ?? {};
  const says = `the push failed with ${code}: ${message}`;
  const todo = `see docs/errors.md under ${code}; the next run goes on with whoever is still due`;
  await raiseAlert(deps, { kind: 'failed', subject: run.audience, says, todo, run: run.id });
}
