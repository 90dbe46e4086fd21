import type { BatchResult, MembershipBatch, Outcome } from '../../lib/connectors/contract.ts';
import type { Way } from '../../lib/pipeline/push/ways.ts';
import type { Rig } from './rig.ts';

const MOST_POLLS = 100;

/** What a batch came to, once the tool's job has ended, if it answered with one. The clock goes on between two questions. */
export async function followJob(
  rig: Rig,
  way: Pick<Way, 'apply' | 'poll'>,
  api: unknown,
  batch: MembershipBatch,
): Promise<Extract<BatchResult, { state: 'done' }>> {
  const { remoteId, op, members, notes } = batch;
  let result: BatchResult = await way.apply(api, batch);
  const known: ReadonlyMap<string, Outcome> = result.outcomes ?? new Map();
  const waiting = members.filter(({ memberId }) => !known.has(memberId));
  const sent = { remoteId, op, members: async () => waiting, ...(notes === undefined ? {} : { notes }) };
  for (let polls = 0; result.state === 'pending' && way.poll !== undefined && polls < MOST_POLLS; polls += 1) {
    rig.pass(result.pollAfterMs);
    result = await way.poll(api, result.job, sent);
  }
  if (result.state === 'pending') throw new Error('the vendor’s job does not end');
  return { ...result, outcomes: new Map([...known, ...result.outcomes]) };
}
