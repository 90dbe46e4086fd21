import type { Outcome } from '../../connectors/contract.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { PushTally } from '../../domain/tally.ts';
import { rowsAtOnce } from '../ports.ts';
import { type Item, lookAgain, type PlanSender } from './look-again.ts';
import type { OutcomeLine } from './outcomes.ts';
import { planEntries } from './plan-push.ts';
import type { Sending } from './push-run.ts';
import { consentOf, type Due, isInside, JOB_RUNNING, outcomesOf, sendBatch, settleOutcomes } from './send-members.ts';

/** What one step settled: everything before `at` has its outcome. */
export interface SentStep {
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
  /** What the rows of those who have an outcome came by: traces of deliveries and ids of runs. */
  readonly causes: readonly string[];
}

/** Items in hand while a batch fills: what is known already is settled when it becomes more than this. */
const MOST_IN_HAND = 5_000;

/**
 * Sends the plan from a position on, in full batches, each settled before the next; yields after each. Rows are read
 * again by key first: who moved since the plan waits for the next run, and who has this run's answer is not sent again.
 */
export async function* sendPlan(sender: PlanSender, from: number): AsyncIterable<SentStep> {
  const { maxMembers, maxBytes } = sender.way.batch;
  const chunks = sender.planning.chunks[sender.op];
  const atOnce = Math.min(rowsAtOnce, maxMembers);
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

/** Asks after the job that the run waits for; without a `step` it is not done, and `sending` says what to ask after next. */
export async function pollJob(
  sender: PlanSender,
  { at, job }: Sending,
): Promise<
  | { readonly step: SentStep; readonly calls: number }
  | { readonly step?: never; readonly sending: Sending; readonly pollAfterMs: number; readonly calls: number }
> {
  const { way, api } = sender;
  if (way.poll === undefined || job === undefined) {
    throw new TributaryError('defect', 'push/no-poll', 'a job was started that cannot be followed');
  }
  const { remoteId, op, notes } = sender;
  const read = once(() => itemsOf(sender, at, job.to));
  const result = await way.poll(api, job.job, {
    remoteId,
    op,
    notes,
    members: async () =>
      (await read()).flatMap((item) => inJob(sender, item)).map(({ row, keys }) => ({ memberId: row.profile, keys })),
  });
  if (result.state === 'pending') {
    const { pollAfterMs, calls } = result;
    return { sending: { op, at, job: { ...job, job: result.job } }, pollAfterMs, calls };
  }
  const items = await read();
  const waiting = items.flatMap((item) => inJob(sender, item));
  const ids = waiting.map(({ row }) => row.profile);
  const outcomes = outcomesOf(result, ids);
  await settleOutcomes(sender, waiting, outcomes);
  const answered = new Map(ids.map((id) => [id, outcomes.get(id) ?? NO_ANSWER] as const));
  const known = items.map((item): Item => {
    const { due: _, ...rest } = item;
    return { ...rest, outcome: answered.get(item.entry.profile) ?? item.outcome ?? MOVED };
  });
  return { step: { ...stepOf(sender, known, new Map()), tookMs: 0 }, calls: result.calls };
}

/** The entries that a job is over, beside their rows as they are now. */
async function itemsOf(sender: PlanSender, from: number, to: number): Promise<readonly Item[]> {
  const items: Item[] = [];
  const chunks = sender.planning.chunks[sender.op];
  for await (const { at, entries } of planEntries(sender.archive, { id: sender.run }, sender.op, chunks, from)) {
    const wanted = entries.slice(0, Math.max(0, to - at));
    if (wanted.length === 0) break;
    items.push(...(await lookAgain(sender, wanted, at)));
  }
  return items;
}

/** Whoever is in the job: nothing, or the row with the keys that the tool was told. */
function inJob(sender: PlanSender, { row }: Item): Due[] {
  return row?.told?.code === JOB_RUNNING && row.told.run === sender.run ? [{ row, keys: row.told.keys }] : [];
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let held: Promise<T> | undefined;
  return () => {
    held ??= read();
    return held;
  };
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

async function settleItems(sender: PlanSender, items: readonly Item[]): Promise<SentStep> {
  const due = items.flatMap((item) => item.due ?? []);
  if (due.length === 0) return { ...stepOf(sender, items, new Map()), tookMs: 0 };
  const sent = await sendBatch(sender, due);
  const last = items.at(-1)?.at ?? 0;
  if (sent.job !== undefined) {
    const waiting: SentStep = {
      at: items[0]?.at ?? 0,
      lines: [],
      tally: { calls: sent.calls },
      grown: 0,
      tookMs: 0,
      waitsForGroup: false,
      causes: [],
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
): Omit<SentStep, 'tookMs'> {
  const tally: Partial<PushTally> = {};
  const at = formatInstant(sender.clock.now().getTime());
  let grown = 0;
  let waitsForGroup = false;
  const causes = new Set<string>();
  const lines = items.map(({ entry, row, outcome: known, base }): OutcomeLine => {
    const outcome = known ?? outcomes.get(entry.profile) ?? MOVED;
    const name = outcome.status === 'applied' ? (entry.op === 'add' ? 'added' : 'removed') : outcome.status;
    tally[name] = (tally[name] ?? 0) + 1;
    if (outcome.status !== 'postponed') for (const cause of row?.cause?.split(' ') ?? []) causes.add(cause);
    if (outcome.status !== 'postponed') grown += (isInside(entry.op, outcome) ? 1 : 0) - base;
    const code = 'code' in outcome ? { code: outcome.code } : {};
    if (outcome.status === 'postponed' && outcome.code === 'push/waits-for-group') waitsForGroup = true;
    const consent = entry.op === 'add' && outcome.status !== 'postponed' && row !== undefined ? consentOf(row) : {};
    return { profile: entry.profile, op: entry.op, status: outcome.status, ...code, at, ...consent };
  });
  return { at: (items.at(-1)?.at ?? 0) + 1, lines, tally, grown, waitsForGroup, causes: [...causes] };
}
