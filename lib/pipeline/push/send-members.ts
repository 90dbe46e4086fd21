import { createHash } from 'node:crypto';
import type { AudienceDestination, BatchResult, Member, Outcome, WriteNotes } from '../../connectors/contract.ts';
import { topicsOf } from '../../domain/audience.ts';
import { canonicalText } from '../../domain/canonical.ts';
import type { Identifier } from '../../domain/change.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { everyIndexKey, type IdentityKey, identifierKey } from '../../domain/identifier.ts';
import type { Json } from '../../domain/json.ts';
import type { CallMeter } from '../call-meter.ts';
import type { AudienceRow, Clock, IdentityIndex, MembershipStore, ToldSide } from '../ports.ts';
import type { Way } from './ways.ts';

/** What sending works with. */
export interface Sender {
  readonly memberships: MembershipStore;
  readonly identities: IdentityIndex;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly audience: AudienceDefinition;
  readonly destination: AudienceDestination<unknown>;
  /** How members of this direction are given to it. */
  readonly way: Way;
  readonly api: unknown;
  readonly remoteId: string;
  readonly op: 'add' | 'remove';
  /** Where the connector notes what it writes, to be recognised when it comes back. */
  readonly notes: WriteNotes;
  /** Id of the push run. */
  readonly run: string;
  readonly calls: CallMeter;
}

/** A row that is due in this direction, and the keys to tell the tool. */
export interface Due {
  readonly row: AudienceRow;
  readonly keys: readonly Identifier[];
}

/** What became of a batch: an outcome for each member, or a job of the tool that has to end first. */
export interface Sent {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly calls: number;
  /** Measured time of its calls. */
  readonly tookMs: number;
  readonly job?: { readonly job: Json; readonly pollAfterMs: number };
}

/** Told sides of members about whom the tool has not said anything yet. */
export const UNANSWERED = 'push/unanswered';
export const JOB_RUNNING = 'push/job-running';

/** How often one batch is tried while the tool fails in ways that may pass. */
const TRIES = 3;
/** Calls that looking for the bad rows of one batch may cost; whoever is not found by then is tried by the next run. */
const MOST_BISECTIONS = 64;

/**
 * Sends one batch: last look at who may be sent, announcement, the tool, the answers on the rows. Throws `rate-limited`
 * when the connection has no call to give for longer than a moment.
 */
export async function sendBatch(sender: Sender, due: readonly Due[]): Promise<Sent> {
  const ready = sender.op === 'add' ? await announce(sender, due) : await withoutTaken(sender, due);
  const leaving = ready.filter(({ keys }) => keys.length > 0);
  const sent = leaving.length === 0 ? NOBODY : await applyBatch(sender, leaving);
  const outcomes = new Map<string, Outcome>();
  for (const { row, keys } of ready) {
    if (keys.length === 0) outcomes.set(row.profile, { status: 'unchanged' });
    else if (sent.job === undefined) outcomes.set(row.profile, settledAs(sent.outcomes.get(row.profile)));
    else outcomes.set(row.profile, sent.outcomes.get(row.profile) ?? { status: 'retry', code: JOB_RUNNING });
  }
  await settleOutcomes(sender, ready, outcomes);
  return { ...sent, outcomes };
}

/** Writes the tool's answers on the rows. */
export async function settleOutcomes(
  sender: Sender,
  due: readonly Due[],
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  await sender.memberships.settle(
    sender.audience.audience,
    due.map(({ row, keys }) => {
      const outcome = settledAs(outcomes.get(row.profile));
      return { row, told: toldOf(sender, { row, keys }, outcome), pending: staysPending(row, sender.op, outcome) };
    }),
  );
}

const NOBODY: Sent = { outcomes: new Map(), calls: 0, tookMs: 0 };

/**
 * Writes down who is about to be added before the tool hears of it: if the worker dies before it can write the answer,
 * whoever leaves in the meantime is still taken off the list. Whoever is not wanted any more is not sent.
 */
