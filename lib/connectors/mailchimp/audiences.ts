import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, Member, MembershipBatch, Outcome } from '../contract.ts';
import type { MailchimpClient } from './client.ts';
import { tagWrites } from './echoes.ts';
import { refusalIn } from './errors.ts';
import { memberIdOf } from './member.ts';
import { readMemberStates } from './member-states.ts';
import { findTag, tagNameOf } from './tags.ts';
import { truth } from './truth.ts';

/** Most addresses in one request to a tag. */
const MAX_ADDRESSES = 500;

const tagName = z.string().trim().min(1, 'expected a name').max(100, 'expected at most 100 characters');

/** Mailchimp's tags and static segments are one thing with two names. */
const target = z.union([z.strictObject({ tag: tagName }), z.strictObject({ static_segment: tagName })], {
  error: 'expected { tag: NAME } or { static_segment: NAME }',
});

/**
 * Pushes into a tag of the connection's list. It never creates a list member and never sends a status, so it can
 * neither subscribe nor unsubscribe anybody: whoever is not subscribed now is refused by the name of the status.
 */
export const audiences: AudienceDestination<MailchimpClient> = {
  target,
  matchKeys: [{ type: 'email', hash: 'none' }],
  batch: { maxMembers: MAX_ADDRESSES },
  canRemove: true,
  channel: 'email',
  // Without regard to case, as `findTag` looks for it.
  listOf: (to) => tagNameOf(to).toLowerCase(),
  ensure,
  apply: (api, batch) => (batch.op === 'add' ? add(api, batch) : remove(api, batch)),
  truth,
};

async function ensure(api: MailchimpClient, to: Json): Promise<{ remoteId: string }> {
  return (await findTag(api, to)) ?? { remoteId: String((await api.createTag(tagNameOf(to))).id) };
}

/** Tries each member's best address; who is unknown by it is tried by the next. A refusal is final. */
async function add(api: MailchimpClient, batch: MembershipBatch): Promise<BatchResult> {
  const { members } = batch;
  const outcomes = new Map<string, Outcome>();
  let calls = 0;
  let waiting = members;
  for (let choice = 0; waiting.length > 0; choice += 1) {
    const tried = new Map<string, { address: string; members: string[] }>();
    for (const member of waiting) {
      const address = addressesOf(member)[choice];
      if (address === undefined) {
        if (choice === 0) outcomes.set(member.memberId, { status: 'rejected', code: 'mailchimp/no-address' });
        continue;
      }
      const same = tried.get(memberIdOf(address));
      if (same === undefined) tried.set(memberIdOf(address), { address, members: [member.memberId] });
      else same.members.push(member.memberId);
    }
    if (tried.size === 0) break;
    const round = await addAddresses(
      api,
      batch,
      [...tried.values()].map(({ address }) => address),
      (address) => tried.get(memberIdOf(address))?.members[0],
    );
    calls += round.calls;
    for (const [id, outcome] of round.outcomes) {
      for (const memberId of tried.get(id)?.members ?? []) outcomes.set(memberId, outcome);
    }
    waiting = waiting.filter(({ memberId }) => outcomes.get(memberId)?.status === 'unmatched');
  }
  return { state: 'done', outcomes, calls };
}

/** One outcome per member id. What the answer does not settle is read from the members themselves. */
async function addAddresses(
  api: MailchimpClient,
  { remoteId: tag, target: to, notes }: MembershipBatch,
  addresses: readonly string[],
  memberOf: (address: string) => string | undefined,
): Promise<{ outcomes: ReadonlyMap<string, Outcome>; calls: number }> {
  const outcomes = new Map<string, Outcome>();
  await notes?.asked(tagWrites(to, addresses, true, memberOf));
  const answer = await api.addToTag(tag, addresses);
  let calls = 1;
  const takeBack: string[] = [];
  for (const { email_address, status = 'subscribed' } of answer.members_added) {
    if (status !== 'subscribed') takeBack.push(email_address);
    outcomes.set(memberIdOf(email_address), status === 'subscribed' ? { status: 'applied' } : refused(status));
  }
  const tagged = answer.members_added.map(({ email_address }) => email_address);
  await notes?.made(
    tagWrites(
      to,
      tagged.filter((address) => !takeBack.includes(address)),
      true,
      memberOf,
    ),
  );
  // Somebody tagged without being subscribed would be in the list the day they come back, with nobody having asked.
  if (takeBack.length > 0) {
    await api.removeFromTag(tag, takeBack);
    calls += 1;
  }
  for (const { email_addresses, error } of answer.errors) {
    const code = refusalIn(error);
    if (code === undefined) continue;
    for (const address of email_addresses) outcomes.set(memberIdOf(address), refused(code));
  }
  const unsettled = addresses.map(memberIdOf).filter((id) => !outcomes.has(id));
  const read = await readMemberStates(api, unsettled);
  for (const id of unsettled) outcomes.set(id, outcomeFrom(read.states.get(id), tag));
  return { outcomes, calls: calls + read.calls };
}

function outcomeFrom(member: { status: string; tags: readonly string[] } | undefined, tag: string): Outcome {
  if (member === undefined) return { status: 'unmatched' };
  if (member.status !== 'subscribed') return refused(member.status);
  return member.tags.includes(tag) ? { status: 'unchanged' } : { status: 'retry', code: 'mailchimp/not-applied' };
}

/** Removes every address of a member; who was not in the tag is unchanged. */
async function remove(
  api: MailchimpClient,
  { remoteId, target: to, members, notes }: MembershipBatch,
): Promise<BatchResult> {
  const addresses = [...new Set(members.flatMap(addressesOf))];
  const removed = new Set<string>();
  const failed: string[] = [];
  let calls = 0;
  for (let from = 0; from < addresses.length; from += MAX_ADDRESSES) {
    const answer = await api.removeFromTag(remoteId, addresses.slice(from, from + MAX_ADDRESSES));
    calls += 1;
    for (const { email_address } of answer.members_removed) removed.add(memberIdOf(email_address));
    failed.push(...answer.errors.flatMap(({ email_addresses }) => email_addresses.map(memberIdOf)));
  }
  // Whoever carries the tag again after this has it from somebody else.
  const owners = new Map(members.flatMap((one) => addressesOf(one).map((address) => [address, one.memberId] as const)));
  await notes?.made(tagWrites(to, addresses, false, (address) => owners.get(address)));
  // An error row may be about somebody who never was in the tag; only who still is has to be tried again.
  const read = await readMemberStates(api, failed);
  calls += read.calls;
  const outcomes = new Map<string, Outcome>();
  for (const member of members) {
    const ids = addressesOf(member).map(memberIdOf);
    const still = ids.some((id) => read.states.get(id)?.tags.includes(remoteId) === true);
    if (ids.length === 0) outcomes.set(member.memberId, { status: 'rejected', code: 'mailchimp/no-address' });
    else if (still) outcomes.set(member.memberId, { status: 'retry', code: 'mailchimp/not-applied' });
    else outcomes.set(member.memberId, { status: ids.some((id) => removed.has(id)) ? 'applied' : 'unchanged' });
  }
  return { state: 'done', outcomes, calls };
}

function addressesOf(member: Member): string[] {
  return member.keys.filter(({ type }) => type === 'email').map(({ value }) => value.toLowerCase());
}

function refused(status: string): Outcome {
  return { status: 'refused', code: status };
}
