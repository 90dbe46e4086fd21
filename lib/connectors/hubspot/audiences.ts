import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, MembershipBatch, Outcome } from '../contract.ts';
import type { HubspotApi } from './client.ts';
import { contactsOf } from './contacts-of.ts';
import { BATCH } from './manifest.ts';
import { findList, truth } from './truth.ts';

/**
 * HubSpot states no limit of additions in one call. Known by id, all of these are one call; known by address they take a
 * look-up for every hundred, which still fits well into the time that a push has.
 */
const MAX_MEMBERS = 1_000;

const target = z.strictObject({
  list: z.string('expected the name of a list').trim().min(1, 'expected the name of a list').max(200),
});

/**
 * Static lists of contacts. Being on a list is no subscription and nobody is made a contact: whoever HubSpot does not know
 * is unmatched, and nothing but membership is ever written.
 */
export const audiences: AudienceDestination<HubspotApi> = {
  target: target as AudienceDestination<HubspotApi>['target'],
  matchKeys: [
    { type: 'hubspot.contact_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: MAX_MEMBERS },
  canRemove: true,
  channel: 'email',
  // Names of lists are "not case sensitive" (lists API).
  listOf: (to) => target.parse(to).list.toLowerCase(),
  ensure,
  apply,
  truth,
};

async function ensure(api: HubspotApi, to: Json): Promise<{ remoteId: string }> {
  const { list } = target.parse(to);
  const found = await findList(api, { list });
  return found ?? { remoteId: (await api.createList(list)).listId };
}

async function apply(api: HubspotApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const people = await contactsOf(api, batch.members);
  const outcomes = batch.op === 'add' ? await addAll(api, batch, people) : await removeAll(api, batch, people);
  return { state: 'done', outcomes, calls: api.calls() - before };
}

async function addAll(
  api: HubspotApi,
  { remoteId, members }: MembershipBatch,
  people: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Outcome>> {
  const chosen = new Map(members.map(({ memberId }) => [memberId, people.get(memberId)?.[0]]));
  const ids = [...new Set([...chosen.values()].filter((id) => id !== undefined))];
  const settled = new Map<string, Outcome>();
  if (ids.length > 0) {
    const answer = await whileListIsThere(api.addToList(remoteId, ids));
    for (const id of answer.recordsIdsAdded) settled.set(id, { status: 'applied' });
    for (const id of answer.recordIdsMissing) settled.set(id, { status: 'unmatched' });
    await settleSilence(api, remoteId, ids, settled, 'add');
  }
  return outcomesOf(chosen, settled, { status: 'unmatched' });
}

async function removeAll(
  api: HubspotApi,
  { remoteId, members }: MembershipBatch,
  people: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Outcome>> {
  const ids = [...new Set([...people.values()].flat())];
  const settled = new Map<string, Outcome>();
  if (ids.length > 0) {
    const answer = await whileListIsThere(api.removeFromList(remoteId, ids));
    for (const id of answer.recordIdsRemoved) settled.set(id, { status: 'applied' });
    for (const id of answer.recordIdsMissing) settled.set(id, { status: 'unchanged' });
    await settleSilence(api, remoteId, ids, settled, 'remove');
  }
  const outcomes = new Map<string, Outcome>();
  for (const { memberId } of members) {
    const own = people.get(memberId) ?? [];
    const told = own.map((id) => settled.get(id));
    // Somebody whom HubSpot does not know is on no list.
    if (told.every((one) => one?.status === 'unchanged')) outcomes.set(memberId, { status: 'unchanged' });
    else if (told.some((one) => one === undefined || one.status === 'retry')) {
      outcomes.set(memberId, { status: 'retry', code: 'hubspot/not-applied' });
    } else outcomes.set(memberId, { status: 'applied' });
  }
  return outcomes;
}

/**
 * HubSpot says nothing about records that are on the list already, nor about those that it passes over for another
 * reason. Only the lists that the records really are on tell them apart.
 */
async function settleSilence(
  api: HubspotApi,
  remoteId: string,
  ids: readonly string[],
  settled: Map<string, Outcome>,
  op: 'add' | 'remove',
): Promise<void> {
  const silent = ids.filter((id) => !settled.has(id));
  for (let start = 0; start < silent.length; start += BATCH) {
    const part = silent.slice(start, start + BATCH);
    const on = new Set<string>();
    const told = new Set<string>();
    const { results, whole } = await api.listsOf(part);
    for (const { recordId, recordListMemberships } of results) {
      told.add(recordId);
      if (recordListMemberships.some(({ listId }) => listId === remoteId)) on.add(recordId);
    }
    for (const id of part) {
      const asWished = op === 'add' ? on.has(id) : (whole || told.has(id)) && !on.has(id);
      settled.set(id, asWished ? { status: 'unchanged' } : { status: 'retry', code: 'hubspot/not-applied' });
    }
  }
}

function outcomesOf(
  chosen: ReadonlyMap<string, string | undefined>,
  settled: ReadonlyMap<string, Outcome>,
  unknown: Outcome,
): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const [memberId, id] of chosen) {
    const outcome = id === undefined ? unknown : settled.get(id);
    if (outcome !== undefined) outcomes.set(memberId, outcome);
  }
  return outcomes;
}

/** A list that is gone answers as a thing that is not found: the next try finds or makes it anew. */
async function whileListIsThere<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (!(thrown instanceof TributaryError) || thrown.code !== 'hubspot/not-found') throw thrown;
    throw new TributaryError(
      'transient',
      'hubspot/list-gone',
      'the list was deleted while its members were being changed',
    );
  }
}
