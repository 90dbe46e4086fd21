import { z } from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { BatchResult, Outcome } from '../contract.ts';
import type { SendgridApi } from './client.ts';
import { unlessNotFound } from './errors.ts';
import { contactsById } from './people.ts';

/** An upsert was seen to show after half a minute. */
const POLL_MS = 10_000;
/** Ten minutes; whoever is not seen as asked by then is tried again by the next run. */
const MOST_POLLS = 60;

const outcome = z.union([
  z.strictObject({ status: z.enum(['applied', 'unchanged', 'unmatched']) }),
  z.strictObject({ status: z.enum(['refused', 'rejected', 'retry']), code: z.string() }),
]);

const own = z.strictObject({
  list: z.string(),
  /** Whose outcome is known. */
  settled: z.array(z.tuple([z.string(), outcome])),
  /** Whose is not: their contacts, and whether the list showed that something is to be changed. */
  waiting: z.array(z.strictObject({ member: z.string(), contacts: z.array(z.string()), changes: z.boolean() })),
});

const jobShape = z.discriminatedUnion('op', [
  z.strictObject({ v: z.literal(1), op: z.literal('add'), upsert: z.string(), polls: z.int(), own }),
  z.strictObject({ v: z.literal(1), op: z.literal('remove'), polls: z.int(), own }),
]);

/** A change of a list under way. */
export type Job = z.infer<typeof jobShape>;

type Waiting = Job['own']['waiting'];

export function startedJob(job: Job, calls: number): BatchResult {
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
  const isLast = job.polls + 1 >= MOST_POLLS;
  if (job.op === 'add') {
    const status = (await unlessNotFound(api.upsertState(job.upsert)))?.status ?? 'failed';
    if (status === 'pending' && !isLast) return again(api, job, job.own, before);
    const left = status === 'completed' ? [] : await notAsWished(api, job.own, true);
    return done(api, job.own, left, 'sendgrid/not-added', before);
  }
  const left = await notAsWished(api, job.own, false);
  if (left.length === 0 || isLast) return done(api, job.own, left, 'sendgrid/not-removed', before);
  const gone = job.own.waiting.filter((one) => !left.includes(one));
  return again(api, job, { ...job.own, settled: [...job.own.settled, ...outcomesOf(gone)], waiting: left }, before);
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

function outcomesOf(waiting: Waiting): [string, Outcome][] {
  return waiting.map(({ member, changes }) => [member, { status: changes ? 'applied' : 'unchanged' }]);
}

function again(api: SendgridApi, job: Job, rest: Job['own'], before: number): BatchResult {
  return startedJob({ ...job, polls: job.polls + 1, own: rest }, api.calls() - before);
}

function done(
  api: SendgridApi,
  { settled, waiting }: Job['own'],
  left: Waiting,
  code: string,
  before: number,
): BatchResult {
  const missed = left.map(({ member }): [string, Outcome] => [member, { status: 'retry', code }]);
  const outcomes = new Map([...settled, ...outcomesOf(waiting), ...missed]);
  return { state: 'done', outcomes, calls: api.calls() - before };
}
