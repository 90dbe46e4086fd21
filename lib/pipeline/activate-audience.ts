import type { AudienceDefinition, Definitions } from '../domain/definitions.ts';
import { asTributaryError, dispositions, failAgain, TributaryError } from '../domain/errors.ts';
import type { IdentityKey } from '../domain/identifier.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { emptyTally, type PushTally } from '../domain/push.ts';
import { type ConnectionDeps, openConnection } from './connections.ts';
import type { IdentityIndex, MembershipStore, Queue, StateStore } from './ports.ts';
import { sendDue } from './send-members.ts';
import { isSwitching } from './switch-definitions.ts';
import { isStreamSettled, readStream } from './sync-run.ts';
import { type LedgerDeps, openNotes } from './write-ledger.ts';

export interface ActivateDeps extends ConnectionDeps, LedgerDeps {
  readonly state: StateStore;
  readonly memberships: MembershipStore;
  readonly identities: IdentityIndex;
  readonly key: () => Promise<IdentityKey>;
  readonly push: Queue;
}

/** What a message of the push queue asks. */
export interface PushCommand {
  readonly audience: string;
  /** When the schedule meant it to run; two firings of one instant are one run. */
  readonly scheduledAt?: string;
  /** Go on with this run. */
  readonly run?: string;
}

/** One push of one audience. */
export interface PushRun {
  readonly id: string;
  readonly audience: string;
  readonly state: 'waiting' | 'running' | 'finished' | 'stale-source' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly tally: PushTally;
  /** Sources that were not settled when last looked. */
  readonly unsettled?: readonly string[];
  /** The tool held another list than at the last push: everybody was added anew. */
  readonly listReplaced?: true;
  /** Since when the run waits for its sources. */
  readonly waitingSince?: string;
  readonly error?: { readonly kind: string; readonly code: string; readonly message: string };
}

interface PushState {
  readonly run?: PushRun;
  /** Until then nobody else takes the push up, in ms. 0 = free. */
  readonly leaseUntil: number;
  /** The tool asked us to wait with the run until then, in ms. */
  readonly waitUntil?: number;
  /** The tool's object that the rows' told sides speak of. */
  readonly list?: string;
}

interface HeldPush {
  readonly state: PushState;
  readonly version: number;
}

/**
 * Nobody takes over a push that somebody works on: longer than a function may run. And shorter than a message of a worker
 * that died stays hidden: when it comes again, the push is free.
 */
export const LEASE_MS = 3 * 60_000;
const KEPT_MS = 30 * 24 * 3_600_000;
/** How long a push waits for its sources before it gives up for this time. */
const PATIENCE_MS = 2 * 3_600_000;
const LOOK_AGAIN_SECONDS = 30;
/** SQS delays a message by at most this long; longer waits go round. */
const MOST_DELAY_SECONDS = 900;

/**
 * Brings the tool's list to what we want: waits for the sources, then sends only differences, removals before additions,
 * rows read again by key just before they are sent. Every member ends in one named outcome on its row; killed at any
 * line, the next worker goes on with the rows that are still pending.
 */
export function activateAudience(deps: ActivateDeps) {
  return async function activate(command: PushCommand, signal: AbortSignal): Promise<void> {
    const definitions = await deps.definitions();
    const audience = definitions.audiences.find((one) => one.audience === command.audience);
    if (audience === undefined) {
      deps.log('no such audience', { audience: command.audience, code: 'push/unknown-audience' });
      return;
    }
    const held = await takeUp(deps, command);
    if (held === undefined) return;
    const unsettled = await unsettledSources(deps, definitions);
    if (unsettled.length > 0) await waitForSources(deps, held, unsettled);
    else await run(deps, audience, held, signal);
  };
}

