import { type Compiled, decide, type WholeHistory, withKept } from '../../domain/decide.ts';
import type { Fragment } from '../../domain/fragment.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Profile } from '../../domain/profile.ts';
import { wholeEntries } from '../../domain/segment/document.ts';
import type { ActivityStore } from '../ports.ts';
import { everythingDone, foldRules, refillFragment, remembersTooLittle, type Versions } from './refill.ts';

/** A stored profile decided by some definitions, without a write, and what that read of history. */
export interface DecidedAlone {
  readonly profile: Profile;
  readonly fragments: number;
  readonly activities: number;
  /** Everything that was done, where the person's own memory overflowed and it was read. */
  readonly history?: WholeHistory;
}

/**
 * Decides one stored person by some definitions as resolve-profile would: filled from history where the definitions need
 * more than the profile remembers, answered from whole history where its memory overflowed. Writes nothing.
 */
export async function decideAlone(
  deps: { readonly activities: ActivityStore; readonly versions: Versions },
  profile: Profile,
  compiled: Compiled,
  now: Milliseconds,
): Promise<DecidedAlone> {
  const filled = await fillAlone(deps, profile, compiled, now);
  const kept = decide(filled.profile, compiled, now);
  if (kept.overflowed.length === 0) return { ...filled, profile: kept.profile };
  const done = await everythingDone(deps.activities, filled.profile);
  const history = wholeEntries(compiled.program, done);
  const whole = decide(filled.profile, compiled, now, history);
  return { ...filled, profile: whole.profile, history: withKept(history, filled.profile) };
}

/** A stored profile with what some definitions need of its activities: from history, where it remembers less. */
export async function fillAlone(
  deps: { readonly activities: ActivityStore; readonly versions: Versions },
  profile: Profile,
  compiled: Compiled,
  now: Milliseconds,
): Promise<DecidedAlone> {
  if (!(await remembersTooLittle(profile, compiled, deps.versions))) return { profile, fragments: 0, activities: 0 };
  return refill(deps.activities, profile, compiled, now);
}

async function refill(activities: ActivityStore, profile: Profile, compiled: Compiled, now: Milliseconds) {
  const given = { rules: foldRules(compiled), oldest: now - compiled.definitions.privacy.activitiesKeptMs };
  const filled = await Promise.all(
    Object.entries(profile.fragments).map(async ([id, fragment]) => {
      return [id, await refillFragment(activities, id, fragment, given)] as const;
    }),
  );
  const fragments: Record<string, Fragment> = Object.fromEntries(filled.map(([id, { fragment }]) => [id, fragment]));
  const read = filled.reduce((sum, [, one]) => sum + one.read, 0);
  return { profile: { ...profile, fragments }, fragments: filled.length, activities: read };
}
