import { failAgain } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import { freeFor, leftSince, type TakenUp, takeUp } from '../run-lease.ts';
import { LEASE_MS, TELLING_MS } from '../run-list.ts';
import { withoutWait } from '../run-wait.ts';
import { announcePush, isUnannounced } from './end-push.ts';
import { type HeldPush, isPushListed, listPush, newRun, type PushRun, readPush, savePush } from './push-run.ts';
import type { ActivateDeps, PushCommand, Work } from './push-work.ts';
import { isTouchOwed, oweTouch, payTouch, RESPITE_MS } from './touch-audiences.ts';

/** How often a firing looks whether the run under way has ended while somebody works on it. */
const LOOK_AGAIN_MS = 30_000;

/** Takes the push up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
export function takeUpPush(
  deps: ActivateDeps,
  told: Pick<Work, 'audience' | 'definitions'>,
  command: PushCommand,
): Promise<HeldPush | undefined> {
  return takeUp(() => tryTakeUp(deps, told, command));
}

async function tryTakeUp(
  deps: ActivateDeps,
  told: Pick<Work, 'audience' | 'definitions'>,
  command: PushCommand,
): Promise<TakenUp<HeldPush>> {
  const held = await readPush(deps.state, command.audience);
  const { state } = held;
  const { run: latest } = state;
  const now = deps.clock.now().getTime();
  if (isUnannounced(state)) {
    const busy = state.leaseUntil - now;
    if (busy > 0) return sendLater(deps, command, busy);
    const telling = await savePush(deps, held, state, { leaseMs: TELLING_MS });
    if (telling !== undefined) await announcePush(deps, told, telling);
    return 'moved';
  }
  if (latest?.state === 'running' || latest?.state === 'waiting') return takeUpUnderWay(deps, held, latest, command);
  if (isOf(command, latest)) {
    failAgain(latest?.error);
    return undefined;
  }
  if (command.run !== undefined) return undefined;
  // A held run waits for a person, a failed one for what failed: single changes of membership do not overtake them.
  if (command.touched === true && latest?.state === 'held') return undefined;
  if (command.touched === true && latest?.state === 'failed') {
    const respite = RESPITE_MS - (now - Date.parse(latest.endedAt ?? latest.startedAt));
    if (respite > 0) {
      const left = Math.ceil(respite / 1_000) + 1;
      await payTouch(deps, command.audience, latest.id, { seconds: left, otherwise: left });
      return undefined;
    }
  }
  const id = `${command.audience}.${command.scheduledAt ?? formatInstant(now)}`;
  // A firing that comes again after other runs: its own is over, and what became of it is not to be written over.
  if (isFiring(command) && (await isPushListed(deps.state, id))) return undefined;
  if (latest?.state === 'held') await listPush(deps, { ...latest, state: 'superseded', endedAt: formatInstant(now) });
  const fresh = newRun(id, command.audience, formatInstant(now), command.touched === true);
  const { planning: _, sending: __, unannounced: ___, counting: ____, forgotten: _____, ...rest } = state;
  const taken = await savePush(deps, held, { ...rest, run: fresh }, { leaseMs: LEASE_MS });
  if (taken !== undefined && command.touched !== true) await listPush(deps, fresh);
  return taken ?? 'moved';
}

/**
 * Goes on with a run that nobody has. Its own message outlives whoever has it (`LEASE_MS` says why) and names it, so that
 * it never begins another. A firing comes again until it can have a run of its own; that the run under way was left it
 * believes after a lease, so that a run is not carried on by more and more messages.
 */
async function takeUpUnderWay(
  deps: ActivateDeps,
  held: HeldPush,
  latest: PushRun,
  command: PushCommand,
): Promise<TakenUp<HeldPush>> {
  if (command.touched === true) return touchUnderWay(deps, held, latest);
  const own = isOf(command, latest);
  if (!own && !isFiring(command)) return undefined;
  const { state } = held;
  const now = deps.clock.now().getTime();
  const free = freeFor(state, now);
  const run = withoutWait(own ? latest : withNewPatience(latest, command));
  if (own && free < 0) return sendLater(deps, { audience: latest.audience, run: latest.id }, -free);
  if (!own && state.leaseUntil > now) return sendLater(deps, command, Math.min(-free, LOOK_AGAIN_MS));
  if (!own && free < LEASE_MS) {
    if (run.waitingSince !== latest.waitingSince) {
      const waitSeconds = Math.max(0, -free) / 1_000;
      if ((await savePush(deps, held, { ...state, run }, { waitSeconds })) === undefined) return 'moved';
    }
    return sendLater(deps, command, LEASE_MS - free);
  }
  if (latest.waits !== undefined) await listPush(deps, run);
  return (await savePush(deps, held, { ...state, run }, { leaseMs: LEASE_MS })) ?? 'moved';
}

/**
 * Changes that come while a run is under way are the next run's: they are noted, and whoever ends the run sends one touch.
 * A touched run that was left is taken up, because the message that began it may be this one, after a death. So is a firing's
 * run whose message has given up: nobody leaves a list before somebody goes on with it.
 */
async function touchUnderWay(deps: ActivateDeps, held: HeldPush, latest: PushRun): Promise<TakenUp<HeldPush>> {
  const { audience, id } = latest;
  const now = deps.clock.now().getTime();
  const free = freeFor(held.state, now);
  const isLeft = latest.touched === true ? free >= LEASE_MS : leftSince(held.state, now) !== undefined;
  // This touch may be the message that carries it on, or that may have died with the worker: the first one sends another.
  if (latest.touched === true && !isLeft && !(await isTouchOwed(deps, audience, id))) {
    await sendLater(deps, { audience, run: id }, free < 0 ? -free : LEASE_MS - free);
  }
  await oweTouch(deps, audience, id);
  if (isLeft) {
    // This touch is no message of the run's own: were it to come again while its worker is dying, it would be done by a note.
    await sendLater(deps, { audience, run: id }, LEASE_MS);
    return (await savePush(deps, held, held.state, { leaseMs: LEASE_MS })) ?? 'moved';
  }
  // Whoever ended the run before the note was there has not seen it.
  const { run } = (await readPush(deps.state, audience)).state;
  return run?.id === id && (run.state === 'running' || run.state === 'waiting') ? undefined : 'moved';
}

async function sendLater(deps: ActivateDeps, command: PushCommand, ms: number): Promise<undefined> {
  await deps.push.send([{ body: command as unknown as Json, ...delayOf(ms / 1_000) }]);
}

/** A firing of a schedule, or somebody's order: it asks for a run of its own. */
export function isFiring({ run, touched }: PushCommand): boolean {
  return run === undefined && touched !== true;
}

/** A later firing waits for its sources with patience of its own; only once, however often it comes. */
function withNewPatience(run: PushRun, { scheduledAt }: PushCommand): PushRun {
  const { waitingSince, ...reopened } = run;
  return Date.parse(waitingSince ?? '') < Date.parse(scheduledAt ?? '') ? reopened : run;
}

export function isOf({ audience, scheduledAt, run }: PushCommand, latest: PushRun | undefined): boolean {
  return latest !== undefined && (latest.id === `${audience}.${scheduledAt ?? ''}` || latest.id === run);
}
