import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, MembershipBatch } from '../contract.ts';
import type { EndpointApi } from './client.ts';
import { MOST_MEMBERS } from './manifest.ts';
import { messageOf, outcomesOf } from './protocol.ts';

const target = z.strictObject({
  list: z
    .string('expected a name for the list')
    .regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,199}$/, 'expected a name for the list, of letters, digits, spaces and _ . -'),
});

/** Lists behind an endpoint of the operator's own. What a list is there, and who is let on it, is the endpoint's matter. */
export const audiences: AudienceDestination<EndpointApi> = {
  target: target as AudienceDestination<EndpointApi>['target'],
  matchKeys: [
    { type: 'user_id', hash: 'none' },
    { type: 'email', hash: 'none' },
    { type: 'phone', hash: 'none' },
    { type: 'anonymous_id', hash: 'none' },
  ],
  batch: { maxMembers: MOST_MEMBERS },
  canRemove: true,
  creates: { record: 'member', refuses },
  ensure,
  apply,
};

function refuses(field: string): string | undefined {
  if (/^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(field)) return undefined;
  return 'a name of letters, digits and "_" that begins with a letter';
}

/** A list goes by its name and is there once somebody is added: nothing has to be asked or made. */
async function ensure(_api: EndpointApi, to: Json): Promise<{ remoteId: string }> {
  return { remoteId: target.parse(to).list };
}

async function apply(api: EndpointApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const answer = await api.send(batch.idempotencyKey, messageOf(batch));
  const members = batch.members.map(({ memberId }) => memberId);
  return { state: 'done', outcomes: outcomesOf(members, answer, api.config.answers), calls: api.calls() - before };
}
