import { requireLive } from './campaign-members.ts';
import type { Row, Table } from './table.ts';

/** The stages that close an opportunity, as a new org has them. */
const CLOSED: Readonly<Record<string, { readonly IsWon: boolean }>> = {
  'closed won': { IsWon: true },
  'closed lost': { IsWon: false },
};

/** Whether an opportunity is closed and won follows its stage (object reference, Opportunity). */
export function closing({ StageName }: Readonly<Partial<Row>>): { IsClosed: boolean; IsWon: boolean } {
  const end = CLOSED[String(StageName).toLowerCase()];
  return { IsClosed: end !== undefined, IsWon: end?.IsWon === true };
}

/** A contact role needs an opportunity and a contact that are there. */
export function checkContactRole(table: (object: string) => Table, row: Row): void {
  requireLive(table('Opportunity'), row.OpportunityId, 'Opportunity ID');
  requireLive(table('Contact'), row.ContactId, 'Contact ID');
}
