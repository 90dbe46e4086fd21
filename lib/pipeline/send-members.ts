import { createHash } from 'node:crypto';
import type { AudienceDestination, BatchResult, Outcome, WriteNotes } from '../connectors/contract.ts';
import { canonicalText } from '../domain/canonical.ts';
import type { Identifier } from '../domain/change.ts';
import type { AudienceDefinition } from '../domain/definitions.ts';
import { asTributaryError, TributaryError } from '../domain/errors.ts';
import { formerIndexKeys, type IdentityKey, identifierKey, indexKey } from '../domain/identifier.ts';
import { differenceOf, type PushTally } from '../domain/push.ts';
import type { AudienceRow, Clock, IdentityIndex, MembershipStore, ToldSide } from './ports.ts';

/** What one pass over an audience's pending rows works with: removals first, then additions. */
export interface Sender {
  readonly memberships: MembershipStore;
  readonly identities: IdentityIndex;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly audience: AudienceDefinition;
  readonly destination: AudienceDestination<unknown>;
  readonly api: unknown;
  readonly remoteId: string;
  readonly op: 'add' | 'remove';
  /** Where the connector notes what it writes, to be recognised when it comes back. */
  readonly notes: WriteNotes;
  /** Id of the push run. */
  readonly run: string;
  /** Counted up as members are settled. */
  readonly tally: PushTally;
}

/** A row that is due in this direction, and the keys to tell the tool. */
interface Due {
  readonly row: AudienceRow;
  readonly keys: readonly Identifier[];
}

/** How often one batch is tried while the tool fails in ways that may pass. */
const TRIES = 3;
/** Rows read by key at once. */
const ROWS_AT_ONCE = 100;

/**
 * Sends everybody who is due in one direction, in full batches, each settled with its outcome before the next. Yields
 * after every batch. Rows whose sides agree by now are taken off the pending index on the way.
 */
export async function* sendDue(sender: Sender): AsyncIterable<void> {
  const { memberships, audience, destination } = sender;
  let due: Due[] = [];
  for await (const page of memberships.pending(audience.audience)) {
    for (let at = 0; at < page.length; at += ROWS_AT_ONCE) {
      due.push(...(await readDue(sender, page.slice(at, at + ROWS_AT_ONCE))));
      for (; due.length >= destination.batch.maxMembers; due = due.slice(destination.batch.maxMembers)) {
        await sendBatch(sender, due.slice(0, destination.batch.maxMembers));
        yield;
      }
    }
  }
  if (due.length === 0) return;
  await sendBatch(sender, due);
  yield;
}

/** Reads rows again by key. A row that is not pending any more was settled: the index only lags behind. */
async function readDue({ memberships, audience, op }: Sender, profiles: readonly string[]): Promise<Due[]> {
  const rows = await memberships.readAudienceRows(audience.audience, profiles);
  const due: Due[] = [];
  const agreeing: AudienceRow[] = [];
  for (const row of rows.values()) {
    if (!row.pending) continue;
    const [next] = differenceOf(row, audience.mode);
    if (next === undefined) agreeing.push(row);
    else if (next.op === op) due.push({ row, keys: next.keys });
  }
  if (agreeing.length > 0) {
    await memberships.settle(
      audience.audience,
      agreeing.map((row) => ({ row, pending: false })),
    );
  }
  return due;
}

async function sendBatch(sender: Sender, due: readonly Due[]): Promise<void> {
  const ready = sender.op === 'add' ? await announce(sender, due) : await withoutTaken(sender, due);
  const leaving = ready.filter(({ keys }) => keys.length > 0);
  const outcomes = leaving.length === 0 ? new Map<string, Outcome>() : await applyBatch(sender, leaving);
  const settled = ready.map(({ row, keys }) => {
    const outcome = keys.length === 0 ? ({ status: 'unchanged' } as const) : settledAs(outcomes.get(row.profile));
    count(sender.tally, sender.op, outcome);
    return { row, told: toldOf(sender, keys, outcome), pending: staysPending(row, sender.op, outcome) };
  });
  await sender.memberships.settle(sender.audience.audience, settled);
}

/**
 * Writes down who is about to be added before the tool hears of it: if the worker dies before it can write the answer,
 * whoever leaves in the meantime is still taken off the list. Whoever is not wanted any more is not sent.
 */
