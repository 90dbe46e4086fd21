import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { BatchResult, Outcome } from '../contract.ts';
import type { RequestStatus } from './answers.ts';
import type { GoogleAdsApi } from './client.ts';
import { isNoStatus } from './errors.ts';

const MINUTE_MS = 60_000;
/** Google advises to ask after half an hour; small requests are mostly done sooner. */
const FIRST_LOOK_MS = MINUTE_MS;
const LONGEST_LOOK_MS = 30 * MINUTE_MS;
/** Who has heard nothing for so long asks anew: sending the same twice does no harm. */
const PATIENCE_MS = 48 * 60 * MINUTE_MS;

/** Google says how it stands with a request at the latest so long after it took it. */
const SOON_KNOWN_MS = 30 * MINUTE_MS;

/** Ours, where Google does not know the request. */
const NO_STATUS = 'NO_STATUS';
const FINAL: ReadonlySet<string> = new Set(['SUCCESS', 'PARTIAL_SUCCESS', 'FAILED']);

/** A request that Google took and has not carried out yet. Whom it was about stands on the rows, not here. */
const job = z.strictObject({
  v: z.literal(1),
  request: z.string(),
  since: z.iso.datetime(),
  looks: z.int().min(0),
  /** Our ids of those whom Google did not take with the request. */
  rejected: z.array(z.string()),
});

type Job = z.infer<typeof job>;

/** Reasons for which a record fails because nobody said yes for it: no repetition helps. */
const NO_CONSENT = new Set(
  ['DENIED_CONSENT', 'NO_CONSENT', 'UNKNOWN_CONSENT'].map((reason) => `PROCESSING_ERROR_REASON_${reason}`),
);

/** The answer to a batch whose request was taken. */
export function begun(api: GoogleAdsApi, request: string, rejected: readonly string[], calls: number): BatchResult {
  return waiting({ v: 1, request, since: api.now().toISOString(), looks: 0, rejected: [...rejected] }, calls);
}

/** Members whom Google named as bad before it took the others. */
export function outcomesOf(rejected: readonly string[]): ReadonlyMap<string, Outcome> {
  return new Map(rejected.map((id) => [id, { status: 'rejected', code: 'google-ads/bad-member' }]));
}

/** Asks after a request. One outcome for everybody in it: Google never says of whom it speaks. */
export async function poll(api: GoogleAdsApi, told: Json): Promise<BatchResult> {
  const before = api.calls();
  const asked = job.parse(told);
  const status = await statusOf(api, asked.request);
  const calls = (): number => api.calls() - before;
  const waits = api.now().getTime() - Date.parse(asked.since);
  const isOver = FINAL.has(status.status) || waits > (status.status === NO_STATUS ? SOON_KNOWN_MS : PATIENCE_MS);
  if (!isOver) return waiting({ ...asked, looks: asked.looks + 1 }, calls());
  api.log('google carried out a request', {
    status: status.status,
    errors: Object.fromEntries(status.errors.map(({ reason, recordCount }) => [reason, recordCount])),
    ...(status.matchRate === undefined ? {} : { matchRate: status.matchRate }),
  });
  return { state: 'done', outcomes: outcomesOf(asked.rejected), others: outcomeOf(status), calls: calls() };
}

async function statusOf(api: GoogleAdsApi, request: string): Promise<RequestStatus> {
  try {
    return await api.statusOf(request);
  } catch (thrown) {
    if (!isNoStatus(thrown)) throw thrown;
    return { status: NO_STATUS, errors: [], matchRate: undefined };
  }
}

/** Of a part that failed nobody is named, so everybody of it is sent again: they may be on the list, and may not. */
function outcomeOf({ status, errors }: RequestStatus): Outcome {
  if (status === 'SUCCESS') return { status: 'applied' };
  if (status === 'PARTIAL_SUCCESS') return { status: 'retry', code: 'google-ads/partly-processed' };
  if (status !== 'FAILED') return { status: 'retry', code: 'google-ads/no-answer' };
  const forConsent = errors.length > 0 && errors.every(({ reason }) => NO_CONSENT.has(reason));
  return forConsent
    ? { status: 'refused', code: 'google-ads/no-consent' }
    : { status: 'retry', code: 'google-ads/not-processed' };
}

function waiting(next: Job, calls: number): BatchResult {
  const pollAfterMs = Math.min(LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** next.looks);
  return { state: 'pending', job: next, pollAfterMs, calls };
}
