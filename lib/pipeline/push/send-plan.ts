import type { Outcome } from '../../connectors/contract.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { everyIndexKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import { differenceOf, digestOf, type PlanEntry, type PushTally } from '../../domain/push.ts';
import type { Archive, AudienceRow } from '../ports.ts';
import type { OutcomeLine } from './outcomes.ts';
import { planEntries } from './plan-push.ts';
import type { Planning, Sending } from './push-run.ts';
import {
  consentOf,
  type Due,
  isInside,
  JOB_RUNNING,
  type Sender,
  sendBatch,
  settleOutcomes,
  UNANSWERED,
} from './send-members.ts';

/** Sends the frozen list of one run, in one direction. */
export interface PlanSender extends Sender {
  readonly archive: Pick<Archive, 'put' | 'lines'>;
  readonly planning: Planning;
  /** Other audiences of the same group: nobody is added here who is still on the list of one of them. */
  readonly siblings: readonly string[];
}

/** What one step settled: everything before `at` has its outcome. */
export interface Step {
  readonly at: number;
  readonly lines: readonly OutcomeLine[];
  readonly tally: Partial<PushTally>;
  /** By how much the step changed how many people are on the list. */
  readonly grown: number;
  readonly tookMs: number;
  readonly job?: {
    readonly job: NonNullable<Sending['job']>['job'];
    readonly to: number;
    readonly pollAfterMs: number;
  };
  /** Somebody waits until another list of the group has let them go. */
  readonly waitsForGroup: boolean;
}

/** An entry of the plan beside its row as it is now. */
interface Item {
  readonly at: number;
  readonly entry: PlanEntry;
  readonly row: AudienceRow | undefined;
  readonly due?: Due;
  /** Known without sending: settled by this run before a death, or not to be sent by it. */
  readonly outcome?: Outcome | { readonly status: 'postponed'; readonly code: string };
  readonly base: 0 | 1;
}

/** Items in hand while a batch fills: what is known already is settled when it becomes more than this. */
const MOST_IN_HAND = 5_000;
/** Rows read by key at once. */
const ROWS_AT_ONCE = 100;

/**
 * Sends the plan from a position on, in full batches, each settled before the next; yields after each. Rows are read
 * again by key first: who moved since the plan waits for the next run, and who has this run's answer is not sent again.
 */
export async function* sendPlan(sender: PlanSender, from: number): AsyncIterable<Step> {
  const { maxMembers, maxBytes } = sender.destination.batch;
  const chunks = sender.planning.chunks[sender.op];
  const atOnce = Math.min(ROWS_AT_ONCE, maxMembers);
  let items: Item[] = [];
  for await (const { at, entries } of planEntries(
    sender.archive,
    { id: sender.run },
    sender.op,
    chunks,
    from,
    atOnce,
  )) {
    items.push(...(await lookAgain(sender, entries, at)));
    for (
      let end = batchEnd(items, maxMembers, maxBytes);
      end !== undefined;
      end = batchEnd(items, maxMembers, maxBytes)
    ) {
      const step = await settleItems(sender, items.slice(0, end));
      const rest = items.slice(end).map(({ entry }) => entry);
      yield step;
      if (step.job !== undefined) return;
      // A call lies between: whoever is left was read too long ago.
      items = await lookAgain(sender, rest, step.at);
    }
    if (items.length <= MOST_IN_HAND) continue;
    const firstDue = items.findIndex(({ due }) => due !== undefined);
    const known = firstDue < 0 ? items.length : firstDue;
    if (known === 0) continue;
    yield await settleItems(sender, items.slice(0, known));
    items = items.slice(known);
  }
  if (items.length > 0) yield await settleItems(sender, items);
}

