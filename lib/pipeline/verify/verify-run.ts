import { failAgain, type TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Heal } from '../../domain/truth.ts';
import { delayOf } from '../delay.ts';
import type { Clock, Queue, StateStore } from '../ports.ts';
import { freeFor, type TakenUp, takeUp } from '../run-lease.ts';
import { LEASE_MS, listRun } from '../run-list.ts';
import { type RunWait, withoutWait, withWait } from '../run-wait.ts';

/** What a message of the push queue asks of the truth check. */
export interface VerifyCommand {
  /** The audience to check. */
  readonly verify: string;
  /** When the schedule meant it to run; two firings of one instant are one run. */
  readonly scheduledAt?: string;
  /** Another policy than the audience file's, for this run. */
  readonly heal?: Heal;
  /** Go on with this run. */
  readonly run?: string;
}

/** One comparison of an audience with the tool's real list. */
export interface VerifyRun {
  readonly id: string;
  readonly audience: string;
  readonly state:
    | 'running'
    | 'finished'
    | 'never-pushed'
    | 'list-missing'
    | 'list-replaced'
    | 'held'
    | 'not-possible'
    | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly heal: Heal;
  /** `counts`: the tool shows only how many are on the list. */
  readonly compares: 'members' | 'counts';
  /** People on the tool's list, people of whom we believe it, and of these how many are there. */
  readonly listed: number;
  readonly believed: number;
  readonly agree: number;
  /** News, by its name. */
  readonly differences: Readonly<Record<string, number>>;
  /** Wanted and not on the list, for reasons that the rows name already. */
  readonly known: Readonly<Record<string, number>>;
  /** Rows that the next push changes anyway, and rows that a push sent while the list was read. */
  readonly waiting: number;
  readonly moved: number;
  readonly healed: number;
  /** A few profile ids of each difference, to look at. Never an address. */
  readonly sample: Readonly<Record<string, readonly string[]>>;
  /** Folder of the archive that holds everybody who differs. */
  readonly members: string;
  /** The tool, or the connection's budget, makes it wait. */
  readonly waits?: RunWait;
  readonly error?: { readonly kind: string; readonly code: string; readonly message: string };
}

/** What is done next; each step is stored with its counts when it is done, and done again if it was not stored. */
export type VerifyStep =
  | { readonly do: 'list'; readonly chunks: number; readonly after?: Json }
  | { readonly do: 'rows'; readonly chunks: number; readonly part: number }
  | { readonly do: 'strangers'; readonly chunks: number; readonly chunk: number }
  | { readonly do: 'heal'; readonly chunks: number; readonly part: number }
  | { readonly do: 'end' };

interface VerifyState {
  readonly run: VerifyRun;
  readonly step: VerifyStep;
  /** The list in the tool, as the run found it. */
  readonly remoteId: string;
  readonly leaseUntil: number;
  readonly waitUntil?: number;
}

/** A run with the version to write it back on. */
export interface HeldVerify {
  readonly state: VerifyState;
  readonly version: number;
}

export interface VerifyRunDeps {
  readonly state: StateStore;
  readonly push: Queue;
  readonly clock: Clock;
}

const LOOK_AGAIN_SECONDS = 30;

/** The latest truth check of an audience, finished or not. */
export async function latestVerify(state: StateStore, audience: string): Promise<VerifyRun | undefined> {
  return (await readVerify(state, audience)).run;
}

/** The same, with who holds it. */
export async function readVerify(
  state: StateStore,
  audience: string,
): Promise<Partial<VerifyState> & Pick<VerifyState, 'leaseUntil'>> {
  return ((await state.get('verify', audience))?.body as unknown as VerifyState | undefined) ?? { leaseUntil: 0 };
}

