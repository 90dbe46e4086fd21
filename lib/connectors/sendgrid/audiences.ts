import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, MembershipBatch, Outcome } from '../contract.ts';
import type { SendgridApi } from './client.ts';
import { isRequestRefused } from './errors.ts';
import { type Job, poll, startedJob } from './job.ts';
import { LIST_BATCH, LOOK_UP } from './manifest.ts';
import { type People, peopleOf } from './people.ts';
import { findList, truth } from './truth.ts';

const target = z.strictObject({
  list: z.string('expected the name of a list').trim().min(1, 'expected the name of a list').max(100),
});

/**
 * Lists of contacts. Nobody is made a contact, and nobody is taken off a list of suppressions: who has unsubscribed may be on
 * a list, and gets nothing.
 */
export const audiences: AudienceDestination<SendgridApi> = {
  target: target as AudienceDestination<SendgridApi>['target'],
  matchKeys: [
    { type: 'sendgrid.contact_id', hash: 'none' },
    { type: 'email', hash: 'none' },
  ],
  batch: { maxMembers: LIST_BATCH },
  canRemove: true,
  channel: 'email',
  ensure,
  apply,
  poll,
  truth,
};

async function ensure(api: SendgridApi, to: Json): Promise<{ remoteId: string }> {
  return (await findList(api, to)) ?? { remoteId: (await api.createList(target.parse(to).list)).id };
}

/**
 * Changes are done later, by jobs that name nobody, so who is on the list is asked before and, where it has to be, after.
 * Additions are sent for whom the list does not have. Removals are sent for everybody, and waited for where the list shows
 * somebody: what it shows may be older than an addition on its way, and nobody stays on a list for that.
 */
async function apply(api: SendgridApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const people = await peopleOf(api, batch.members);
  const own = { list: batch.remoteId, ...(batch.op === 'add' ? toAdd(batch, people) : toRemove(batch, people)) };
  const upsert = batch.op === 'add' ? await add(api, own, people) : undefined;
  if (batch.op === 'remove') await remove(api, own.list, people);
  const calls = api.calls() - before;
  if (own.waiting.length === 0) return { state: 'done', outcomes: new Map(own.settled), calls };
  return startedJob(api, upsert === undefined ? { op: 'remove', own } : { op: 'add', upsert, own }, calls);
}

type Sorted = Pick<Job['own'], 'settled' | 'waiting'>;

function toAdd({ remoteId, members }: MembershipBatch, { contacts, unaddressable }: People): Sorted {
  const settled: [string, Outcome][] = [];
  const waiting: Job['own']['waiting'] = [];
  for (const { memberId } of members) {
    // Somebody with several contacts is added as the best of them, and taken off as all.
    const [best] = contacts.get(memberId) ?? [];
    if (best?.lists.has(remoteId) === true) settled.push([memberId, { status: 'unchanged' }]);
    else if (best?.email !== undefined) waiting.push({ member: memberId, contacts: [best.id] });
    else if (best !== undefined) settled.push([memberId, rejected('sendgrid/contact-without-address')]);
    else if (unaddressable.has(memberId)) settled.push([memberId, rejected('sendgrid/address-refused')]);
    else settled.push([memberId, { status: 'unmatched' }]);
  }
  return { settled, waiting };
}

function toRemove({ remoteId, members }: MembershipBatch, { contacts }: People): Sorted {
  const settled: [string, Outcome][] = [];
  const waiting: Job['own']['waiting'] = [];
  for (const { memberId } of members) {
    const own = contacts.get(memberId) ?? [];
    const isOn = own.some(({ lists }) => lists.has(remoteId));
    // Somebody whom SendGrid does not know is on no list.
    if (isOn) waiting.push({ member: memberId, contacts: own.map(({ id }) => id) });
    else settled.push([memberId, { status: 'unchanged' }]);
  }
  return { settled, waiting };
}

/**
 * The job's id; undefined where there is nobody to add. Contacts go by their own address, not by the key that found them:
 * another of their addresses would make a contact anew.
 */
async function add(api: SendgridApi, { list, waiting }: Job['own'], { contacts }: People): Promise<string | undefined> {
  const addresses = waiting.flatMap(({ member }) => contacts.get(member)?.[0]?.email ?? []);
  if (addresses.length === 0) return undefined;
  return whileListIsThere(api, list, api.addToList(list, [...new Set(addresses)]));
}

async function remove(api: SendgridApi, list: string, { contacts }: People): Promise<void> {
  const ids = [...new Set([...contacts.values()].flat().map(({ id }) => id))];
  for (let start = 0; start < ids.length; start += LOOK_UP) {
    await whileListIsThere(api, list, api.removeFromList(list, ids.slice(start, start + LOOK_UP)));
  }
}

/** A list that is gone, or a contact, is no fault of ours: the next try finds or makes the list anew. */
async function whileListIsThere<T>(api: SendgridApi, list: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const gone = new TributaryError(
      'transient',
      'sendgrid/list-gone',
      'the list, or one of the contacts, was deleted while members were being changed',
    );
    if (thrown instanceof TributaryError && thrown.code === 'sendgrid/not-found') throw gone;
    // It is not documented whether an upsert for a list that is gone is 404 or 400.
    if (isRequestRefused(thrown) && !(await api.listIsThere(list))) throw gone;
    throw thrown;
  }
}

function rejected(code: string): Outcome {
  return { status: 'rejected', code };
}