/** Asks after the job that the run waits for; undefined `step` = not done, ask again later. */
export async function pollJob(
  sender: PlanSender,
  { at, job }: Sending,
): Promise<{ readonly step?: Step; readonly pollAfterMs?: number; readonly calls: number }> {
  const { destination, api } = sender;
  if (destination.poll === undefined || job === undefined) {
    throw new TributaryError('defect', 'push/no-poll', 'a job was started that cannot be followed');
  }
  const result = await destination.poll(api, job.job);
  if (result.state === 'pending') return { pollAfterMs: result.pollAfterMs, calls: result.calls };
  const items: Item[] = [];
  const chunks = sender.planning.chunks[sender.op];
  for await (const { at: first, entries } of planEntries(sender.archive, { id: sender.run }, sender.op, chunks, at)) {
    const wanted = entries.slice(0, Math.max(0, job.to - first));
    if (wanted.length === 0) break;
    items.push(...(await lookAgain(sender, wanted, first)));
  }
  const waiting = items.flatMap(({ row }) =>
    row?.told?.code === JOB_RUNNING && row.told.run === sender.run ? [{ row, keys: row.told.keys }] : [],
  );
  await settleOutcomes(sender, waiting, result.outcomes);
  const answered = new Map(
    waiting.map(({ row: { profile } }) => [profile, result.outcomes.get(profile) ?? NO_ANSWER] as const),
  );
  const known = items.map((item): Item => {
    const { due: _, ...rest } = item;
    return { ...rest, outcome: answered.get(item.entry.profile) ?? item.outcome ?? MOVED };
  });
  return { step: { ...stepOf(sender, known, new Map()), tookMs: 0 }, calls: result.calls };
}

const NO_ANSWER: Outcome = { status: 'retry', code: 'vendor-no-outcome' };
const MOVED = { status: 'postponed', code: 'push/moved' } as const;

/** Up to where items make one full batch; undefined while they do not. */
function batchEnd(items: readonly Item[], maxMembers: number, maxBytes = Number.POSITIVE_INFINITY): number | undefined {
  let members = 0;
  let bytes = 0;
  for (const [index, { due }] of items.entries()) {
    if (due === undefined) continue;
    const size = Buffer.byteLength(JSON.stringify(due.keys));
    if (members > 0 && bytes + size > maxBytes) return index;
    members += 1;
    bytes += size;
    if (members === maxMembers) return index + 1;
  }
  return undefined;
}

async function lookAgain(sender: PlanSender, entries: readonly PlanEntry[], at: number): Promise<Item[]> {
  const { memberships, audience } = sender;
  if (entries.length === 0) return [];
  const ids = entries.map(({ profile }) => profile);
  const rows = await memberships.readAudienceRows(audience.audience, ids);
  const add = sender.op === 'add';
  const elsewhere = add ? await onSiblings(sender, ids) : new Set<string>();
  const suppressed = add ? await suppressedAmong(sender, rows) : new Set<string>();
  return entries.map((entry, index) =>
    itemOf(sender, { at: at + index, entry, row: rows.get(entry.profile) }, { elsewhere, suppressed }),
  );
}

/** Whose keys the list of people never to be contacted has by now, though their row does not say so yet. */
async function suppressedAmong(
  { identities, key }: PlanSender,
  rows: ReadonlyMap<string, AudienceRow>,
): Promise<ReadonlySet<string>> {
  const secret = await key();
  const owners = new Map<string, string[]>();
  for (const [profile, { wanted }] of rows) {
    for (const one of wanted.in ? wanted.keys : []) {
      for (const index of everyIndexKey(one, secret)) {
        owners.set(index, [...(owners.get(index) ?? []), profile]);
      }
    }
  }
  if (owners.size === 0) return new Set();
  const { suppressed } = await identities.lookUp([...owners.keys()]);
  return new Set([...suppressed].flatMap((index) => owners.get(index) ?? []));
}