async function run(
  deps: ActivateDeps,
  audience: AudienceDefinition,
  taken: HeldPush,
  signal: AbortSignal,
): Promise<void> {
  let held = taken;
  const { waitingSince: _, ...taking } = taken.state.run as PushRun;
  let push: PushRun = { ...taking, state: 'running' };
  const tally = { ...push.tally };
  const again = async (seconds: number) => {
    const kept = await save(deps, held, { ...push, tally }, { waitSeconds: seconds });
    const body = { audience: audience.audience, run: push.id };
    if (kept !== undefined) await deps.push.send([{ body, ...delayOf(seconds) }]);
  };
  try {
    const { connector, connect } = await openConnection(deps, audience.connection);
    const destination = connector.audiences;
    if (destination === undefined) {
      throw new TributaryError(
        'config',
        'push/no-destination',
        `the connector of ${audience.connection} takes no audiences`,
      );
    }
    const api = await connect(signal);
    const { remoteId } = await destination.ensure(api, audience.target);
    const list = `${audience.connection}/${remoteId}`;
    if (taken.state.list !== undefined && taken.state.list !== list) {
      deps.log('the list was replaced', { audience: audience.audience, code: 'push/list-replaced' });
      push = { ...push, listReplaced: true };
      await forgetTold(deps, audience.audience);
    }
    const begun = await save(deps, held, { ...push, tally }, { leaseMs: LEASE_MS, list });
    if (begun === undefined) return;
    held = begun;
    const { privacy } = await deps.definitions();
    const notes = openNotes(deps, audience.connection, privacy.activitiesKeptMs);
    for (const op of ['remove', 'add'] as const) {
      const sender = { ...deps, audience, destination, api, remoteId, op, notes, run: push.id, tally };
      for await (const _sent of sendDue(sender)) {
        const kept = await save(deps, held, { ...push, tally }, { leaseMs: LEASE_MS });
        if (kept === undefined) return; // Somebody took the push over; what was sent is on the rows.
        held = kept;
        if (signal.aborted) return await again(0);
      }
    }
    await end(deps, held, { ...push, state: 'finished', tally });
  } catch (thrown) {
    const error = asTributaryError(thrown);
    deps.log('push stopped', { run: push.id, kind: error.kind, code: error.code, reason: error.message });
    if (error.kind === 'rate-limited') return await again(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000));
    if (dispositions[error.kind].does === 'retry-later') {
      await save(deps, held, { ...push, tally }, {});
      throw error;
    }
    const { kind, code, message } = error;
    await end(deps, held, { ...push, state: 'failed', tally, error: { kind, code, message } });
    if (kind === 'defect') throw error;
  }
}

/**
 * Another list than the last time, because somebody deleted it in the tool or the audience was bound to another one:
 * nobody is on it yet, whatever the rows say of the former.
 */
async function forgetTold(deps: ActivateDeps, audience: string): Promise<void> {
  for await (const rows of deps.memberships.audienceRows(audience)) {
    const told = rows.flatMap(({ told: before, ...row }) =>
      before?.in === true
        ? [{ row, told: { ...before, in: false, outcome: 'unmatched', code: 'push/list-replaced' }, pending: true }]
        : [],
    );
    if (told.length > 0) await deps.memberships.settle(audience, told);
  }
}

/** Streams whose runs are not folded to the end: a push now would act on half a picture. */
export async function unsettledSources(
  deps: Pick<ActivateDeps, 'state' | 'clock'>,
  definitions: Definitions,
): Promise<string[]> {
  const now = deps.clock.now().getTime();
  // A list is never brought to half of a change of definitions.
  const unsettled: string[] = (await isSwitching(deps.state)) ? ['definitions'] : [];
  for (const connection of Object.values(definitions.connections)) {
    for (const stream of Object.keys(connection.streams)) {
      const { state } = await readStream(deps.state, connection.name, stream);
      if (!(await isStreamSettled(deps.state, state, now))) unsettled.push(`${connection.name}/${stream}`);
    }
  }
  return unsettled;
}

