import { canonicalText } from '../../domain/canonical.ts';
import { emptyTally, type PushTally } from '../../domain/tally.ts';
import { LEASE_MS } from '../run-list.ts';
import { finishPush } from './end-push.ts';
import { type PlanSender, siblingsOf } from './look-again.ts';
import { putOutcomes } from './outcomes.ts';
import { beginPlanning } from './plan-push.ts';
import { type HeldPush, listPush, type PushRun, type PushState, type Sending, savePush } from './push-run.ts';
import { type ActivateDeps, knownList, listName, type Tool, type Work } from './push-work.ts';
import { pollJob, type SentStep, sendPlan } from './send-plan.ts';
import { wayFor } from './ways.ts';
import { openNotes } from './write-ledger.ts';

/** How much a new measurement weighs in the pace of calls. */
const NEWEST = 0.2;
/** The list of runs shows progress every so many batches. */
const LISTED_EVERY = 20;

/**
 * Sends a frozen plan to its end: removals, then additions; each batch is tool → rows → outcomes → state. Returns whether
 * the run has ended.
 */
export async function runPlan(
  deps: ActivateDeps,
  work: Work,
  current: { held: HeldPush },
  tool: Tool,
): Promise<boolean> {
  const { audience, definitions } = work;
  const remoteId = await listOf(work, current.held.state, tool);
  const opened = await openList(deps, work, current, listName(audience, remoteId));
  if (!opened) return false;
  const planning = current.held.state.planning ?? beginPlanning(false);
  const notes = openNotes(deps, audience.connection, definitions.privacy);
  for (const op of ['remove', 'add'] as const) {
    const started = current.held.state.sending ?? { op: 'remove', at: 0 };
    if (started.op === 'add' && op === 'remove') continue;
    tool.calls.turnTo(op);
    const sender: PlanSender = {
      ...deps,
      audience,
      destination: tool.destination,
      way: wayFor(
        tool.destination,
        planning.chunks[op].reduce((sum, { entries }) => sum + entries, 0),
      ),
      api: tool.api,
      remoteId,
      op,
      notes,
      run: (current.held.state.run as PushRun).id,
      planning,
      siblings: siblingsOf(audience, definitions.audiences),
      calls: tool.calls,
    };
    if (!(await sendAll(deps, work, current, sender, started.op === op ? started : { op, at: 0 }))) return false;
  }
  await finishPush(deps, work, current.held, current.held.state.run as PushRun);
  return true;
}

/** The tool's object. Changes of single memberships trust the last look; each night looks again. */
async function listOf({ audience }: Work, state: PushState, tool: Tool): Promise<string> {
  const known = state.run?.touched === true ? knownList(audience, state) : undefined;
  return known ?? (await tool.destination.ensure(tool.api, audience.target)).remoteId;
}

/**
 * Makes sure that the rows' told sides speak of the list at hand, before anybody is put on it. False: somebody else took
 * over, or the list is another one than the plan is about, and the run plans anew.
 */
async function openList(deps: ActivateDeps, work: Work, current: { held: HeldPush }, list: string): Promise<boolean> {
  const { state } = current.held;
  const { audience } = work.audience;
  const replaced = state.list !== undefined && state.list !== list;
  const { sending: _, forgotten: __, ...unsent } = state;
  const tally = { ...emptyTally(), calls: state.run?.tally.calls ?? 0 };
  if (replaced && state.planning?.fresh !== true) {
    // How far the former plan was sent, what came of it and who approved it say nothing about the new one.
    const { plan: ___, approved: ____, holds: _____, seen: ______, ...kept } = state.run as PushRun;
    const next = { ...unsent, run: { ...kept, tally }, planning: beginPlanning(true) };
    const again = await savePush(deps, current.held, next, { leaseMs: LEASE_MS });
    if (again !== undefined) await work.again(again, 0);
    return false;
  }
  if (replaced) {
    if (state.forgotten === undefined) deps.log('the list was replaced', { audience, code: 'push/list-replaced' });
    const forgotten = await forgetTold(deps, work, state);
    if (forgotten !== undefined) {
      const saved = await savePush(deps, current.held, { ...state, forgotten }, { leaseMs: LEASE_MS });
      if (saved !== undefined) await work.again(saved, 0);
      return false;
    }
  }
  const run = state.run as PushRun;
  // A list that is replaced once more while the new plan is sent gets all of that plan.
  const target = canonicalText(work.audience.target);
  const next = replaced
    ? { ...unsent, run: { ...run, tally, listReplaced: true as const }, list, target, size: 0 }
    : { ...state, list, target };
  // Said before anybody is looked for on the lists of the group: whoever is taken off one of them after that is told of.
  const inGroup = siblingsOf(work.audience, work.definitions.audiences).length > 0;
  const { waitsForGroup: ___, ...looking } = next;
  const begins = inGroup && next.sendsInGroup !== true;
  const said = begins ? { ...looking, sendsInGroup: true as const } : next;
  const begun = await savePush(deps, current.held, said, { leaseMs: LEASE_MS });
  if (begun !== undefined) current.held = begun;
  return begun !== undefined;
}

