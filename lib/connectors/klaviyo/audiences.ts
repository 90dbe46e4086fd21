import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, MembershipBatch, Outcome } from '../contract.ts';
import type { Contact } from './answers.ts';
import type { KlaviyoApi } from './client.ts';
import { memberWrites } from './echoes.ts';
import { LIST_BATCH } from './manifest.ts';
import { onList, peopleOf } from './people.ts';
import { findList, truth } from './truth.ts';

const target = z.strictObject({
  list: z.string('expected the name of a list').trim().min(1, 'expected the name of a list').max(200),
});

/**
 * Lists of profiles. Only memberships are written, never through Klaviyo's subscribing: nobody is made a profile, subscribed,
 * unsubscribed, suppressed or unsuppressed by it.
 */
export const audiences: AudienceDestination<KlaviyoApi> = {
  target: target as AudienceDestination<KlaviyoApi>['target'],
  matchKeys: [
    { type: 'klaviyo.profile_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: LIST_BATCH },
  canRemove: true,
  channel: 'email',
  ensure,
  apply,
  truth,
};

async function ensure(api: KlaviyoApi, to: Json): Promise<{ remoteId: string }> {
  return (await findList(api, to)) ?? { remoteId: (await api.createList(target.parse(to).list)).id };
}

/**
 * An answer to a change of a list says nothing of single members, so who is on it is asked before. Somebody with neither
 * address nor number cannot be asked for: they are written again, which changes nothing.
 */
async function apply(api: KlaviyoApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const { remoteId, op, members } = batch;
  const people = await peopleOf(api, members);
  const chosen = new Map<string, readonly Contact[]>();
  // Somebody with several profiles is added as the best of them, and taken off as all.
  for (const [memberId, own] of people) chosen.set(memberId, op === 'add' ? own.slice(0, 1) : own);
  const everybody = [...new Map([...chosen.values()].flat().map((one) => [one.id, one])).values()];
  const there = await whileListIsThere(onList(api, remoteId, everybody));
  const changing = everybody.filter((one) => needsChange(one, op, there)).map(({ id }) => id);
  await write(api, batch, changing, chosen);
  const changed = new Set(changing);
  const outcomes = new Map<string, Outcome>();
  for (const { memberId } of members) outcomes.set(memberId, outcomeOf(op, chosen.get(memberId), changed));
  return { state: 'done', outcomes, calls: api.calls() - before };
}

function needsChange({ id, email, phone }: Contact, op: 'add' | 'remove', there: ReadonlySet<string>): boolean {
  const canBeAsked = email !== undefined || phone !== undefined;
  return !canBeAsked || there.has(id) === (op === 'remove');
}

async function write(
  api: KlaviyoApi,
  { remoteId, op, notes }: MembershipBatch,
  changing: readonly string[],
  chosen: ReadonlyMap<string, readonly Contact[]>,
): Promise<void> {
  const owners = new Map<string, string>();
  for (const [memberId, own] of chosen) for (const { id } of own) owners.set(id, memberId);
  // Members of one list may have more profiles than they are.
  for (let start = 0; start < changing.length; start += LIST_BATCH) {
    const part = changing.slice(start, start + LIST_BATCH);
    const writes = memberWrites(remoteId, part, op === 'add', owners);
    if (op === 'add') await notes?.asked(writes);
    await whileListIsThere(op === 'add' ? api.addToList(remoteId, part) : api.removeFromList(remoteId, part));
    await notes?.made(writes);
  }
}

function outcomeOf(op: 'add' | 'remove', own: readonly Contact[] | undefined, changed: ReadonlySet<string>): Outcome {
  // Somebody whom Klaviyo does not know is on no list.
  if (own === undefined) return { status: op === 'add' ? 'unmatched' : 'unchanged' };
  return { status: own.some(({ id }) => changed.has(id)) ? 'applied' : 'unchanged' };
}

/** A list that is gone answers as a thing that is not found: the next try finds or makes it anew. */
async function whileListIsThere<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (!(thrown instanceof TributaryError) || thrown.code !== 'klaviyo/not-found') throw thrown;
    const says = 'the list, or one of the profiles, was deleted while members were being changed';
    throw new TributaryError('transient', 'klaviyo/list-gone', says);
  }
}
