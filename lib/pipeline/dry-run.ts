import type { AudienceDefinition } from '../domain/definitions.ts';
import type { Blocked } from '../domain/profile.ts';
import { differenceOf } from '../domain/push.ts';
import type { MembershipStore } from './ports.ts';

/** What a push would do now, without a call to the tool. */
export interface DryRun {
  readonly id: string;
  readonly add: number;
  readonly remove: number;
  readonly unchanged: number;
  readonly blocked: Readonly<Partial<Record<Blocked, number>>>;
  /** The fewest calls that the destination's batch size allows. */
  readonly calls: number;
}

/** Counts what differs between what we want and what the tool was told. */
export async function dryRun(
  deps: { readonly memberships: MembershipStore },
  audience: AudienceDefinition,
  maxMembers: number,
): Promise<DryRun> {
  const found = { add: 0, remove: 0, unchanged: 0 };
  const blocked: Partial<Record<Blocked, number>> = {};
  for await (const rows of deps.memberships.audienceRows(audience.audience)) {
    for (const row of rows) {
      const operations = differenceOf(row, audience.mode);
      for (const { op } of operations) found[op] += 1;
      if (operations.length === 0 && row.wanted.in) found.unchanged += 1;
      if (!row.wanted.in && row.wanted.reason !== 'not-in-segment') {
        blocked[row.wanted.reason] = (blocked[row.wanted.reason] ?? 0) + 1;
      }
    }
  }
  const calls = Math.ceil(found.add / maxMembers) + Math.ceil(found.remove / maxMembers);
  return { id: audience.audience, ...found, blocked, calls };
}
