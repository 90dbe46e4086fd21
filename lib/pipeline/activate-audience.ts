import type { AudienceDestination, BatchResult, Outcome } from '../connectors/contract.ts';
import type { AudienceDefinition, Definitions } from '../domain/definitions.ts';
import { asTributaryError, dispositions, failAgain, TributaryError } from '../domain/errors.ts';
import { type IdentityKey, indexKey } from '../domain/identifier.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { differenceOf, emptyTally, type PushTally } from '../domain/push.ts';
import { type ConnectionDeps, openConnection } from './connections.ts';
import type { AudienceRow, IdentityIndex, MembershipStore, Queue, StateStore, ToldSide } from './ports.ts';
import { isSettled, readStream } from './sync-run.ts';

export interface ActivateDeps extends ConnectionDeps {
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
  readonly error?: { readonly kind: string; readonly code: string; readonly message: string };
}

interface PushState {
  readonly run?: PushRun;
  readonly leaseUntil: number;
}

interface HeldPush {
  readonly state: PushState;
  readonly version: number;
}

const LEASE_MS = 16 * 60_000;
const KEPT_MS = 30 * 24 * 3_600_000;
/** How long a push waits for its sources before it gives up for this time. */
const PATIENCE_MS = 2 * 3_600_000;
const LOOK_AGAIN_SECONDS = 30;
/** How often one batch is tried while the tool fails in ways that may pass. */
const TRIES = 3;

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

async function run(deps: ActivateDeps, audience: AudienceDefinition, taken: HeldPush, signal: AbortSignal): Promise<void> {
  const push = { ...(taken.state.run as PushRun), state: 'running' as const };
  const tally = { ...push.tally };
  const again = async (seconds: number) => {
    const kept = await save(deps, taken, { ...push, tally }, 0);
    const body = { audience: audience.audience, run: push.id };
    if (kept !== undefined) await deps.push.send([{ body, ...(seconds > 0 ? { delaySeconds: seconds } : {}) }]);
  };
  try {
    const { connector, connect } = await openConnection(deps, audience.connection);
    const destination = connector.audiences;
    if (destination === undefined) {
      throw new TributaryError('config', 'push/no-destination', `the connector of ${audience.connection} takes no audiences`);
    }
    const api = await connect(signal);
    const { remoteId } = await destination.ensure(api, audience.target);
    for (const op of ['remove', 'add'] as const) {
      const sender = { deps, audience, destination, api, remoteId, op, run: push.id, tally };
      for await (const profiles of chunks(deps.memberships.pending(audience.audience), destination.batch.maxMembers)) {
        await sendChunk(sender, profiles);
        if (signal.aborted) return await again(0);
      }
    }
    await end(deps, taken, { ...push, state: 'finished', tally });
  } catch (thrown) {
    const error = asTributaryError(thrown);
    deps.log('push stopped', { run: push.id, kind: error.kind, code: error.code, reason: error.message });
    if (error.kind === 'rate-limited') return await again(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000));
    if (dispositions[error.kind].does === 'retry-later') {
      await save(deps, taken, { ...push, tally }, 0);
      throw error;
    }
    const { kind, code, message } = error;
    await end(deps, taken, { ...push, state: 'failed', tally, error: { kind, code, message } });
    if (kind === 'defect') throw error;
  }
}

interface Sender {
  readonly deps: ActivateDeps;
  readonly audience: AudienceDefinition;
  readonly destination: AudienceDestination<unknown>;
  readonly api: unknown;
  readonly remoteId: string;
  readonly op: 'add' | 'remove';
  readonly run: string;
  readonly tally: PushTally;
}