/** Sends one direction. Returns false when the run goes on later or by somebody else. */
async function sendAll(
  deps: ActivateDeps,
  work: Work,
  current: { held: HeldPush },
  sender: PlanSender,
  started: Sending,
): Promise<boolean> {
  let from = started.at;
  if (started.job !== undefined) {
    const polled = await pollJob(sender, started);
    if (polled.step === undefined) {
      await work.again(waiting(current.held, polled), polled.pollAfterMs / 1_000);
      return false;
    }
    const { step, calls } = polled;
    if (!(await commit(deps, current, sender.op, { ...step, tally: { ...step.tally, calls } }))) return false;
    from = step.at;
  }
  for await (const step of sendPlan(sender, from)) {
    if (!(await commit(deps, current, sender.op, step))) return false; // Somebody took the push over; what was sent is on the rows.
    if (step.job !== undefined) {
      await work.again(current.held, Math.max(1, step.job.pollAfterMs / 1_000));
      return false;
    }
    if (work.signal.aborted) {
      await work.again(current.held, 0);
      return false;
    }
  }
  return true;
}

/** Outcomes first, then the state that says they are there: a death between writes the same part again. */
async function commit(
  deps: ActivateDeps,
  current: { held: HeldPush },
  op: Sending['op'],
  step: SentStep,
): Promise<boolean> {
  const { state } = current.held;
  const run = state.run as PushRun;
  const part = run.outcomeParts;
  if (step.lines.length > 0) await putOutcomes(deps.archive, run, part, step.lines);
  const next: PushRun = {
    ...run,
    tally: addTally(run.tally, step.tally),
    outcomeParts: part + (step.lines.length > 0 ? 1 : 0),
  };
  const { calls = 0 } = step.tally;
  const measured = calls > 0 && step.tookMs > 0 ? step.tookMs / calls : undefined;
  const sending: Sending = {
    op,
    at: step.at,
    ...(step.job === undefined ? {} : { job: { job: step.job.job, to: step.job.to } }),
  };
  const saved = await savePush(
    deps,
    current.held,
    {
      ...state,
      run: next,
      sending,
      size: Math.max(0, (state.size ?? 0) + step.grown),
      ...(measured === undefined
        ? {}
        : { pace: state.pace === undefined ? measured : state.pace + (measured - state.pace) * NEWEST }),
      ...(step.waitsForGroup ? { waitsForGroup: true as const } : {}),
    },
    { leaseMs: LEASE_MS },
  );
  if (saved === undefined) return false;
  current.held = saved;
  tellMembers(deps, run.id, op, step);
  if (next.outcomeParts % LISTED_EVERY === 1) await listPush(deps, next);
  return true;
}

/** Causes in one line of the log; of more there are several lines. */
const CAUSES_IN_LINE = 100;

/** Says what the members of a batch came by: the id in the log of the webhook, or of the pull, is found here again. */
function tellMembers(deps: ActivateDeps, run: string, op: Sending['op'], { lines, causes }: SentStep): void {
  for (let at = 0; at < causes.length; at += CAUSES_IN_LINE) {
    deps.log('members told', { run, op, members: lines.length, causes: causes.slice(at, at + CAUSES_IN_LINE) });
  }
}

function addTally(a: PushTally, b: Partial<PushTally>): PushTally {
  const sum = { ...emptyTally(), ...a };
  for (const [name, count] of Object.entries(b) as [keyof PushTally, number][]) sum[name] += count;
  return sum;
}

/** A push whose job was asked after and is not done. */
function waiting(held: HeldPush, { calls, sending }: { readonly calls: number; readonly sending: Sending }): HeldPush {
  const run = held.state.run as PushRun;
  return { ...held, state: { ...held.state, sending, run: { ...run, tally: addTally(run.tally, { calls }) } } };
}

/**
 * Another list than the last time, because somebody deleted it in the tool or the audience was bound to another one:
 * nobody is on it yet, and the run at hand has told it nothing, whatever the rows say of the former. Rows that say so
 * already stay as they are. Undefined when all rows are done; else the row to go on from, because time was short.
 */
async function forgetTold(
  { memberships }: Pick<ActivateDeps, 'memberships'>,
  { audience: { audience }, signal }: Work,
  { run, forgotten: after }: PushState,
): Promise<string | undefined> {
  for await (const rows of memberships.audienceRows(audience, undefined, after)) {
    const forgotten = rows.flatMap(({ told: before, ...row }) => {
      const ours = before?.run === run?.id && before?.op !== undefined;
      if (before === undefined || !(before.in || ours)) return [];
      const { op: _, ...told } = before;
      const off = { in: false, outcome: 'unmatched', code: 'push/list-replaced' };
      return [{ row, told: { ...told, ...(before.in ? off : {}) }, pending: true }];
    });
    if (forgotten.length > 0) await memberships.settle(audience, forgotten);
    const last = rows.at(-1);
    if (signal.aborted && last !== undefined) return last.profile;
  }
  return undefined;
}
