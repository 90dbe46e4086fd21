import type { BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Wanted } from '../../domain/profile.ts';
import type { AudienceRow, FollowRow, Settled, ToldSide } from '../../pipeline/ports.ts';
import { type Item, insertItem } from './client.ts';
import { formatMark, inFormat } from './format.ts';
import { shardOf } from './shards.ts';

/** Whether a row says that somebody is in, by now. */
export function enters(row: FollowRow): boolean {
  if (row.row === 'audience') return row.wanted.in;
  return row.row === 'segment' ? row.member : row.linked;
}

function ownerOf(row: FollowRow): string {
  if (row.row === 'audience') return `audience:${row.audience}`;
  return row.row === 'segment' ? `segment:${row.segment}` : `account:${row.account}`;
}

/** The columns of a row, apart from its key. `pending` is set where the tool may have to be told. */
function columnsOf(row: FollowRow, expires: string, fresh: boolean): Record<string, Item[string]> {
  const version = { N: String(row.version) };
  if (row.row === 'audience') {
    const pending = !fresh || row.wanted.in ? { pending: pendingKey(row.audience, row.profile) } : {};
    const toldVersion = fresh ? { toldVersion: { N: '0' } } : {};
    const cause = row.cause === undefined ? {} : { cause: { S: row.cause } };
    return {
      wanted: { S: JSON.stringify(row.wanted) },
      version,
      ...cause,
      ...pending,
      ...toldVersion,
      ...formatMark('memberships'),
    };
  }
  const leaves = enters(row) ? {} : { expires: { N: expires } };
  const since = row.row === 'segment' ? { since: { N: String(row.at) } } : {};
  return { present: { BOOL: enters(row) }, version, ...since, ...leaves };
}

export function insertRow(table: string, row: FollowRow, expires: string): BatchStatementRequest {
  return insertItem(table, { ...rowKey(ownerOf(row), row.profile), ...columnsOf(row, expires, true) });
}

export function updateRow(table: string, row: FollowRow, expires: string): BatchStatementRequest {
  const columns = columnsOf(row, expires, false);
  const names = Object.keys(columns);
  // What is said no more goes: an instant at which a row ends, and what its former side came by.
  const gone =
    row.row === 'audience' ? (row.cause === undefined ? ' REMOVE "cause"' : '') : enters(row) ? ' REMOVE expires' : '';
  const key = rowKey(ownerOf(row), row.profile);
  return {
    Statement: `UPDATE "${table}" ${names.map((name) => `SET "${name}" = ?`).join(' ')}${gone} WHERE "owner" = ? AND "profile" = ? AND "version" < ?`,
    Parameters: [
      ...names.map((name) => columns[name] ?? { NULL: true }),
      key.owner,
      key.profile,
      { N: String(row.version) },
    ],
  };
}

/** Writes what the tool was told, on condition that nobody else did; `as-acted-on` also that it is still wanted so. */
export function settleRow(
  table: string,
  audience: string,
  { row, told, pending }: Settled,
  how: 'as-acted-on' | 'moved-meanwhile',
): BatchStatementRequest {
  const key = rowKey(`audience:${audience}`, row.profile);
  const acted = how === 'as-acted-on';
  const sets = [...(told === undefined ? [] : ['told', 'toldVersion']), ...(pending ? ['pending'] : [])];
  return {
    Statement: `UPDATE "${table}" ${sets.map((name) => `SET "${name}" = ?`).join(' ')}${pending ? '' : ' REMOVE "pending"'} WHERE "owner" = ? AND "profile" = ? AND "toldVersion" = ?${acted ? ' AND "version" = ?' : ''}`,
    Parameters: [
      ...(told === undefined ? [] : [{ S: JSON.stringify(told) }, { N: String(row.toldVersion + 1) }]),
      ...(pending ? [pendingKey(audience, row.profile)] : []),
      key.owner,
      key.profile,
      { N: String(row.toldVersion) },
      ...(acted ? [{ N: String(row.wantedVersion) }] : []),
    ],
  };
}

export function pendingKey(audience: string, profile: string): { readonly S: string } {
  return { S: `${audience}#${shardOf(profile)}` };
}

export function toAudienceRow(stored: Item): AudienceRow {
  const item = inFormat('memberships', stored);
  return {
    profile: item.profile?.S ?? '',
    wanted: JSON.parse(item.wanted?.S ?? '{"in":false,"reason":"not-in-segment"}') as Wanted,
    wantedVersion: Number(item.version?.N ?? 0),
    ...(item.told?.S === undefined ? {} : { told: JSON.parse(item.told.S) as ToldSide }),
    toldVersion: Number(item.toldVersion?.N ?? 0),
    pending: item.pending !== undefined,
    ...(item.pausedUntil?.N === undefined ? {} : { pausedUntil: Number(item.pausedUntil.N) }),
    ...(item.cause?.S === undefined ? {} : { cause: item.cause.S }),
  };
}

export function rowKey(owner: string, profile: string) {
  return { owner: { S: `${owner}#${shardOf(profile)}` }, profile: { S: profile } };
}