async function announce(sender: Sender, due: readonly Due[]): Promise<Due[]> {
  const told = (keys: readonly Identifier[]): ToldSide =>
    toldOf(sender, keys, { status: 'retry', code: 'push/unanswered' });
  const moved = await sender.memberships.settle(
    sender.audience.audience,
    due.map(({ row, keys }) => ({ row, told: told(keys), pending: true })),
  );
  return due
    .filter(({ row }) => !moved.has(row.profile))
    .map(({ row, keys }) => ({ row: { ...row, toldVersion: row.toldVersion + 1 }, keys }));
}

/**
 * Leaves out keys that now belong to somebody else who is wanted: taking them off the list would take off the wrong
 * person. A row without keys is handed over whole.
 */
async function withoutTaken(sender: Sender, due: readonly Due[]): Promise<readonly Due[]> {
  const key = await sender.key();
  const indexOf = new Map(
    due.flatMap(({ keys }) =>
      keys.map((one) => [identifierKey(one), [indexKey(one, key), ...formerIndexKeys(one, key)]] as const),
    ),
  );
  const { owners } = await sender.identities.lookUp([...new Set([...indexOf.values()].flat())]);
  const ownerOf = (one: Identifier): string | undefined => {
    const index = indexOf.get(identifierKey(one))?.find((each) => owners.has(each));
    return index === undefined ? undefined : owners.get(index);
  };
  const others = new Set(
    due.flatMap(({ row, keys }) =>
      keys.flatMap((one) => {
        const owner = ownerOf(one);
        return owner === undefined || owner === row.profile ? [] : [owner];
      }),
    ),
  );
  if (others.size === 0) return due;
  const rows = await sender.memberships.readAudienceRows(sender.audience.audience, [...others]);
  const isTaken = (profile: string, one: Identifier): boolean => {
    const owner = ownerOf(one);
    const wanted = owner === undefined || owner === profile ? undefined : rows.get(owner)?.wanted;
    return wanted?.in === true && wanted.keys.some(({ type, value }) => type === one.type && value === one.value);
  };
  return due.map(({ row, keys }) => ({ row, keys: keys.filter((one) => !isTaken(row.profile, one)) }));
}

/** A member that the connector forgot is tried again, never taken for done. */
function settledAs(outcome: Outcome | undefined): Outcome {
  return outcome ?? { status: 'retry', code: 'vendor-no-outcome' };
}

function toldOf(sender: Sender, keys: readonly Identifier[], outcome: Outcome): ToldSide {
  const landed = outcome.status === 'applied' || outcome.status === 'unchanged';
  const inside =
    sender.op === 'add' ? landed || outcome.status === 'retry' : !(landed || outcome.status === 'unmatched');
  return {
    in: inside,
    keys,
    outcome: outcome.status,
    ...('code' in outcome ? { code: outcome.code } : {}),
    run: sender.run,
    at: sender.clock.now().getTime(),
  };
}

/** A removal that makes room for a changed key leaves the row pending: its addition comes next. */
function staysPending(row: AudienceRow, op: 'add' | 'remove', outcome: Outcome): boolean {
  return outcome.status === 'retry' || (op === 'remove' && row.wanted.in);
}

async function applyBatch(sender: Sender, due: readonly Due[]): Promise<ReadonlyMap<string, Outcome>> {
  const { destination, api, op, remoteId, run, clock, notes } = sender;
  const { target } = sender.audience;
  const members = due.map(({ row, keys }) => ({ memberId: row.profile, keys }));
  const contents = createHash('sha256')
    .update(canonicalText([run, op, members]))
    .digest('hex')
    .slice(0, 32);
  for (let attempt = 1; ; attempt += 1) {
    try {
      let result: BatchResult = await destination.apply(api, {
        remoteId,
        op,
        members,
        idempotencyKey: contents,
        target,
        notes,
      });
      sender.tally.calls += result.calls;
      while (result.state === 'pending') {
        if (destination.poll === undefined)
          throw new TributaryError('defect', 'push/no-poll', 'a job was started that cannot be followed');
        await clock.wait(result.pollAfterMs);
        result = await destination.poll(api, result.job);
        sender.tally.calls += result.calls;
      }
      return result.outcomes;
    } catch (thrown) {
      const error = asTributaryError(thrown);
      if (error.kind !== 'transient') throw error;
      if (attempt === TRIES)
        return new Map(members.map(({ memberId }) => [memberId, { status: 'retry', code: error.code }]));
      await clock.wait(200 * 2 ** attempt * (0.5 + clock.random()));
    }
  }
}

function count(tally: PushTally, op: 'add' | 'remove', outcome: Outcome): void {
  if (outcome.status === 'applied') tally[op === 'add' ? 'added' : 'removed'] += 1;
  else tally[outcome.status] += 1;
}
