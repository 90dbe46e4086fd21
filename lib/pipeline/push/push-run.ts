import type { Hold } from '../../domain/guardrails.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { PushPlan } from '../../domain/push.ts';
import type { PushRates, RateChange } from '../../domain/push-rates.ts';
import { emptyTally, type PushTally } from '../../domain/tally.ts';
import type { Clock, StateStore } from '../ports.ts';
import { listRun, TELLING_MS } from '../run-list.ts';
import type { RunWait } from '../run-wait.ts';
import type { SeenSource } from '../sync/source-size.ts';

/** One push of one audience. */
export interface PushRun {
  readonly id: string;
  readonly audience: string;
  /**
   * `held`: a guardrail stopped it before its first call, and it waits for an approval of its plan. `superseded`: it was
   * held, and a later run planned anew.
   */
  readonly state: 'waiting' | 'running' | 'held' | 'finished' | 'failed' | 'superseded';
  /** Asked for by a change of membership of a realtime audience, not by a schedule or a person. */
  readonly touched?: true;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly tally: PushTally;
  /** What it would do, frozen: present once it is planned. */
  readonly plan?: PushPlan;
  readonly holds?: readonly Hold[];
  /** Sources that had shrunk when it was held, as they were seen: an approval believes exactly that. */
  readonly seen?: readonly SeenSource[];
  readonly approved?: { readonly by: string; readonly at: string };
  /** Objects with the outcomes of its members, numbered from 0. */
  readonly outcomeParts: number;
  /** Sources that were not settled when last looked. */
  readonly unsettled?: readonly string[];
  /** The tool held another list than at the last push: everybody was added anew. */
  readonly listReplaced?: true;
  /** The tool, or the connection's budget, makes it wait. */
  readonly waits?: RunWait;
  /** Since when the run waits for its sources. */
  readonly waitingSince?: string;
  readonly error?: { readonly kind: string; readonly code: string; readonly message: string };
}

/** A plan's list on its way into the archive: where the next step goes on. */
export interface Planning {
  /** The last row that is in; absent before the first. */
  readonly after?: string;
  readonly chunks: Readonly<Record<'add' | 'remove', readonly Chunk[]>>;
  readonly hash: string;
  readonly optOuts: number;
  readonly removedBecause: Readonly<Record<string, number>>;
  /** For a list that took the place of the one we filled: nobody is on it, whatever rows say of the former. */
  readonly fresh?: true;
}

/** One object of a plan's list. */
export interface Chunk {
  readonly name: string;
  readonly entries: number;
}

/** How far a run has sent its plan. */
export interface Sending {
  readonly op: 'remove' | 'add';
  /** Entries of this direction that are settled. */
  readonly at: number;
  /** A job of the tool that must end before the run goes on, over the entries up to `to`. */
  readonly job?: { readonly job: Json; readonly to: number };
}

/** What an audience's pushes remember from run to run. */
export interface PushState {
  readonly run?: PushRun;
  /** Until then nobody else takes the push up, in ms. */
  readonly leaseUntil: number;
  /** The run was let go of, and nobody takes it up before then, in ms: the tool may have asked us to wait. */
  readonly waitUntil?: number;
  /** The tool's object that the rows' told sides speak of. */
  readonly list?: string;
  /** The target by which that object was found, as text. Absent in states of former releases: nobody knows. */
  readonly target?: string;
  readonly planning?: Planning;
  readonly sending?: Sending;
  /** People on the list as told sides say; absent = count them. */
  readonly size?: number;
  /** What a full count of the rows last found. */
  readonly census?: Census;
  /** A full count that the run at hand has begun. */
  readonly counting?: Counting;
  /** The run at hand takes back, row by row, what rows say of a list that was replaced: the last row that it came to. */
  readonly forgotten?: string;
  /** Some run has ended: the next is not the first. */
  readonly begun?: true;
  /** Changes by runs that nobody approved, by hour (ms), of the last day. */
  readonly recent?: readonly { readonly hour: number; readonly add: number; readonly remove: number }[];
  /** Measured milliseconds of one call with members. */
  readonly pace?: number;
  readonly rates?: PushRates;
  /** The run is held or has ended, and not everybody was told yet: of that, and of these changes of its rates. */
  readonly unannounced?: readonly RateChange[];
  /** Sources whose shrinking was approved, by the run that brought it. */
  readonly accepted?: readonly string[];
  /** Rows wait for a removal from another list of their group: the latest run that looked at all of them found some. */
  readonly waitsForGroup?: true;
  /** The run at hand looks at them, and may be finding some. */
  readonly sendsInGroup?: true;
}

export interface Census {
  readonly at: string;
  readonly blocked: Readonly<Record<string, number>>;
}

/** A count of all rows, as far as it has come. */
export interface Counting {
  readonly size: number;
  readonly blocked: Readonly<Record<string, number>>;
  /** The last row that is counted; absent before the first. */
  readonly after?: string;
}

export interface HeldPush {
  readonly state: PushState;
  readonly version: number;
}

/** What a run's state is kept with. */
export interface RunStores {
  readonly state: StateStore;
  readonly clock: Clock;
}

export async function readPush(state: StateStore, audience: string): Promise<HeldPush> {
  const document = await state.get('push', audience);
  return {
    state: (document?.body as unknown as PushState | undefined) ?? { leaseUntil: 0 },
    version: document?.version ?? 0,
  };
}

/** The latest push of an audience, with the run that is under way if there is one. */
export async function latestPush(state: StateStore, audience: string): Promise<PushRun | undefined> {
  return (await readPush(state, audience)).state.run;
}

