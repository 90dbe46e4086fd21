import type { AudienceDefinition } from '../../domain/definitions.ts';
import type { Blocked } from '../../domain/profile.ts';
import { differenceOf } from '../../domain/push.ts';
import { type AudienceCounts, noCounts, type notAsAsked } from '../../domain/tally.ts';
import type { AudienceRow, MembershipStore, StateStore } from '../ports.ts';
import { latestPush, type PushRun } from './push-run.ts';

/**
 * Where every person of an audience stands after its latest push, and what that push removed and called. `wanted` =
 * added + unchanged + unmatched + refused + rejected + retry + waiting; wanted + the sum of `blocked` = people in the
 * segment.
 */
export interface AudienceSummary extends AudienceCounts {
  /** Wanted, and no push has told the tool yet. */
  waiting: number;
  blockedBy: Partial<Record<Blocked, number>>;
}

/** Counts an audience's rows once, and takes removals and calls from its latest run. */
export async function summariseAudience(
  deps: { readonly memberships: MembershipStore; readonly state: StateStore },
  audience: AudienceDefinition,
): Promise<{ readonly summary: AudienceSummary; readonly run: PushRun | undefined }> {
  const run = await latestPush(deps.state, audience.audience);
  const { removed = 0, calls = 0 } = run?.tally ?? {};
  const summary: AudienceSummary = { ...noCounts(), removed, calls, waiting: 0, blockedBy: {} };
  for await (const rows of deps.memberships.audienceRows(audience.audience)) {
    for (const row of rows) addRow(summary, row, audience.mode, run?.id);
  }
  return { summary, run };
}

function addRow(
  summary: AudienceSummary,
  row: AudienceRow,
  mode: AudienceDefinition['mode'],
  run: string | undefined,
): void {
  const { wanted } = row;
  if (!wanted.in) {
    if (wanted.reason === 'not-in-segment') return;
    summary.blocked += 1;
    summary.blockedBy[wanted.reason] = (summary.blockedBy[wanted.reason] ?? 0) + 1;
    return;
  }
  summary.wanted += 1;
  summary[placeOf(row, mode, run)] += 1;
}

type CountedAs = 'added' | 'unchanged' | (typeof notAsAsked)[number] | 'waiting';

function placeOf(row: AudienceRow, mode: AudienceDefinition['mode'], run: string | undefined): CountedAs {
  const { told, pending } = row;
  if (told === undefined) return 'waiting';
  if (told.outcome === 'retry') return 'retry';
  if (pending && differenceOf(row, mode).length > 0) return 'waiting';
  if (told.in && told.outcome !== 'refused')
    return told.outcome === 'applied' && told.run === run ? 'added' : 'unchanged';
  return told.outcome as CountedAs;
}
