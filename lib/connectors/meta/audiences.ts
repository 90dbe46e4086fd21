import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { AudienceDestination, BatchResult, Member, MembershipBatch, Outcome } from '../contract.ts';
import type { Changed } from './answers.ts';
import type { MetaApi } from './client.ts';
import { isNotFound, isParameterRefused, isTooSmall, unreadableAnswer } from './errors.ts';
import { ROWS } from './manifest.ts';
import { type Row, rowOf } from './match-row.ts';

const target = z.strictObject({
  custom_audience: z
    .string('expected the name of a custom audience')
    .trim()
    .min(1, 'expected the name of a custom audience')
    .max(200),
});

/**
 * Custom audiences of an ad account. Meta takes hashed keys and tells of nobody whether it knows them: how many it matched
 * is an estimate about accounts, not rows, so there is no list and no number to compare with.
 */
export const audiences: AudienceDestination<MetaApi> = {
  target: target as AudienceDestination<MetaApi>['target'],
  matchKeys: [
    { type: 'email', hash: 'sha256' },
    { type: 'phone', hash: 'sha256' },
    { type: 'ios.idfa', hash: 'none' },
    { type: 'android.idfa', hash: 'none' },
  ],
  batch: { maxMembers: ROWS },
  canRemove: true,
  channel: 'ads',
  writeOnly: true,
  ensure,
  apply,
};

/** Names are not unique at Meta; the smallest id is the one that was meant first, whatever order they are listed in. */
async function ensure(api: MetaApi, to: Json): Promise<{ remoteId: string }> {
  const { custom_audience: name } = target.parse(to);
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await api.listAudiences({ after });
    ids.push(...page.records.filter((one) => one.name === name).map(({ id }) => id));
    after = page.after;
  } while (after !== undefined);
  const [first] = ids.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return { remoteId: first ?? (await api.createAudience(name)).id };
}

async function apply(api: MetaApi, { remoteId, op, members }: MembershipBatch): Promise<BatchResult> {
  const before = api.calls();
  const outcomes = new Map<string, Outcome>();
  const sent: { readonly member: Member; readonly row: Row }[] = [];
  for (const member of members) {
    const row = rowOf(member.keys);
    if (row === undefined) outcomes.set(member.memberId, { status: 'rejected', code: 'meta/no-usable-key' });
    else sent.push({ member, row });
  }
  if (sent.length > 0) {
    const outcome = await change(
      api,
      remoteId,
      op,
      sent.map(({ row }) => row),
    );
    for (const { member } of sent) outcomes.set(member.memberId, outcome);
  }
  return { state: 'done', outcomes, calls: api.calls() - before };
}

/** What became of all rows of one request: Meta tells numbers and names nobody. */
async function change(api: MetaApi, id: string, op: 'add' | 'remove', rows: readonly Row[]): Promise<Outcome> {
  let answer: Changed;
  try {
    answer = await (op === 'add' ? api.addUsers(id, rows) : api.removeUsers(id, rows));
  } catch (thrown) {
    if (op === 'remove' && isTooSmall(thrown)) return { status: 'refused', code: 'audience-too-small' };
    throw whyNot(thrown);
  }
  if (answer.audience_id !== id) throw unreadableAnswer('a changed custom audience');
  // Whom it left out it does not say; those who arrived are sent again, which changes nothing.
  if (answer.num_received < rows.length) return { status: 'retry', code: 'meta/not-all-received' };
  // Whoever cuts the batch in halves finds the rows that are meant.
  if (answer.num_invalid_entries > 0) throw rowsRefused(answer.num_invalid_entries);
  return { status: 'applied' };
}

function whyNot(thrown: unknown): unknown {
  if (isNotFound(thrown)) {
    const says = 'the custom audience was deleted while people were being changed';
    return new TributaryError('transient', 'meta/audience-gone', says);
  }
  // One bad row fails the whole request (segmentio/action-destinations#3825).
  return isParameterRefused(thrown) ? rowsRefused(1) : thrown;
}

function rowsRefused(least: number): TributaryError {
  const says = `Meta did not accept at least ${least} of the rows`;
  return new TributaryError('rejected', 'meta/rows-refused', says);
}
