import type { AudienceDestination } from '../../connectors/contract.ts';

type Limits = Pick<AudienceDestination<unknown>, 'batch' | 'bulk'>;

/** How a destination is given so many members of one direction: one batch after the other, or by its way for very many. */
export function wayFor<Destination extends Limits>(destination: Destination, members: number) {
  const { bulk } = destination;
  return bulk !== undefined && members > bulk.above ? bulk : destination;
}

/** Calls that so many members take, about. */
export function callsFor(destination: Limits, members: number): number {
  const way = wayFor(destination, members);
  return Math.ceil(members / way.batch.maxMembers) * ('calls' in way ? way.calls : 1);
}