/** Reads the rows again, sends those that differ in this direction, and settles each with its outcome. */
async function sendChunk(sender: Sender, profiles: readonly string[]): Promise<void> {
  const { deps, audience, op } = sender;
  const rows = [...(await deps.memberships.readAudienceRows(audience.audience, profiles)).values()];
  const due: { row: AudienceRow; keys: ToldSide['keys'] }[] = [];
  const agreeing: AudienceRow[] = [];
  for (const row of rows) {
    const operations = differenceOf(row, audience.mode);
    const next = operations[0];
    if (next?.op === op) due.push({ row, keys: next.keys });
    else if (operations.length === 0) agreeing.push(row);
  }
  await deps.memberships.settle(audience.audience, agreeing.map((row) => ({ row, pending: false })));
  const handedOver = op === 'remove' ? await takenOver(sender, due) : new Set<string>();
  const leaving = due.filter(({ row }) => !handedOver.has(row.profile));
  const outcomes = leaving.length === 0 ? new Map<string, Outcome>() : await applyBatch(sender, leaving);
  await deps.memberships.settle(
    audience.audience,
    due.map(({ row, keys }) => {
      const outcome = handedOver.has(row.profile) ? ({ status: 'unchanged' } as const) : settled(outcomes.get(row.profile));
      count(sender.tally, op, outcome);
      return { row, told: toldOf(sender, keys, outcome), pending: staysPending(row, op, outcome) };
    }),
  );
}

/** A member that the connector forgot is tried again, never taken for done. */
function settled(outcome: Outcome | undefined): Outcome {
  return outcome ?? { status: 'retry', code: 'vendor-no-outcome' };
}

function toldOf(sender: Sender, keys: ToldSide['keys'], outcome: Outcome): ToldSide {
  const landed = outcome.status === 'applied' || outcome.status === 'unchanged';
  const inside =
    sender.op === 'add' ? landed || outcome.status === 'retry' : !(landed || outcome.status === 'unmatched');
  return {
    in: inside,
    keys,
    outcome: outcome.status,
    ...('code' in outcome ? { code: outcome.code } : {}),
    run: sender.run,
    at: sender.deps.clock.now().getTime(),
  };
}

/** A removal that makes room for a changed key leaves the row pending: its addition comes next. */
function staysPending(row: AudienceRow, op: 'add' | 'remove', outcome: Outcome): boolean {
  return outcome.status === 'retry' || (op === 'remove' && row.wanted.in);
}

/** Rows whose key now belongs to somebody else who is wanted: taking it off the list would take off the wrong person. */
async function takenOver(sender: Sender, due: readonly { row: AudienceRow; keys: ToldSide['keys'] }[]): Promise<Set<string>> {
  const { deps, audience } = sender;
  const key = await deps.key();
  const asked = due.flatMap(({ row, keys }) => keys.map((one) => ({ profile: row.profile, index: indexKey(one, key), value: one.value })));
  if (asked.length === 0) return new Set();
  const owners = await deps.identities.lookUp(asked.map(({ index }) => index));
  const others = asked.filter(({ profile, index }) => owners.has(index) && owners.get(index) !== profile);
  if (others.length === 0) return new Set();
  const rows = await deps.memberships.readAudienceRows(audience.audience, [...new Set(others.map(({ index }) => owners.get(index) ?? ''))]);
  const wanted = others.filter(({ index, value }) => {
    const owner = rows.get(owners.get(index) ?? '');
    return owner?.wanted.in === true && owner.wanted.keys.some((one) => one.value === value);
  });
  return new Set(wanted.map(({ profile }) => profile));
}