async function waitForSources(deps: ActivateDeps, held: HeldPush, unsettled: readonly string[]): Promise<void> {
  const push = held.state.run as PushRun;
  const now = deps.clock.now().getTime();
  const waitingSince = push.waitingSince ?? formatInstant(now);
  if (now - Date.parse(waitingSince) > PATIENCE_MS) {
    await end(deps, held, { ...push, state: 'stale-source', unsettled });
    return;
  }
  const saved = await save(deps, held, { ...push, state: 'waiting', waitingSince, unsettled }, {});
  if (saved === undefined) return;
  await deps.push.send([{ body: { audience: push.audience, run: push.id }, ...delayOf(LOOK_AGAIN_SECONDS) }]);
}

/** Takes the push up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
async function takeUp(deps: ActivateDeps, command: PushCommand): Promise<HeldPush | undefined> {
  const document = await deps.state.get('push', command.audience);
  const state = (document?.body as unknown as PushState | undefined) ?? { leaseUntil: 0 };
  const now = deps.clock.now().getTime();
  const held: HeldPush = { state, version: document?.version ?? 0 };
  const { run: latest } = state;
  const id = `${command.audience}.${command.scheduledAt ?? formatInstant(now)}`;
  const own = latest !== undefined && (latest.id === id || latest.id === command.run);
  if (latest?.state === 'running' || latest?.state === 'waiting') {
    const waits = (state.waitUntil ?? 0) - now;
    if (state.leaseUntil > now || (waits > 0 && !own)) return undefined;
    if (waits > 0) {
      await deps.push.send([{ body: command as unknown as Json, ...delayOf(waits / 1_000) }]);
      return undefined;
    }
    if (command.run !== undefined && !own) return undefined;
    // A later firing waits for its sources with patience of its own.
    const { waitingSince: _, ...reopened } = latest;
    return save(deps, held, own ? latest : reopened, { leaseMs: LEASE_MS });
  }
  if (own) {
    failAgain(latest.error);
    return undefined;
  }
  if (command.run !== undefined) return undefined;
  const startedAt = formatInstant(now);
  const fresh: PushRun = { id, audience: command.audience, state: 'running', startedAt, tally: emptyTally() };
  return save(deps, held, fresh, { leaseMs: LEASE_MS });
}

async function end(deps: ActivateDeps, held: HeldPush, ended: PushRun): Promise<void> {
  const push = { ...ended, endedAt: formatInstant(deps.clock.now().getTime()) };
  await save(deps, held, push, {});
  deps.log('push ended', { run: push.id, state: push.state, ...push.tally, code: push.error?.code ?? null });
}

/** Stores the run, held for `leaseMs`, or let go of; let go of, it may have to wait for the tool. */
async function save(
  deps: ActivateDeps,
  held: HeldPush,
  push: PushRun,
  {
    leaseMs = 0,
    waitSeconds = 0,
    list = held.state.list,
  }: { readonly leaseMs?: number; readonly waitSeconds?: number; readonly list?: string | undefined },
): Promise<HeldPush | undefined> {
  const now = deps.clock.now().getTime();
  const state: PushState = {
    run: push,
    leaseUntil: leaseMs === 0 ? 0 : now + leaseMs,
    ...(waitSeconds === 0 ? {} : { waitUntil: now + waitSeconds * 1_000 }),
    ...(list === undefined ? {} : { list }),
  };
  const stored = await deps.state.put('push', push.audience, state as unknown as JsonObject, held.version);
  if (!stored) return undefined;
  const id = `${push.startedAt}#${push.id}`;
  const before = await deps.state.get('run', id);
  const expiresAt = Date.parse(push.startedAt) + KEPT_MS;
  const line = { what: 'push', ...push } as unknown as Record<string, Json>;
  await deps.state.put('run', id, line, before?.version ?? 0, { expiresAt });
  return { state, version: held.version + 1 };
}

function delayOf(seconds: number): { readonly delaySeconds?: number } {
  return seconds > 0 ? { delaySeconds: Math.min(MOST_DELAY_SECONDS, Math.max(1, Math.ceil(seconds))) } : {};
}
