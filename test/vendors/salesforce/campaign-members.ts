import { ApiError } from './api-error.ts';
import type { Row, Table } from './table.ts';

/** The statuses that a campaign has unless somebody adds others. */
const STATUSES = new Set(['sent', 'responded']);

/**
 * The rules of a new campaign member: one person, who exists, once per campaign, with a status that the campaign knows.
 * "Already a campaign member." is the vendor's own text (openstax/tutor-server#1653); the text for the status is not.
 */
export function checkCampaignMember(table: (object: string) => Table, row: Row): void {
  requireLive(table('Campaign'), row.CampaignId, 'Campaign ID');
  const field = (row.ContactId ?? null) === null ? 'LeadId' : 'ContactId';
  const person = row[field] ?? null;
  if (person === null || ((row.ContactId ?? null) !== null && (row.LeadId ?? null) !== null)) {
    throw new ApiError(400, 'FIELD_INTEGRITY_EXCEPTION', 'Specify either a contact or a lead.', [
      'ContactId',
      'LeadId',
    ]);
  }
  requireLive(table(field === 'LeadId' ? 'Lead' : 'Contact'), person, field === 'LeadId' ? 'Lead ID' : 'Contact ID');
  if (typeof row.Status === 'string' && !STATUSES.has(row.Status.toLowerCase())) {
    throw new ApiError(400, 'INVALID_STATUS', 'The campaign has no such member status.', ['Status']);
  }
  row.Status ??= 'Sent';
  const members = table('CampaignMember');
  for (const id of members.idsWhere(field, person) ?? []) {
    if (members.byId.get(id)?.CampaignId === row.CampaignId) {
      throw new ApiError(400, 'DUPLICATE_VALUE', 'Already a campaign member.');
    }
  }
}

export function requireLive(table: Table, id: Row[string] | undefined, label: string): void {
  const row = typeof id === 'string' ? table.byId.get(id) : undefined;
  if (row === undefined) throw new ApiError(400, 'INVALID_CROSS_REFERENCE_KEY', `${label}: invalid cross reference id`);
  if (row.IsDeleted) throw new ApiError(400, 'ENTITY_IS_DELETED', 'entity is deleted');
}
