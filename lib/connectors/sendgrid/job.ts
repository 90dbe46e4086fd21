import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { BatchResult, Outcome } from '../contract.ts';
import type { SendgridApi } from './client.ts';
import { unlessNotFound } from './errors.ts';
import { contactsById } from './people.ts';

/** An upsert was seen to show after half a minute. */
const POLL_MS = 10_000;
/** Whoever is not seen as asked by then is tried again by the next run. */
const PATIENCE_MS = 10 * 60_000;

const outcome = z.union([
  z.strictObject({ status: z.enum(['applied', 'unchanged', 'unmatched']) }),
  z.strictObject({ status: z.enum(['refused', 'rejected', 'retry']), code: z.string() }),
]);

const own = z.strictObject({
  list: z.string(),
  /** Whose outcome is known. */
  settled: z.array(z.tuple([z.string(), outcome])),
  /** Whose is not, with their contacts. */
  waiting: z.array(z.strictObject({ member: z.string(), contacts: z.array(z.string()) })),
});

const jobShape = z.discriminatedUnion('op', [
  z.strictObject({ v: z.literal(1), op: z.literal('add'), upsert: z.string(), until: z.int(), own }),
  z.strictObject({ v: z.literal(1), op: z.literal('remove'), until: z.int(), own }),
]);

/** A change of a list under way, as it was begun: asking after it changes nothing of it. `until`: how long it is waited for, in ms. */
export type Job = z.infer<typeof jobShape>;

type Waiting = Job['own']['waiting'];

export function startedJob(api: SendgridApi, change: Change, calls: number): BatchResult {
  return waitFor({ v: 1, until: api.now().getTime() + PATIENCE_MS, ...change }, calls);
}

/** What was sent: an upsert by its job's id, or removals. */
export type Change = { readonly own: Job['own'] } & (
  | { readonly op: 'add'; readonly upsert: string }
  | { readonly op: 'remove' }
);

function waitFor(job: Job, calls: number): BatchResult {
  return { state: 'pending', job: job as unknown as Json, pollAfterMs: POLL_MS, calls };
}

/**
 * Asks after a change. An upsert that completed has added everybody; one that had errors names nobody in its answer. Of
 * removals no document says that their job can be asked after. Then the contacts themselves tell.
 */
export async function poll(api: SendgridApi, told: Json): Promise<BatchResult> {
  const parsed = jobShape.safeParse(told);
  if (!parsed.success)
    throw new TributaryError('defect', 'sendgrid/unknown-job', 'a change of a list has an unknown form');
  const job = parsed.data;
  const before = api.calls();
  const isLast = api.now().getTime() >= job.until;
  if (job.op === 'add') {
    const status = (await unlessNotFound(api.upsertState(job.upsert)))?.status ?? 'failed';
    if (status === 'pending' && !isLast) return waitFor(job, api.calls() - before);
    const left = status === 'completed' ? [] : await notAsWished(api, job.own, true);
    return done(api, job.own, left, 'sendgrid/not-added', before);
  }
  const left = await notAsWished(api, job.own, false);
  if (left.length > 0 && !isLast) return waitFor(job, api.calls() - before);
  return done(api, job.own, left, 'sendgrid/not-removed', before);
}

/** Whose contacts are not (all) on the list yet, or not all off it. */
async function notAsWished(api: SendgridApi, { list, waiting }: Job['own'], wished: boolean): Promise<Waiting> {
  const found = await contactsById(
    api,
    waiting.flatMap(({ contacts }) => contacts),
  );
  const on = new Set(found.filter(({ lists }) => lists.has(list)).map(({ id }) => id));
  return waiting.filter(({ contacts }) => contacts.some((id) => on.has(id) !== wished));
}

function done(
  api: SendgridApi,
  { settled, waiting }: Job['own'],
  left: Waiting,
  code: string,
  before: number,
): BatchResult {
  const missed = new Set(left.map(({ member }) => member));
  const outcomes = new Map<string, Outcome>(settled);
  for (const { member } of waiting) {
    outcomes.set(member, missed.has(member) ? { status: 'retry', code } : { status: 'applied' });
  }
  return { state: 'done', outcomes, calls: api.calls() - before };
}
