import type { Compiled } from '../../domain/decide.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import type { Profile } from '../../domain/profile.ts';
import { wholeEntries } from '../../domain/segment/document.ts';
import { mergeEntries } from '../../domain/segment/entries.ts';
import { evaluateOne } from '../../domain/segment/evaluate.ts';
import { explain, type Receipt, unknownSegment } from '../../domain/segment/receipt.ts';
import { type Sentence, sentence, tellSentence } from '../../domain/segment/sentence.ts';
import { viewUnder } from '../../domain/why-moved.ts';
import { wholeEntriesOf } from '../learn/sample-people.ts';
import type { ActivityStore, Clock, HistoryStore } from '../ports.ts';
import { decideAlone } from '../resolve/decide-alone.ts';
import { everythingDone, type Versions } from '../resolve/refill.ts';
import { type HistoryEntry, tellLine } from './segment-history.ts';

/** Why somebody is, or is not, in a segment: the receipt, in structure and in words. */
export interface Explanation extends Receipt {
  /** Profile id. */
  readonly person: string;
  readonly member: boolean;
  /** Since when; null for who is not in, or was not decided by these definitions yet. */
  readonly since: string | null;
  /** The earliest instant at which this changes if nothing new happens; null = not within ten years. */
  readonly flips_at: string | null;
  /** The instant that it is about. */
  readonly at: string;
  readonly sentence: Sentence;
  /** The sentences as lines. */
  readonly text: string;
  /** When the person entered and left this segment, newest first. */
  readonly history: readonly HistoryEntry[];
  /** The stored decision says otherwise: it was taken by other definitions, or its time has just come. */
  readonly pending?: true;
}

interface ExplainDeps {
  readonly activities: ActivityStore;
  readonly history: HistoryStore;
  readonly versions: Versions;
  readonly clock: Pick<Clock, 'now'>;
}

const LINES_LOOKED_THROUGH = 200;
const LINES_SHOWN = 20;

/**
 * Explains one membership now, by the published definitions, from all that is stored: also for somebody who remembers too
 * little for them yet. Throws `segment/unknown`.
 */
export async function explainMembership(
  deps: ExplainDeps,
  stored: Profile,
  compiled: Compiled,
  segment: string,
): Promise<Explanation> {
  const { program } = compiled;
  const one = program.compiled[program.positions.get(segment) ?? -1];
  if (one === undefined) throw unknownSegment(segment, program);
  const now = deps.clock.now().getTime();
  const [{ profile }, done, lines] = await Promise.all([
    decideAlone(deps, stored, compiled, now),
    everythingDone(deps.activities, stored),
    deps.history.ofProfile(stored.id, LINES_LOOKED_THROUGH),
  ]);
  const oldest = now - compiled.definitions.privacy.activitiesKeptMs;
  const whole = wholeEntries(
    program,
    done.filter(({ at }) => (parseInstant(at) ?? 0) > oldest),
  );
  const kept = viewUnder(compiled, profile, now, await wholeEntriesOf(deps.activities, compiled, profile));
  // All that was done, not only what a profile keeps; and what the profile has heard of and is not stored yet.
  const entries = (leafKey: string) =>
    mergeEntries(
      whole(leafKey),
      kept.entries(leafKey).filter(([, id]) => id !== ''),
    );
  const view = { ...kept, entries, history: entries };
  const { member, flipsAt } = evaluateOne(program, one, view, now);
  const receipt = explain(program, segment, view, now);
  const told = sentence(receipt);
  const since = stored.memberships[segment];
  const decided = since !== undefined;
  return {
    ...receipt,
    person: stored.id,
    member,
    since: member && since !== undefined ? formatInstant(since) : null,
    flips_at: flipsAt === null ? null : formatInstant(flipsAt),
    at: formatInstant(now),
    sentence: told,
    text: tellSentence(told),
    history: lines
      .filter((line) => line.segment === segment)
      .slice(0, LINES_SHOWN)
      .map(tellLine),
    ...(decided === member ? {} : { pending: true as const }),
  };
}
