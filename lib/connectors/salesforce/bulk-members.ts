import * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { BatchResult, BulkWay, MembershipBatch, Outcome, SentBatch, Write } from '../contract.ts';
import { campaignMember, findCampaignMembers, findPeople } from './campaign-people.ts';
import type { SalesforceApi } from './client.ts';
import { joinedAs } from './echoes.ts';
import { fullId } from './ids.ts';
import { type IngestResult, ingestResults, ingestState, startIngest } from './ingest.ts';
import { outcomeOf, removalOf, worse } from './member-outcomes.ts';

/** Salesforce works at a job by internal batches of this size (Bulk API 2.0 limits), and counts a day's. */
const INTERNAL_BATCH = 10_000;
const POLL_AFTER_MS = 20_000;

/** Create, upload, close, some looks, and three answers. */
const CALLS = 10;

const jobOf = z.object({ id: z.string() });

/** Campaign members by Bulk API 2.0: one job instead of fifty collections. */
export const bulkMembers: BulkWay<SalesforceApi> = {
  above: INTERNAL_BATCH,
  batch: { maxMembers: INTERNAL_BATCH },
  calls: CALLS,
  apply,
  poll,
};

async function apply(api: SalesforceApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const people = await findPeople(api, batch.members);
  const { outcomes, job } = batch.op === 'add' ? await add(api, batch, people) : await remove(api, batch, people);
  const calls = api.calls() - before;
  if (job === undefined) return { state: 'done', outcomes, calls };
  return { state: 'pending', job: { id: job }, pollAfterMs: POLL_AFTER_MS, calls, outcomes };
}

interface Started {
  /** Of those who are in no row. */
  readonly outcomes: Map<string, Outcome>;
  readonly job?: string;
}

type People = ReadonlyMap<string, readonly string[]>;

async function add(
  api: SalesforceApi,
  { remoteId, members, notes }: MembershipBatch,
  people: People,
): Promise<Started> {
  const outcomes = new Map<string, Outcome>();
  const joins: Write[] = [];
  const rows: Record<string, string>[] = [];
  for (const { memberId, fields = {} } of members) {
    const person = people.get(memberId)?.[0];
    if (person === undefined) {
      outcomes.set(memberId, { status: 'unmatched' });
      continue;
    }
    joins.push(joinedAs(remoteId, person, memberId).asked);
    rows.push(cellsOf(campaignMember(api, remoteId, person, fields)));
  }
  if (rows.length === 0) return { outcomes };
  await notes?.asked(joins);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { outcomes, job: await startIngest(api, { object: 'CampaignMember', operation: 'insert', columns, rows }) };
}

async function remove(api: SalesforceApi, { remoteId, members }: MembershipBatch, people: People): Promise<Started> {
  const found = await findCampaignMembers(api, remoteId, people);
  const listed = new Set(found.map(({ memberId }) => memberId));
  const others = members.filter(({ memberId }) => !listed.has(memberId));
  const outcomes = new Map<string, Outcome>(others.map(({ memberId }) => [memberId, { status: 'unchanged' }]));
  if (found.length === 0) return { outcomes };
  const rows = found.map(({ id }) => ({ Id: id }));
  return {
    outcomes,
    job: await startIngest(api, { object: 'CampaignMember', operation: 'delete', columns: ['Id'], rows }),
  };
}

/** Follows a job of either way; who is in no row of its answers is left out, and tried again by the pipeline. */
async function poll(api: SalesforceApi, job: Json, sent: SentBatch): Promise<BatchResult> {
  const before = api.calls();
  const { id } = jobOf.parse(job);
  const state = await ingestState(api, id);
  if (state === 'working') {
    return { state: 'pending', job, pollAfterMs: POLL_AFTER_MS, calls: api.calls() - before };
  }
  const members = await sent.members();
  if (state === 'gone') {
    const gone = members.map(({ memberId }) => [memberId, { status: 'retry', code: 'bulk-job-gone' }] as const);
    return { state: 'done', outcomes: new Map(gone), calls: api.calls() - before };
  }
  const results = await ingestResults(api, id);
  const people = await findPeople(api, members);
  const outcomes = sent.op === 'add' ? await added(sent, results, people) : await removed(api, sent, results, people);
  return { state: 'done', outcomes, calls: api.calls() - before };
}

/** Answers come in no order: each says by its own columns whose it is. */
async function added(sent: SentBatch, results: readonly IngestResult[], people: People): Promise<Map<string, Outcome>> {
  const byPerson = new Map(
    [...people].flatMap(([memberId, [person]]) => (person === undefined ? [] : [[person, memberId]])),
  );
  const outcomes = new Map<string, Outcome>();
  const made: Write[] = [];
  for (const { row, outcome, id, code } of results) {
    const person = fullId(row.ContactId) ?? fullId(row.LeadId) ?? '';
    const memberId = byPerson.get(person);
    if (memberId === undefined) continue;
    const told = outcome === 'unprocessed' ? UNPROCESSED : outcomeOf({ success: outcome === 'saved', code });
    // Two members can be one person: the second row is refused as a duplicate of the first.
    const before = outcomes.get(memberId);
    outcomes.set(memberId, before?.status === 'applied' ? before : told);
    if (outcome === 'saved' && id !== undefined) made.push(...joinedAs(sent.remoteId, person, memberId).made(id));
  }
  await sent.notes?.made(made);
  return outcomes;
}

/**
 * The rows of a deletion hold nothing but ids, and what is deleted tells no more whose it was. So whoever is in the job is
 * taken off unless a row of theirs failed: that campaign member is still there to be asked.
 */
async function removed(
  api: SalesforceApi,
  sent: SentBatch,
  results: readonly IngestResult[],
  people: People,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>([...people.keys()].map((memberId) => [memberId, { status: 'applied' }]));
  const left = new Map<string, Outcome>();
  for (const { row, outcome, code } of results) {
    if (outcome === 'saved') continue;
    const told = outcome === 'unprocessed' ? UNPROCESSED : removalOf({ success: false, code });
    if (told.status !== 'unchanged') left.set(fullId(row.Id) ?? '', told);
  }
  if (left.size === 0) return outcomes;
  for (const { memberId, id } of await findCampaignMembers(api, sent.remoteId, people)) {
    const told = left.get(id);
    if (told !== undefined) outcomes.set(memberId, worse(outcomes.get(memberId), told));
  }
  return outcomes;
}

/** The job ended before it came to the row. */
const UNPROCESSED: Outcome = { status: 'retry', code: 'bulk-unprocessed' };

function cellsOf(record: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [field, value === null ? '#N/A' : String(value)]),
  );
}