async function applyBatch(sender: Sender, due: readonly { row: AudienceRow; keys: ToldSide['keys'] }[]): Promise<ReadonlyMap<string, Outcome>> {
  const { destination, api, op, remoteId, run: runId, deps } = sender;
  const members = due.map(({ row, keys }) => ({ memberId: row.profile, keys }));
  const idempotencyKey = `${runId}.${op}.${members[0]?.memberId}.${members.length}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      let result: BatchResult = await destination.apply(api, { remoteId, op, members, idempotencyKey });
      sender.tally.calls += result.calls;
      while (result.state === 'pending') {
        if (destination.poll === undefined) throw new TributaryError('defect', 'push/no-poll', 'a job was started that cannot be followed');
        await deps.clock.wait(result.pollAfterMs);
        result = await destination.poll(api, result.job);
        sender.tally.calls += result.calls;
      }
      return result.outcomes;
    } catch (thrown) {
      const error = asTributaryError(thrown);
      if (error.kind !== 'transient') throw error;
      if (attempt === TRIES) return new Map(members.map(({ memberId }) => [memberId, { status: 'retry', code: error.code }]));
      await deps.clock.wait(200 * 2 ** attempt * (0.5 + deps.clock.random()));
    }
  }
}

function count(tally: PushTally, op: 'add' | 'remove', outcome: Outcome): void {
  if (outcome.status === 'applied') tally[op === 'add' ? 'added' : 'removed'] += 1;
  else tally[outcome.status] += 1;
}

/** Streams whose latest run is not folded to the end: a push now would act on half a picture. */
export async function unsettledSources(deps: Pick<ActivateDeps, 'state'>, definitions: Definitions): Promise<string[]> {
  const unsettled: string[] = [];
  for (const connection of Object.values(definitions.connections)) {
    for (const stream of Object.keys(connection.streams)) {
      const { run } = (await readStream(deps.state, connection.name, stream)).state;
      if (run === undefined || !(await isSettled(deps.state, run))) unsettled.push(`${connection.name}/${stream}`);
    }
  }
  return unsettled;
}

async function waitForSources(deps: ActivateDeps, held: HeldPush, unsettled: readonly string[]): Promise<void> {
  const push = held.state.run as PushRun;
  const waited = deps.clock.now().getTime() - Date.parse(push.startedAt);
  if (waited > PATIENCE_MS) {
    await end(deps, held, { ...push, state: 'stale-source', unsettled });
    return;
  }
  const saved = await save(deps, held, { ...push, state: 'waiting', unsettled }, 0);
  if (saved === undefined) return;
  await deps.push.send([{ body: { audience: push.audience, run: push.id }, delaySeconds: LOOK_AGAIN_SECONDS }]);
}

async function takeUp(deps: ActivateDeps, command: PushCommand): Promise<HeldPush | undefined> {
  const document = await deps.state.get('push', command.audience);
  const state = (document?.body as unknown as PushState | undefined) ?? { leaseUntil: 0 };
  const now = deps.clock.now().getTime();
  const open = state.run?.state === 'running' || state.run?.state === 'waiting';
  if (open && state.leaseUntil > now) return undefined;
  const id = `${command.audience}.${command.scheduledAt ?? formatInstant(now)}`;
  if (!open && state.run !== undefined && (state.run.id === id || state.run.id === command.run)) {
    failAgain(state.run.error);
    return undefined;
  }
  if (command.run !== undefined && state.run?.id !== command.run) return undefined;
  const fresh: PushRun = {
    id,
    audience: command.audience,
    state: 'running',
    startedAt: formatInstant(now),
    tally: emptyTally(),
  };
  return save(deps, { state, version: document?.version ?? 0 }, open && state.run !== undefined ? state.run : fresh, now + LEASE_MS);
}

async function end(deps: ActivateDeps, held: HeldPush, ended: PushRun): Promise<void> {
  const push = { ...ended, endedAt: formatInstant(deps.clock.now().getTime()) };
  await save(deps, held, push, 0);
  deps.log('push ended', { run: push.id, state: push.state, ...push.tally, code: push.error?.code ?? null });
}

async function save(deps: ActivateDeps, held: HeldPush, push: PushRun, leaseUntil: number): Promise<HeldPush | undefined> {
  const state: PushState = { run: push, leaseUntil };
  const stored = await deps.state.put('push', push.audience, state as unknown as JsonObject, held.version);
  if (!stored) return undefined;
  const id = `${push.startedAt}#${push.id}`;
  const before = await deps.state.get('run', id);
  const expiresAt = Date.parse(push.startedAt) + KEPT_MS;
  const line = { what: 'push', ...push } as unknown as Record<string, Json>;
  await deps.state.put('run', id, line, before?.version ?? 0, { expiresAt });
  return { state, version: held.version + 1 };
}

/** Regroups pages of ids into batches of the destination's size, each id once. */
async function* chunks(pages: AsyncIterable<readonly string[]>, size: number): AsyncIterable<readonly string[]> {
  let held: string[] = [];
  for await (const page of pages) {
    held.push(...page);
    while (held.length >= size) {
      yield held.slice(0, size);
      held = held.slice(size);
    }
  }
  if (held.length > 0) yield held;
}
