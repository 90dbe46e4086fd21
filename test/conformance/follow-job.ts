import type { AudienceDestination, BatchResult } from '../../lib/connectors/contract.ts';
import type { Rig } from './rig.ts';

const MOST_POLLS = 100;

/** What a batch came to, once the tool's job has ended, if it answered with one. The clock goes on between two questions. */
export async function followJob(
  rig: Rig,
  destination: AudienceDestination<unknown>,
  api: unknown,
  started: BatchResult,
): Promise<Extract<BatchResult, { state: 'done' }>> {
  let result = started;
  for (let polls = 0; result.state === 'pending' && destination.poll !== undefined && polls < MOST_POLLS; polls += 1) {
    rig.pass(result.pollAfterMs);
    result = await destination.poll(api, result.job);
  }
  if (result.state === 'pending') throw new Error('the vendor’s job does not end');
  return result;
}