function itemOf(
  sender: PlanSender,
  { at, entry, row }: Pick<Item, 'at' | 'entry' | 'row'>,
  { elsewhere, suppressed }: { readonly elsewhere: ReadonlySet<string>; readonly suppressed: ReadonlySet<string> },
): Item {
  const { op, run, audience, clock } = sender;
  const { told } = row ?? {};
  const ours = told?.run === run && told.op === op;
  const base = op === 'remove' || (told?.in === true && !ours) ? 1 : 0;
  const postponed = (code: string): Item => ({ at, entry, row, base, outcome: { status: 'postponed', code } });
  if (row === undefined) return postponed('push/moved');
  if (ours && told.code !== UNANSWERED && told.code !== JOB_RUNNING)
    return { at, entry, row, base, outcome: outcomeIn(told) };
  if (row.wantedVersion !== entry.version) return postponed('push/moved');
  const [next] = differenceOf(row, audience.mode);
  if (next === undefined || next.op !== op || digestOf(next.keys) !== entry.keys) return postponed('push/moved');
  if (op === 'add' && (row.pausedUntil ?? 0) > clock.now().getTime()) return postponed('push/paused');
  if (suppressed.has(row.profile)) return postponed('push/suppressed');
  if (elsewhere.has(row.profile)) return postponed('push/waits-for-group');
  return { at, entry, row, base, due: { row, keys: next.keys } };
}

/** Who is still on the list of another audience of the group, as that tool last answered. */
async function onSiblings(sender: PlanSender, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const sibling of sender.siblings) {
    for (const [id, { told }] of await sender.memberships.readAudienceRows(sibling, ids))
      if (told?.in === true) found.add(id);
  }
  return found;
}

function outcomeIn({ outcome, code = '' }: NonNullable<AudienceRow['told']>): Outcome {
  const status = outcome as Outcome['status'];
  return status === 'refused' || status === 'rejected' || status === 'retry' ? { status, code } : { status };
}

async function settleItems(sender: PlanSender, items: readonly Item[]): Promise<Step> {
  const due = items.flatMap((item) => item.due ?? []);
  if (due.length === 0) return { ...stepOf(sender, items, new Map()), tookMs: 0 };
  const sent = await sendBatch(sender, due);
  const last = items.at(-1)?.at ?? 0;
  if (sent.job !== undefined) {
    const waiting: Step = {
      at: items[0]?.at ?? 0,
      lines: [],
      tally: { calls: sent.calls },
      grown: 0,
      tookMs: 0,
      waitsForGroup: false,
    };
    return { ...waiting, job: { ...sent.job, to: last + 1 } };
  }
  const step = stepOf(sender, items, sent.outcomes);
  return { ...step, tally: { ...step.tally, calls: sent.calls }, tookMs: sent.tookMs };
}

function stepOf(
  sender: PlanSender,
  items: readonly Item[],
  outcomes: ReadonlyMap<string, Outcome>,
): Omit<Step, 'tookMs'> {
  const tally: Partial<PushTally> = {};
  const at = formatInstant(sender.clock.now().getTime());
  let grown = 0;
  let waitsForGroup = false;
  const lines = items.map(({ entry, row, outcome: known, base }): OutcomeLine => {
    const outcome = known ?? outcomes.get(entry.profile) ?? MOVED;
    const name = outcome.status === 'applied' ? (entry.op === 'add' ? 'added' : 'removed') : outcome.status;
    tally[name] = (tally[name] ?? 0) + 1;
    if (outcome.status !== 'postponed') grown += (isInside(entry.op, outcome) ? 1 : 0) - base;
    const code = 'code' in outcome ? { code: outcome.code } : {};
    if (outcome.status === 'postponed' && outcome.code === 'push/waits-for-group') waitsForGroup = true;
    const consent = entry.op === 'add' && outcome.status !== 'postponed' && row !== undefined ? consentOf(row) : {};
    return { profile: entry.profile, op: entry.op, status: outcome.status, ...code, at, ...consent };
  });
  return { at: (items.at(-1)?.at ?? 0) + 1, lines, tally, grown, waitsForGroup };
}

/** Other audiences of the group that an audience is in. */
export function siblingsOf(audience: AudienceDefinition, all: readonly AudienceDefinition[]): readonly string[] {
  const { group } = audience;
  if (group === undefined) return [];
  return all.flatMap((one) =>
    one.audience !== audience.audience && one.group?.name === group.name ? [one.audience] : [],
  );
}
