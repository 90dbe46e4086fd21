import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Identifier } from '../../domain/change.ts';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, Member, MembershipBatch, Outcome } from '../contract.ts';
import type { LinkedinApi, SegmentUser } from './client.ts';
import { isNotFound, isRequestRefused, segmentGone, segmentNotReady, usersRefused } from './errors.ts';
import { USERS } from './manifest.ts';

const expected = 'expected the name of a matched audience';
const target = z.strictObject({ matched_audience: z.string(expected).trim().min(1, expected).max(200) });

/**
 * Matched audiences of an ad account: DMP segments of users. LinkedIn takes hashes and says of nobody whether it knows
 * them; who is in a segment cannot be read, and its size is an estimate about members of LinkedIn.
 */
export const audiences: AudienceDestination<LinkedinApi> = {
  target: target as AudienceDestination<LinkedinApi>['target'],
  matchKeys: [
    { type: 'email', hash: 'sha256' },
    { type: 'android.idfa', hash: 'none' },
  ],
  batch: { maxMembers: USERS },
  canRemove: true,
  channel: 'ads',
  writeOnly: true,
  ensure,
  apply,
};

/** What letters and how many a source segment's id may have is not documented, hence not the name itself. */
export function sourceSegmentIdOf(to: Json): string {
  return `tributary-${sha256(target.parse(to).matched_audience).slice(0, 32)}`;
}

async function ensure(api: LinkedinApi, to: Json): Promise<{ remoteId: string }> {
  const sourceSegmentId = sourceSegmentIdOf(to);
  const found = await oldest(api, sourceSegmentId);
  return { remoteId: found ?? (await api.createSegment(target.parse(to).matched_audience, sourceSegmentId)) };
}

/** Two that were made at once have the same source id: the smaller of LinkedIn's own is the one that is meant. */
async function oldest(api: LinkedinApi, sourceSegmentId: string): Promise<string | undefined> {
  const { elements } = await api.findSegments(sourceSegmentId);
  const [first] = elements.map(({ id }) => id).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return first;
}

async function apply(api: LinkedinApi, batch: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const outcomes = new Map<string, Outcome>();
  const sent: { readonly member: Member; readonly user: SegmentUser }[] = [];
  for (const member of batch.members) {
    const user = userOf(batch.op, member.keys);
    if (user === undefined) outcomes.set(member.memberId, { status: 'rejected', code: 'linkedin/no-usable-key' });
    else sent.push({ member, user });
  }
  if (sent.length > 0) {
    const answers = await change(
      api,
      batch,
      sent.map(({ user }) => user),
    );
    for (const [n, { member }] of sent.entries()) {
      // Answers stand in the order of the users: where some are missing, nobody can say whose.
      const status = answers.length === sent.length ? answers[n] : undefined;
      outcomes.set(member.memberId, outcomeOf(status));
    }
  }
  return { state: 'done', outcomes, calls: api.calls() - before };
}

async function change(
  api: LinkedinApi,
  { remoteId, target: to }: MembershipBatch,
  users: readonly SegmentUser[],
): Promise<readonly number[]> {
  try {
    const { elements } = await api.changeUsers(remoteId, users);
    return elements.map(({ status }) => status);
  } catch (thrown) {
    if (isRequestRefused(thrown)) throw usersRefused();
    if (!isNotFound(thrown)) throw thrown;
    const isThere = to !== undefined && (await oldest(api, sourceSegmentIdOf(to))) === remoteId;
    throw isThere ? segmentNotReady() : segmentGone();
  }
}

function outcomeOf(status: number | undefined): Outcome {
  if (status === undefined) return { status: 'retry', code: 'linkedin/not-all-answered' };
  if (status >= 200 && status < 300) return { status: 'applied' };
  if (status === 400 || status === 422) return { status: 'rejected', code: 'linkedin/user-refused' };
  return { status: 'retry', code: 'linkedin/user-not-taken' };
}

/** Undefined where nothing is left to match them by. */
export function userOf(op: 'add' | 'remove', identifiers: readonly Identifier[]): SegmentUser | undefined {
  const userIds = identifiers.flatMap(({ type, value }): SegmentUser['userIds'][number][] => {
    const [lower, device] = [value.replace(/\s/g, '').toLowerCase(), value.trim()];
    if (type === 'email' && lower !== '') return [{ idType: 'SHA256_EMAIL', idValue: sha256(lower) }];
    if (type === 'android.idfa' && device !== '') return [{ idType: 'GOOGLE_AID', idValue: device }];
    return [];
  });
  return userIds.length === 0 ? undefined : { action: op === 'add' ? 'ADD' : 'REMOVE', userIds };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
