import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, MembershipBatch, Outcome, Write } from '../contract.ts';
import { bulkMembers } from './bulk-members.ts';
import { campaignMember, findCampaignMembers, findPeople } from './campaign-people.ts';
import type { SalesforceApi } from './client.ts';
import { COLLECTION, readResults, type Saved, saved } from './collection-results.ts';
import { joinedAs } from './echoes.ts';
import { outcomeOf, removalOf, worse } from './member-outcomes.ts';
import { queryAll } from './query.ts';
import { quoted } from './soql.ts';
import { findCampaign, truth } from './truth.ts';

const target = z.strictObject({
  // Campaign names are 80 characters at most.
  campaign: z.string('expected the name of a campaign').min(1).max(80),
});

/** Campaigns as audiences: a member of the audience is a CampaignMember of the campaign of that name. */
export const audiences: AudienceDestination<SalesforceApi> = {
  target: target as AudienceDestination<SalesforceApi>['target'],
  matchKeys: [
    { type: 'salesforce.contact_id', hash: 'none' },
    { type: 'salesforce.lead_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: COLLECTION },
  bulk: bulkMembers,
  canRemove: true,
  creates: { record: 'campaign member', refuses },
  // SOQL compares texts without regard to case, and Salesforce keeps no blanks around a name.
  listOf: (to) => target.parse(to).campaign.trim().toLowerCase(),
  ensure,
  apply,
  truth,
};

/** What a push sets itself, and what Salesforce does, in lower case: Salesforce does not tell names apart by case. */
const OURS = ['campaignid', 'contactid', 'leadid', 'status'];
const THEIRS = [
  'id',
  'isdeleted',
  'createddate',
  'lastmodifieddate',
  'systemmodstamp',
  'hasresponded',
  'firstrespondeddate',
];

function refuses(field: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(field)) return 'the API name of a field, such as Reason__c';
  if (field.toLowerCase() === 'status') return 'member_status of the connection instead';
  if (OURS.includes(field.toLowerCase())) return 'a field that the push does not set itself';
  return THEIRS.includes(field.toLowerCase()) ? 'a field that Salesforce does not set itself' : undefined;
}

async function ensure(api: SalesforceApi, wanted: Json): Promise<{ remoteId: string }> {
  const { campaign } = target.parse(wanted);
  const found = await findCampaign(api, wanted);
  if (found !== undefined) return found;
  const created = saved.safeParse(await api.send('POST', '/sobjects/Campaign', { Name: campaign, IsActive: true }));
  if (typeof created.data?.id === 'string') return { remoteId: created.data.id };
  throw new TributaryError(
    'transient',
    'salesforce/unreadable-answer',
    'Salesforce answered a new campaign without its id',
  );
}

async function apply(api: SalesforceApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const people = await findPeople(api, batch.members);
  const settled = batch.op === 'add' ? await addAll(api, batch, people) : await removeAll(api, batch, people);
  return { state: 'done', outcomes: settled, calls: api.calls() - before };
}

async function addAll(
  api: SalesforceApi,
  batch: MembershipBatch,
  people: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Outcome>> {
  const settled = new Map<string, Outcome>();
  const adding: { memberId: string; id: string; fields: JsonObject }[] = [];
  for (const { memberId, fields = {} } of batch.members) {
    const id = people.get(memberId)?.[0];
    if (id === undefined) settled.set(memberId, { status: 'unmatched' });
    else adding.push({ memberId, id, fields });
  }
  if (adding.length === 0) return settled;
  const joins = adding.map(({ id, memberId }) => joinedAs(batch.remoteId, id, memberId));
  await batch.notes?.asked(joins.map((join) => join.asked));
  const records = adding.map(({ id, fields }) => ({
    // Salesforce reads records in order and refuses one whose attributes do not come first.
    attributes: { type: 'CampaignMember' },
    ...campaignMember(api, batch.remoteId, id, fields),
  }));
  const results = readResults(
    await api.send('POST', '/composite/sobjects', { allOrNone: false, records }),
    records.length,
  );
  await refuseLostCampaign(api, batch.remoteId, results);
  // Results come in the order of the records. A member without one is settled by the pipeline, as a retry.
  const made: Write[] = [];
  for (const [index, { memberId }] of adding.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    settled.set(memberId, outcomeOf(told(result)));
    if (result.success && typeof result.id === 'string') made.push(...(joins[index]?.made(result.id) ?? []));
  }
  await batch.notes?.made(made);
  return settled;
}

async function removeAll(
  api: SalesforceApi,
  batch: MembershipBatch,
  people: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Outcome>> {
  const settled = new Map<string, Outcome>(batch.members.map(({ memberId }) => [memberId, { status: 'unchanged' }]));
  const removing = await findCampaignMembers(api, batch.remoteId, people);
  for (let start = 0; start < removing.length; start += COLLECTION) {
    const part = removing.slice(start, start + COLLECTION);
    const ids = part.map(({ id }) => id).join(',');
    const results = readResults(
      await api.send('DELETE', `/composite/sobjects?ids=${ids}&allOrNone=false`),
      part.length,
    );
    for (const [index, { memberId }] of part.entries()) {
      const result = results[index];
      if (result === undefined) settled.delete(memberId);
      else settled.set(memberId, worse(settled.get(memberId), removalOf(told(result))));
    }
  }
  return settled;
}

/** Adding to a deleted campaign refuses each member as if the person were unknown; look once before believing that. */
async function refuseLostCampaign(api: SalesforceApi, remoteId: string, results: readonly Saved[]): Promise<void> {
  const lost = new Set(['INVALID_CROSS_REFERENCE_KEY', 'ENTITY_IS_DELETED']);
  if (results.length === 0 || !results.every(({ errors }) => lost.has(errors[0]?.statusCode ?? ''))) return;
  const found = await queryAll(api, `SELECT Id FROM Campaign WHERE Id = ${quoted(remoteId)}`, { deleted: false });
  if (found.length > 0) return;
  throw new TributaryError(
    'transient',
    'salesforce/campaign-gone',
    'the campaign was deleted while its members were being added',
  );
}

function told({ success, errors }: Saved): { readonly success: boolean; readonly code: string | undefined } {
  return { success, code: errors[0]?.statusCode };
}
