import type { AudienceDefinition } from '../../domain/definitions.ts';
import type { Blocked } from '../../domain/profile.ts';
import { differenceOf } from '../../domain/push.ts';
import { type AudienceCounts, noCounts, notAsAsked } from '../../domain/tally.ts';
import type { AudienceRow, MembershipStore, StateStore } from '../ports.ts';
import { type Census, type PushRun, type PushState, readPush } from './push-run.ts';

/**
 * Where every person of an audience stands after its latest push, and what that push removed and called. `wanted` =
 * added + unchanged + unmatched + refused + rejected + retry + waiting; wanted + the sum of `blocked` = people in the
 * segment.
 */
export interface AudienceSummary extends AudienceCounts {
  /** Wanted, and no push has told the tool yet. */
  waiting: number;
  blockedBy: Partial<Record<Blocked, number>>;
  /** Null = counted now, row by row; else the instant at which a push last counted the rows of a long list. */
  counted: string | null;
  /** There are more rows than were looked at: at least so many. */
  more: boolean;
}

/** Rows that are read for a summary at most. Of longer lists a push has counted the rows, see `needsCensus`. */
const MOST_ROWS = 20_000;

/**
 * Counts an audience's rows once, and takes removals and calls from its latest run. A list of more than 20,000 is told by
 * what pushes counted of it, so that what is read does not grow with it.
 */
export async function summariseAudience(
  deps: { readonly memberships: MembershipStore; readonly state: StateStore },
  audience: AudienceDefinition,
): Promise<{ readonly summary: AudienceSummary; readonly run: PushRun | undefined }> {
  const { state } = await readPush(deps.state, audience.audience);
  const { run } = state;
  const { removed = 0, calls = 0 } = run?.tally ?? {};
  const none = { ...noCounts(), removed, calls, waiting: 0, blockedBy: {}, counted: null, more: false };
  if ((state.size ?? 0) > MOST_ROWS && state.census !== undefined) {
    const waiting = await deps.memberships.countPending(audience.audience, MOST_ROWS);
    return { summary: { ...none, ...fromPush(state, state.census), waiting, more: waiting >= MOST_ROWS }, run };
  }
  const summary: AudienceSummary = none;
  let read = 0;
  for await (const rows of deps.memberships.audienceRows(audience.audience)) {
    for (const row of rows) addRow(summary, row, audience.mode, run?.id);
    read += rows.length;
    summary.more = read >= MOST_ROWS;
    if (summary.more) break;
  }
  return { summary, run };
}

/** What pushes know of a long list: who is on it, and who stands aside and why. */
function fromPush({ size = 0, run }: PushState, { at, blocked }: Census): Partial<AudienceSummary> {
  const aside = Object.fromEntries(notAsAsked.map((outcome) => [outcome, blocked[outcome] ?? 0]));
  const reasons = Object.entries(blocked).filter(([reason]) => !notAsAsked.some((outcome) => outcome === reason));
  const added = Math.min(size, run?.tally.added ?? 0);
  return {
    ...aside,
    added,
    unchanged: size - added,
    wanted: size + Object.values(aside).reduce((sum, people) => sum + people, 0),
    blocked: reasons.reduce((sum, [, people]) => sum + people, 0),
    blockedBy: Object.fromEntries(reasons),
    counted: at,
  };
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
