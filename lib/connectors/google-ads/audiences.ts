import * as z from 'zod';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, Member, MembershipBatch } from '../contract.ts';
import type { UserList } from './answers.ts';
import type { Change, GoogleAdsApi } from './client.ts';
import type { Config } from './config.ts';
import { closedList, endlessRefusal } from './errors.ts';
import { MOST_MEMBERS } from './manifest.ts';
import { audienceMemberOf } from './match-keys.ts';
import { begun, outcomesOf, poll } from './requests.ts';

const target = z.strictObject({
  user_list: z
    .string('expected the name of a customer list')
    .trim()
    .min(1, 'expected the name of a customer list')
    .max(200)
    // It stands in a filter.
    .regex(/^[^"\\]*$/, 'expected a name without quotes and backslashes'),
});

/** Rounds of leaving out members whom Google names; it may name one at a time. */
const MOST_ROUNDS = 5;

/** Customer lists. Google says of nobody whether it knows them, and of a request only later what became of it. */
export const audiences: AudienceDestination<GoogleAdsApi> = {
  target: target as AudienceDestination<GoogleAdsApi>['target'],
  matchKeys: [
    { type: 'email', hash: 'sha256' },
    { type: 'phone', hash: 'sha256' },
  ],
  batch: { maxMembers: MOST_MEMBERS },
  canRemove: true,
  channel: 'ads',
  writeOnly: true,
  ensure,
  apply,
  poll,
};

async function ensure(api: GoogleAdsApi, to: Json): Promise<{ remoteId: string }> {
  const name = isJsonObject(to) ? String(to.user_list) : '';
  const found = (await api.findLists(name)).filter(
    ({ displayName, ingestedUserListInfo }) =>
      displayName === name && ingestedUserListInfo?.uploadKeyTypes.includes('CONTACT_ID') === true,
  );
  const [list] = found.sort(byAge);
  if (list === undefined) return { remoteId: (await api.createList(name)).id };
  if (list.readOnly || list.membershipStatus === 'CLOSED') throw closedList();
  return { remoteId: list.id };
}

/** Ids are given in order. */
function byAge(one: UserList, other: UserList): number {
  return Number(BigInt(one.id) - BigInt(other.id));
}

/** Sends the batch without the members whom Google names as bad, and answers with its request. */
async function apply(api: GoogleAdsApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const rejected: string[] = [];
  let members: readonly Member[] = batch.members;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const answer = await api.changeMembers(changeOf(api, batch, members));
    if ('requestId' in answer) return begun(api, answer.requestId, rejected, api.calls() - before);
    const bad = new Set(answer.refused);
    rejected.push(...members.filter((_, place) => bad.has(place)).map(({ memberId }) => memberId));
    members = members.filter((_, place) => !bad.has(place));
    if (members.length === 0) return { state: 'done', outcomes: outcomesOf(rejected), calls: api.calls() - before };
  }
  // The pipeline cuts the batch in halves until the bad ones are found.
  throw endlessRefusal();
}

function changeOf(
  api: GoogleAdsApi,
  { op, remoteId, granted = [] }: MembershipBatch,
  members: readonly Member[],
): Change {
  return { op, listId: remoteId, members: members.map(audienceMemberOf), consent: consentOf(api.config, granted) };
}

/** Only a "yes" that everybody in the batch gave is told; of the rest nothing is said, and Google decides by the account. */
function consentOf({ consent }: Config, granted: readonly string[]): Change['consent'] {
  return {
    ...(granted.includes(consent.ad_user_data) ? { adUserData: 'CONSENT_GRANTED' } : {}),
    ...(granted.includes(consent.ad_personalization) ? { adPersonalization: 'CONSENT_GRANTED' } : {}),
  };
}
