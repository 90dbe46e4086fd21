import type { AccountChange, ActivityChange, Change, FragmentId, PersonChange } from '../../domain/change.ts';
import type { Compiled } from '../../domain/decide.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import { hearText, type ListeningRules } from '../../domain/listening.ts';
import type { Profile } from '../../domain/profile.ts';
import { isVoided, type Voided } from '../../domain/voided.ts';
import type { AccountStore, ActivityStore, Clock, IdentityIndex, Log, Queue } from '../ports.ts';
import { type Causes, causedIn, causesIn } from './causes.ts';
import { type Decided, decidePeople } from './decide-people.ts';
import { foldAll } from './fold.ts';
import { askForPeople, foldAccounts } from './fold-accounts.ts';
import { type FollowStores, writeFollowers } from './follow.ts';
import { gather, type Pending } from './gather.ts';
import { foldRules, tellStanding, type Versions } from './refill.ts';
import { askToCompare } from './suggest-duplicates.ts';
import { loadReader } from './text-reader.ts';
import { claimIdentifiers, writePeople } from './write-people.ts';

/** What resolve-profile needs from the world. */
export interface ResolveDeps extends FollowStores {
  readonly identities: IdentityIndex;
  readonly accounts: AccountStore;
  readonly activities: ActivityStore;
  readonly recompute: Queue;
  /** The published definitions, compiled; the same object while the version is the same. */
  readonly compiled: () => Promise<Compiled>;
  /** Former definitions: whoever was decided by ones that are not known any more is filled from history. */
  readonly versions: Versions;
  readonly key: IdentityKey;
  /**
   * Keeps changes that would make a profile larger than an item may be, for a person to look at, and the ids of profiles
   * that only were to be decided again and would be.
   */
  readonly tooLarge: (changes: readonly PersonChange[], asked: readonly string[]) => Promise<void>;
  /** Hears how long after their instants answers turned that time alone turns. Absent = nobody listens. */
  readonly tellLate?: (late: readonly Milliseconds[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** One message's worth of work: changes to fold, profiles to decide again, accounts whose people to decide again. */
export interface Work {
  readonly changes: readonly Change[];
  readonly profiles: readonly string[];
  readonly accounts: readonly string[];
  /** Index keys whose mark of suppression changed; `profiles` are whom they lead to. */
  readonly marked?: readonly string[];
  /** What the work came by: the rows that follow from it say so. */
  readonly cause?: string;
}

export interface ResolveOptions {
  /** Fill people from history as if they remembered nothing for these definitions. */
  readonly refill?: boolean;
}

export interface Resolved {
  /** Positions in the input whose work could not be finished; they must come again. */
  readonly failed: ReadonlySet<number>;
  readonly written: number;
  readonly unchanged: number;
  readonly activities: number;
  readonly conflicts: number;
  /** Changes that tell of erased people; they are dropped. */
  readonly erased: number;
}

/** How often a batch goes round again for those who lost a conditional write, before the queue retries them. */
const ROUNDS = 12;

interface Tally {
  written: number;
  unchanged: number;
  activities: number;
  conflicts: number;
  erased: number;
}

/**
 * Applies changes to profiles: look up whose they are, read, fold, decide, write each person with one conditional
 * write, then the rows that follow. All work of one person in a batch becomes one write. May run twice with the same
 * work, and beside itself: who loses a conditional write reads again and folds again.
 */
export function resolveProfile(deps: ResolveDeps) {
  return async function resolve(batch: readonly Work[], options: ResolveOptions = {}): Promise<Resolved> {
    const compiled = await deps.compiled();
    await foldAccounts(
      deps,
      batch.flatMap(({ changes }) => changes.filter(isAboutAccount)),
    );
    await askForPeople(deps, new Set(batch.flatMap(({ accounts }) => accounts)));
    const oldest = deps.clock.now().getTime() - compiled.definitions.privacy.activitiesKeptMs;
    const told = await heard(batch, compiled.definitions.listening);
    let pending = await withStanding(deps.activities, collect(told, oldest));
    const causes = causesIn(batch);
    const tally: Tally = { written: 0, unchanged: 0, activities: 0, conflicts: 0, erased: 0 };
    for (let round = 0; round < ROUNDS && pending.changes.size + pending.profiles.size > 0; round += 1) {
      if (round > 0) await deps.clock.wait(backOff(round, deps.clock.random()));
      pending = await resolveRound(deps, compiled, pending, { round, tally, causes, refill: options.refill === true });
    }
    const failed = positionsOf(pending, batch);
    deps.log('resolved', { messages: batch.length, failed: failed.size, ...tally });
    return { failed, ...tally };
  };
}

async function resolveRound(
  deps: ResolveDeps,
  held: Compiled,
  pending: Pending,
  {
    round,
    tally,
    causes,
    refill,
  }: { readonly round: number; readonly tally: Tally; readonly causes: Causes; readonly refill: boolean },
): Promise<Pending> {
  const now = deps.clock.now().getTime();
  const { gathered, compiled, rules } = await gatherCurrent(deps, held, pending);
  const { components, leftovers, buried } = gathered;
  // Whoever claimed such a record first has it: a living person, or the tombstone already.
  if (buried.length > 0) await deps.identities.claim(buried);
  const folded = await foldAll(components, compiled, rules, deps, round);
  const decided = await decidePeople(deps, folded, { compiled, rules, refill }, now);
  const lost = await claimIdentifiers(deps, decided);
  await askToCompare(deps, compiled, decided, lost);
  const full = new Set<Decided>();
  const written = await writePeople(deps, decided, lost, full);
  const changes = [...full].flatMap(({ component }) => component.changes);
  await deps.tooLarge(
    changes,
    [...full].flatMap(({ component }) => (component.changes.length === 0 ? component.asked : [])),
  );
  const stored = decided.filter((item) => !lost.has(item) && !full.has(item));
  const activities = stored.flatMap(standingActivities);
  await deps.activities.put(activities);
  const gone = stored.flatMap((item) => item.gone);
  if (gone.length > 0) await deps.activities.drop(gone);
  await writeFollowers(
    deps,
    [...written, ...stored.flatMap(({ owing }) => owing), ...leftovers],
    causedIn(stored, causes),
  );
  const late = stored.flatMap((item) => lateIn(item, now));
  if (late.length > 0) await deps.tellLate?.(late);
  tally.written += written.length;
  tally.activities += activities.length;
  tally.unchanged += stored.filter(({ news, merged }) => news.length + merged.length === 0).length;
  tally.conflicts += lost.size;
  tally.erased += gathered.erased;
  return stillPending(pending, lost);
}

/**
 * Gathers under the definitions and models that hold. A profile that was decided under others may be ahead of the ones in hand:
 * what is published is asked again after the read, and is at least as new as anything that was read.
 */
async function gatherCurrent(deps: ResolveDeps, held: Compiled, pending: Pending) {
  for (let compiled = held; ; ) {
    const rules = foldRules(compiled);
    const gathered = await gather(deps, pending, rules);
    const { version } = compiled.definitions;
    const read = gathered.components.flatMap(({ profiles }) => profiles);
    const asOf = scoringInstant(compiled);
    const isAhead = ({ definitions, scoredAt = asOf }: Profile): boolean => definitions !== version || scoredAt > asOf;
    if (!read.some((profile) => profile.version > 0 && isAhead(profile))) return { gathered, compiled, rules };
    const current = await deps.compiled();
    if (current.definitions.version === version && scoringInstant(current) === asOf) {
      return { gathered, compiled, rules };
    }
    compiled = current;
  }
}

function scoringInstant({ learned }: Compiled): Milliseconds {
  return learned?.models?.asOf ?? Number.NEGATIVE_INFINITY;
}

/** How long before `now` the answers of stored profiles should have turned. */
function lateIn({ component, news }: Decided, now: Milliseconds): Milliseconds[] {
  const written = new Set(news.map(({ id }) => id));
  return component.profiles.flatMap(({ id, flipsAt }) =>
    flipsAt !== null && flipsAt <= now && written.has(id) ? [now - flipsAt] : [],
  );
}

/** What is left for the next round, with the profiles that turned out to belong to it. */
function stillPending({ profiles, reach, marked }: Pending, lost: ReadonlySet<Decided>): Pending {
  const changes = new Map<FragmentId, readonly PersonChange[]>();
  const further = new Map<FragmentId, ReadonlySet<string>>();
  for (const { component, strangers } of lost) {
    for (const [fragment, list] of component.byFragment) {
      changes.set(fragment, list);
      further.set(fragment, new Set([...(reach.get(fragment) ?? []), ...strangers]));
    }
  }
  // Under the ids that were asked for, which may lead to others: by them the message is known.
  const isLeft = (id: string): boolean =>
    [...lost].some(({ component }) => component.asked.includes(component.leads.get(id) ?? id));
  return { changes, profiles: new Set([...profiles].filter(isLeft)), reach: further, marked };
}

/** A batch in which what people wrote is read for its language, sentiment and topic. */
async function heard(batch: readonly Work[], rules: ListeningRules | undefined): Promise<readonly Work[]> {
  const isHeard = (change: Change): change is ActivityChange =>
    change.kind === 'activity' && rules?.to.includes(change.name) === true;
  if (rules === undefined || !batch.some(({ changes }) => changes.some(isHeard))) return batch;
  const reader = await loadReader();
  return batch.map((work) => ({
    ...work,
    changes: work.changes.map((change) => (isHeard(change) ? hearText(change, rules, reader) : change)),
  }));
}

/** Changes by fragment; activities from before retention are in the archive and are not folded. */
function collect(batch: readonly Work[], oldest: number): Pending {
  const changes = new Map<FragmentId, PersonChange[]>();
  for (const work of batch) {
    for (const change of work.changes) {
      if (change.kind === 'account') continue;
      if (change.kind === 'activity' && (parseInstant(change.at) ?? 0) <= oldest) continue;
      const list = changes.get(change.fragment);
      if (list === undefined) changes.set(change.fragment, [change]);
      else list.push(change);
    }
  }
  const marked = new Set(batch.flatMap((work) => work.marked ?? []));
  return { changes, profiles: new Set(batch.flatMap(({ profiles }) => profiles)), reach: new Map(), marked };
}

/** With what stands of records whose word a replay finds void. */
async function withStanding(activities: ActivityStore, pending: Pending): Promise<Pending> {
  const changes = await Promise.all(
    [...pending.changes].map(async ([id, list]) => [id, await tellStanding(activities, id, list)] as const),
  );
  return { ...pending, changes: new Map(changes) };
}

function positionsOf(pending: Pending, batch: readonly Work[]): Set<number> {
  const waits = (work: Work): boolean =>
    work.profiles.some((id) => pending.profiles.has(id)) ||
    work.changes.some((change) => change.kind !== 'account' && pending.changes.has(change.fragment));
  return new Set([...batch.entries()].filter(([, work]) => waits(work)).map(([at]) => at));
}

/** Exponential with full jitter, from 10 ms to about a second: enough for the other writers of one person to finish. */
function backOff(round: number, random: number): number {
  return 10 + random * Math.min(1_000, 20 * 2 ** round);
}

/** Activities that were told, without those that come after a full replay had found them void. */
function standingActivities({ component, profiles }: Decided): ActivityChange[] {
  const voided = new Map<FragmentId, Voided>();
  for (const { fragments } of profiles) {
    for (const id of component.byFragment.keys()) {
      const own = fragments[id]?.voided;
      if (own !== undefined) voided.set(id, own);
    }
  }
  return component.changes.filter(
    (change): change is ActivityChange => change.kind === 'activity' && !isVoided(voided.get(change.fragment), change),
  );
}

function isAboutAccount(change: Change): change is AccountChange {
  return change.kind === 'account';
}
