import type { Change } from '../../domain/change.ts';
import type { Echo, Write } from '../contract.ts';
import { LIST_JOINED } from './list-joins.stream.ts';

/** Additions that a push made come back in the stream `list-joins`: without this people would seem to have joined. */
export function echoes(change: Change): readonly Echo[] {
  if (change.kind !== 'activity' || change.name !== LIST_JOINED) return [];
  const list = change.properties?.list_id;
  const profile = change.fragment.slice(change.fragment.lastIndexOf(':') + 1);
  return typeof list === 'string' ? [{ writes: [memberWrite(list, profile, true)], of: 'change' }] : [];
}

/** What putting profiles on a list, or taking them off, writes, and about whom. */
export function memberWrites(
  list: string,
  profiles: readonly string[],
  there: boolean,
  owners: ReadonlyMap<string, string>,
): Write[] {
  return profiles.map((profile) => {
    const member = owners.get(profile);
    return { ...memberWrite(list, profile, there), ...(member === undefined ? {} : { member }) };
  });
}

function memberWrite(list: string, profile: string, there: boolean): Write {
  return { object: 'profile', id: profile, field: `list ${list}`, value: there };
}
