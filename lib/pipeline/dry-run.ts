import type { AudienceDefinition } from '../domain/definitions.ts';
import { differenceOf } from '../domain/push.ts';
import type { AudienceRow, MembershipStore } from './ports.ts';

/** What a push would do now, without a call to the tool. */
export interface DryRun {
  readonly id: string;
  readonly add: number;
  readonly remove: number;
  readonly unchanged: number;
  /** People of the segment who are not sent, by reason: ours, or what the tool answered before. */
  readonly blocked: Readonly<Record<string, number>>;
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
  const blocked: Record<string, number> = {};
  for await (const rows of deps.memberships.audienceRows(audience.audience)) {
    for (const row of rows) {
      const operations = row.pending ? differenceOf(row, audience.mode) : [];
      for (const { op } of operations) found[op] += 1;
      if (operations.length > 0) continue;
      const reason = standsAside(row);
      if (reason === undefined) found.unchanged += row.wanted.in ? 1 : 0;
      else blocked[reason] = (blocked[reason] ?? 0) + 1;
    }
  }
  const calls = Math.ceil(found.add / maxMembers) + Math.ceil(found.remove / maxMembers);
  return { id: audience.audience, ...found, blocked, calls };
}

/** Why a person of the segment is neither on the list nor sent: our reason, or the tool's own answer. */
function standsAside({ wanted, told }: AudienceRow): string | undefined {
  if (!wanted.in) return wanted.reason === 'not-in-segment' ? undefined : wanted.reason;
  return told?.in === true ? undefined : told?.outcome;
}
