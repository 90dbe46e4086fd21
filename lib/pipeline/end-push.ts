import { dispositions, type TributaryError } from '../domain/errors.ts';
import { compareRates } from '../domain/push-rates.ts';
import { closeAlerts, raiseAlert } from './alerts.ts';
import { endPush, type HeldPush, listPush, type PushRun, type PushState, savePush } from './push-run.ts';
import type { ActivateDeps, Work } from './push-work.ts';
import { payTouch, RESPITE_SECONDS, TOUCH_SECONDS } from './touch-audiences.ts';

/** Ends a run that did what it could, compares how it went with the runs before, and tells who waits for it. */
export async function finishPush(deps: ActivateDeps, work: Work, held: HeldPush, run: PushRun): Promise<void> {
  const { audience, definitions } = work;
  const { rates, changes } = compareRates(held.state.rates, run.tally);
  const more: Partial<PushState> = rates === undefined ? {} : { rates };
  const idle = (run.plan?.add ?? 0) + (run.plan?.remove ?? 0) === 0;
  const ended = await endPush(deps, held, { ...run, state: 'finished' }, more);
  if (ended === undefined) return;
  if (!(idle && run.touched === true))
    deps.log('push ended', { run: run.id, state: 'finished', ...run.tally, code: null });
  const wrong = changes.map(({ kind }) => kind);
  for (const { kind, says } of changes) {
    await raiseAlert(deps, { kind, subject: audience.audience, says, todo: RATES_TODO, run: run.id });
  }
  const kinds = ['held', 'stale-source', 'failed', 'match-rate', 'outcome-mix'] as const;
  if (run.touched !== true)
    await closeAlerts(
      deps,
      audience.audience,
      kinds.filter((kind) => !wrong.some((one) => one === kind)),
    );
  await tellWaiting(deps, work, ended, definitions.audiences);
}

const RATES_TODO =
  'look at the outcomes (`tributary push --outcomes RUN`) for the code that is new, and at the tool: a changed field, an imported list, a lost permission';

/** A removal lets others of the group add; and what came while the run was held or under way is pushed now. */
async function tellWaiting(
  deps: ActivateDeps,
  { audience }: Work,
  run: PushRun,
  all: Work['definitions']['audiences'],
): Promise<void> {
  const touched = new Set<string>();
  if (audience.group !== undefined && run.tally.removed > 0) {
    for (const one of all) {
      if (one.group?.name !== audience.group.name || one.audience === audience.audience) continue;
      const waits = (await deps.state.get('push', one.audience))?.body.waitsForGroup === true;
      if (waits) touched.add(one.audience);
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
export async function holdPush(deps: ActivateDeps, held: HeldPush, stopped: PushRun): Promise<void> {
  const run: PushRun = { ...stopped, state: 'held' };
  if ((await savePush(deps, held, { ...held.state, run })) === undefined) return;
  await listPush(deps, run);
  const holds = run.holds ?? [];
  deps.log('push held', { run: run.id, guards: holds.map(({ guard }) => guard), plan: run.plan?.hash ?? null });
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
  if (kind === 'rate-limited') return work.again(held, Math.ceil((error.retryAfterMs ?? 60_000) / 1_000));
  if (dispositions[kind].does === 'retry-later') {
    await savePush(deps, held, held.state);
    throw error;
  }
  const ended = await endPush(deps, held, { ...run, state: 'failed', error: { kind, code, message } });
  deps.log('push ended', { run: run.id, state: 'failed', ...run.tally, code });
  if (ended !== undefined) {
    const says = `the push failed with ${code}: ${message}`;
    const todo = `see docs/errors.md under ${code}; the next run goes on with whoever is still due`;
    await raiseAlert(deps, { kind: 'failed', subject: run.audience, says, todo, run: run.id });
    await touchAgain(deps, work.audience, ended);
  }
  if (kind === 'defect') throw error;
}