export function newRun(id: string, audience: string, startedAt: string, touched: boolean): PushRun {
  return {
    id,
    audience,
    state: 'running',
    ...(touched ? { touched: true } : {}),
    startedAt,
    tally: emptyTally(),
    outcomeParts: 0,
  };
}

/** Every audience that was ever pushed: also those that are defined no more. */
export async function pushedAudiences(state: StateStore): Promise<readonly string[]> {
  const pushed: string[] = [];
  for await (const page of state.all('push')) pushed.push(...page.map(({ id }) => id));
  return pushed;
}

/** Writes the state if nobody wrote it since; undefined when somebody did. Held for `leaseMs`, or let go of. */
export async function savePush(
  deps: RunStores,
  held: HeldPush,
  next: Omit<PushState, 'leaseUntil'>,
  { leaseMs = 0, waitSeconds = 0 }: { readonly leaseMs?: number; readonly waitSeconds?: number } = {},
): Promise<HeldPush | undefined> {
  const now = deps.clock.now().getTime();
  const { waitUntil: _, ...rest } = next;
  const state: PushState = {
    ...rest,
    leaseUntil: now + leaseMs,
    ...(waitSeconds === 0 ? {} : { waitUntil: now + waitSeconds * 1_000 }),
  };
  const audience = next.run?.audience ?? '';
  if (!(await deps.state.put('push', audience, state as unknown as JsonObject, held.version))) return undefined;
  return { state, version: held.version + 1 };
}

/** Keeps a run in the list that `tributary runs` shows, and findable by its id. */
export async function listPush(deps: RunStores, run: PushRun): Promise<void> {
  const { id, expiresAt, isNew } = await listRun(deps.state, 'push', run);
  if (isNew) await deps.state.put('push-run', run.id, { listed: id }, 0, { expiresAt });
}

/** Whether a run of this id was ever begun that was not only a touch. */
export async function isPushListed(state: StateStore, id: string): Promise<boolean> {
  return (await state.get('push-run', id)) !== undefined;
}

/** A push by its id, as listed; undefined when nobody knows it (any more). */
export async function findPush(state: StateStore, id: string): Promise<PushRun | undefined> {
  const pointer = await state.get('push-run', id);
  if (typeof pointer?.body.listed !== 'string') return undefined;
  const run = await state.get('run', pointer.body.listed);
  return run?.body as unknown as PushRun | undefined;
}

/** Pushes of one audience, newest first. */
export async function listPushes(state: StateStore, audience: string, most: number): Promise<readonly PushRun[]> {
  // Ids are the audience, a dot and an instant: all of them sort below the audience and the character after the dot.
  const pointers = await state.list('push-run', { most, after: `${audience}/` });
  const ids = pointers.map(({ id }) => id).filter((id) => id.startsWith(`${audience}.`));
  const runs = await Promise.all(ids.map((id) => findPush(state, id)));
  return runs.filter((run) => run !== undefined);
}

/** Pushes of an audience that were asked for from one day on and before another, both UTC. */
export async function pushesBetween(
  state: StateStore,
  audience: string,
  from: string,
  until: string,
): Promise<readonly PushRun[]> {
  const found: PushRun[] = [];
  let after = `${audience}.${until}`;
  for (;;) {
    const pointers = await state.list('push-run', { most: PUSHES_AT_ONCE, after });
    const ids = pointers.map(({ id }) => id).filter((id) => id >= `${audience}.${from}`);
    const runs = await Promise.all(ids.map((id) => findPush(state, id)));
    found.push(...runs.filter((run) => run !== undefined));
    if (ids.length < PUSHES_AT_ONCE) return found;
    after = ids.at(-1) ?? after;
  }
}

/** Ends a run, which its worker tells of next. What it changed counts against the day's guardrails, unless somebody approved it or it was the first. */
export async function endPush(
  deps: RunStores,
  held: HeldPush,
  ended: PushRun,
  more: Partial<PushState> = {},
): Promise<HeldPush | undefined> {
  const now = deps.clock.now().getTime();
  const run: PushRun = { ...ended, endedAt: formatInstant(now) };
  const { planning: _, sending: __, sendsInGroup, ...kept } = held.state;
  // Whoever did not look at all of them does not know that nobody waits.
  const mayWait = run.state === 'failed' && sendsInGroup === true;
  const begins = run.state === 'finished' && !isIdle(run);
  const state = {
    ...kept,
    ...(mayWait ? { waitsForGroup: true as const } : {}),
    unannounced: [],
    ...more,
    run,
    ...(begins ? { begun: true as const } : {}),
    recent: withRecent(held.state, run, now),
  };
  return savePush(deps, held, state, { leaseMs: TELLING_MS });
}

/** Nothing was to be done. */
export function isIdle({ plan }: PushRun): boolean {
  return (plan?.add ?? 0) + (plan?.remove ?? 0) === 0;
}

const PUSHES_AT_ONCE = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What runs of the last day changed by themselves. */
export function recentChanges(state: PushState, now: number): { readonly add: number; readonly remove: number } {
  const lately = (state.recent ?? []).filter(({ hour }) => hour > now - DAY_MS);
  return {
    add: lately.reduce((sum, one) => sum + one.add, 0),
    remove: lately.reduce((sum, one) => sum + one.remove, 0),
  };
}

function withRecent(state: PushState, run: PushRun, now: number): NonNullable<PushState['recent']> {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const lately = (state.recent ?? []).filter((one) => one.hour > now - DAY_MS);
  const { added, removed } = run.tally;
  if (run.approved !== undefined || state.begun !== true || added + removed === 0) return lately;
  const same = lately.find((one) => one.hour === hour) ?? { hour, add: 0, remove: 0 };
  return [...lately.filter((one) => one !== same), { hour, add: same.add + added, remove: same.remove + removed }];
}