/** Takes a check up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
export function takeUpVerify(deps: VerifyRunDeps, command: VerifyCommand, heal: Heal): Promise<HeldVerify | undefined> {
  return takeUp(() => tryTakeUp(deps, command, heal));
}

async function tryTakeUp(deps: VerifyRunDeps, command: VerifyCommand, heal: Heal): Promise<TakenUp<HeldVerify>> {
  const document = await deps.state.get('verify', command.verify);
  const state = document?.body as unknown as VerifyState | undefined;
  const version = document?.version ?? 0;
  const now = deps.clock.now().getTime();
  const latest = state?.run;
  const id = `${command.verify}.${command.scheduledAt ?? formatInstant(now)}`;
  const own = latest !== undefined && (latest.id === id || latest.id === command.run);
  if (state !== undefined && latest?.state === 'running') {
    if (!own && command.heal !== undefined && command.heal !== latest.heal) {
      // Another policy is asked for than the one under way: that one ends first, helped if it was left.
      await deps.push.send([{ body: command as unknown as Json, delaySeconds: LOOK_AGAIN_SECONDS }]);
    }
    // The run's own message outlives whoever has it (`LEASE_MS` says why), and names it: it never begins another.
    const free = freeFor(state, now);
    if (own && free < 0) {
      await deps.push.send([{ body: { verify: latest.audience, run: latest.id }, ...delayOf(-free / 1_000) }]);
      return undefined;
    }
    // A firing finds its work being done, and believes that the run was left after a lease only.
    if (!own && free < LEASE_MS) return undefined;
    // And leaves a message that is the run's own: this one would be done if it came again while its worker is dying.
    if (!own)
      await deps.push.send([{ body: { verify: latest.audience, run: latest.id }, ...delayOf(LEASE_MS / 1_000) }]);
    const run = withoutWait(latest);
    if (run !== latest) await listRun(deps.state, 'verify', run);
    return (await saveVerify(deps, { state, version }, run, state.step)) ?? 'moved';
  }
  if (own) {
    failAgain(latest.error);
    return undefined;
  }
  if (command.run !== undefined) return undefined;
  // A firing that comes again after other runs: what it asked for was done since.
  const asked = Date.parse(command.scheduledAt ?? '');
  if (latest?.heal === heal && asked < Date.parse(latest.startedAt)) return undefined;
  const run: VerifyRun = {
    id,
    audience: command.verify,
    state: 'running',
    startedAt: formatInstant(now),
    heal,
    compares: 'members',
    listed: 0,
    believed: 0,
    agree: 0,
    differences: {},
    known: {},
    waiting: 0,
    moved: 0,
    healed: 0,
    sample: {},
    members: `outcomes/verify/${command.verify}/${id}/`,
  };
  const fresh: VerifyState = { run, step: { do: 'list', chunks: 0 }, remoteId: '', leaseUntil: 0 };
  return (await saveVerify(deps, { state: fresh, version }, run, fresh.step)) ?? 'moved';
}

/** Stores where the run stands. Undefined when somebody else stored it in between: whoever did goes on with it. */
export async function saveVerify(
  deps: Pick<VerifyRunDeps, 'state' | 'clock'>,
  held: HeldVerify,
  run: VerifyRun,
  step: VerifyStep,
  options: { readonly letGo?: boolean; readonly waitSeconds?: number; readonly remoteId?: string } = {},
): Promise<HeldVerify | undefined> {
  const now = deps.clock.now().getTime();
  const { letGo = false, waitSeconds = 0, remoteId = held.state.remoteId } = options;
  const state: VerifyState = {
    run,
    step,
    remoteId,
    leaseUntil: letGo ? now : now + LEASE_MS,
    ...(waitSeconds > 0 ? { waitUntil: now + waitSeconds * 1_000 } : {}),
  };
  if (!(await deps.state.put('verify', run.audience, state as unknown as JsonObject, held.version))) return undefined;
  return { state, version: held.version + 1 };
}

/** Lets go of the run and asks for its going on; `why` it waits is in the list of runs. */
export async function goOnLater(
  deps: VerifyRunDeps,
  held: HeldVerify,
  seconds: number,
  why?: TributaryError,
): Promise<void> {
  const { run: before, step } = held.state;
  const run = why === undefined ? before : withWait(before, deps.clock, seconds, why);
  if (run !== before) await listRun(deps.state, 'verify', run);
  const kept = await saveVerify(deps, held, run, step, { letGo: true, waitSeconds: seconds });
  if (kept !== undefined) await deps.push.send([{ body: { verify: run.audience, run: run.id }, ...delayOf(seconds) }]);
}

/** Ends the run and keeps it in the list that `tributary runs` shows. */
export async function endVerify(
  deps: Pick<VerifyRunDeps, 'state' | 'clock'>,
  held: HeldVerify,
  ended: VerifyRun,
): Promise<void> {
  const run = { ...ended, endedAt: formatInstant(deps.clock.now().getTime()) };
  // Listed first: a worker that dies in between is followed by one that lists it again.
  await listRun(deps.state, 'verify', run);
  await saveVerify(deps, held, run, { do: 'end' }, { letGo: true });
}
