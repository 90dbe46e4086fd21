import type { AudienceDestination, BatchResult, SentBatch } from '../../connectors/contract.ts';
import { fewestCalls } from '../../connectors/define.ts';
import type { Json } from '../../domain/json.ts';

/** How members are given to a destination: batch by batch, or by its way for very many. */
export interface Way extends Pick<AudienceDestination<unknown>, 'batch' | 'apply'> {
  poll?(api: unknown, job: Json, sent: SentBatch): Promise<BatchResult>;
}

type Limits = Pick<AudienceDestination<unknown>, 'batch' | 'bulk'>;

/** The way for so many members of one direction. */
export function wayFor<Destination extends Limits>(destination: Destination, members: number) {
  const { bulk } = destination;
  return bulk !== undefined && members > bulk.above ? bulk : destination;
}

/** Calls that so many members take, about. */
export function callsFor(destination: Limits, members: number): number {
  const { bulk, batch } = destination;
  if (bulk === undefined || members <= bulk.above) return fewestCalls(batch, members);
  return Math.ceil(members / bulk.batch.maxMembers) * bulk.calls;
}