async function announce(sender: Sender, due: readonly Due[]): Promise<Due[]> {
  const moved = await sender.memberships.settle(
    sender.audience.audience,
    due.map((one) => ({
      row: one.row,
      told: toldOf(sender, one, { status: 'retry', code: UNANSWERED }),
      pending: true,
    })),
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
    due.flatMap(({ keys }) => keys.map((one) => [identifierKey(one), everyIndexKey(one, key)] as const)),
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

/** What an answer says of each of these members; who is missing was forgotten. */
export function outcomesOf(
  { outcomes, others }: Pick<Extract<BatchResult, { readonly state: 'done' }>, 'outcomes' | 'others'>,
  ids: readonly string[],
): ReadonlyMap<string, Outcome> {
  if (others === undefined) return outcomes;
  return new Map(ids.map((id) => [id, outcomes.get(id) ?? others]));
}

/** A member that the connector forgot is tried again, never taken for done. */
function settledAs(outcome: Outcome | undefined): Outcome {
  return outcome ?? { status: 'retry', code: 'vendor-no-outcome' };
}

function toldOf(sender: Sender, { row, keys }: Due, outcome: Outcome): ToldSide {
  const { op, run, clock } = sender;
  return {
    in: isInside(op, outcome),
    keys,
    outcome: outcome.status,
    ...('code' in outcome ? { code: outcome.code } : {}),
    op,
    run,
    at: clock.now().getTime(),
    ...(op === 'add' ? consentOf(row) : {}),
  };
}

/** Whether somebody counts as on the list after an answer: unless it says that they are off it, they may be. */
export function isInside(op: 'add' | 'remove', { status }: Outcome): boolean {
  const landed = status === 'applied' || status === 'unchanged';
  return op === 'add' ? landed || status === 'retry' : !(landed || status === 'unmatched');
}

/** On what statement somebody is sent; the address is in the keys already. */
export function consentOf({ wanted }: AudienceRow): Pick<ToldSide, 'consent'> {
  if (!wanted.in || wanted.consent === undefined) return {};
  const { address: _, ...consent } = wanted.consent;
  return { consent };
}

/**
 * A removal that makes room for a changed key leaves the row pending: its addition comes next. So does one that the tool
 * did not take, whatever it says: the person is on the list against our will, and each run tries again.
 */
function staysPending(row: AudienceRow, op: 'add' | 'remove', outcome: Outcome): boolean {
  return op === 'add' ? outcome.status === 'retry' : row.wanted.in || isInside(op, outcome);
}

async function applyBatch(sender: Sender, due: readonly Due[]): Promise<Sent> {
  const members = due.map(({ row, keys }): Member => {
    const fields = sender.op === 'add' && row.wanted.in ? row.wanted.fields : undefined;
    return { memberId: row.profile, keys, ...(fields === undefined ? {} : { fields }) };
  });
  const began = sender.clock.now().getTime();
  const found = await applySplitting(sender, members, { left: MOST_BISECTIONS });
  return { ...found, tookMs: sender.clock.now().getTime() - began };
}

type Members = readonly Member[];

/** A request that the tool refuses as a whole is cut in halves until the bad rows are found; the others go through. */
async function applySplitting(
  sender: Sender,
  members: Members,
  bisections: { left: number },
): Promise<Omit<Sent, 'tookMs'>> {
  try {
    return await applyTrying(sender, members);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (error.kind !== 'rejected') throw error;
    const all = (outcome: Outcome) => new Map(members.map(({ memberId }) => [memberId, outcome] as const));
    if (members.length === 1) return { outcomes: all({ status: 'rejected', code: error.code }), calls: 1 };
    bisections.left -= 2;
    if (bisections.left < 0) return { outcomes: all({ status: 'retry', code: 'push/bad-rows' }), calls: 1 };
    const middle = Math.ceil(members.length / 2);
    const first = await applySplitting(sender, members.slice(0, middle), bisections);
    const second = await applySplitting(sender, members.slice(middle), bisections);
    return { outcomes: new Map([...first.outcomes, ...second.outcomes]), calls: 1 + first.calls + second.calls };
  }
}

async function applyTrying(sender: Sender, members: Members): Promise<Omit<Sent, 'tookMs'>> {
  const { way, api, op, remoteId, run, clock, notes, calls } = sender;
  const { target, needs } = sender.audience;
  const granted = op === 'add' ? topicsOf(needs) : [];
  const contents = createHash('sha256')
    .update(canonicalText([run, op, members]))
    .digest('hex')
    .slice(0, 32);
  for (let attempt = 1; ; attempt += 1) {
    let result: BatchResult;
    try {
      result = await calls.whole(() =>
        way.apply(api, { remoteId, op, members, idempotencyKey: contents, target, granted, notes }),
      );
    } catch (thrown) {
      const error = asTributaryError(thrown);
      if (error.kind !== 'transient') throw error;
      if (attempt === TRIES) {
        const lost: Outcome = { status: 'retry', code: error.code };
        return { outcomes: new Map(members.map(({ memberId }) => [memberId, lost])), calls: attempt };
      }
      await clock.wait(200 * 2 ** attempt * (0.5 + clock.random()));
      continue;
    }
    const made = result.calls + attempt - 1;
    if (result.state === 'done') {
      const ids = members.map(({ memberId }) => memberId);
      return { outcomes: outcomesOf(result, ids), calls: made };
    }
    const { job, pollAfterMs, outcomes = new Map() } = result;
    return { outcomes, calls: made, job: { job, pollAfterMs } };
  }
}
