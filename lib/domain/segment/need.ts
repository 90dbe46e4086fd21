import type { Milliseconds } from '../instant.ts';

/** Which entries a leaf key must keep, per fragment: the union of what every leaf of the program asks. */
export interface Keep {
  /** That many of the newest past entries: the largest count any leaf asks, plus one. */
  readonly latest: number;
  /** The very first entry too. */
  readonly oldest: boolean;
  /** Everything newer than this; 0 = nothing because of its age, `ever` = everything. */
  readonly window: Milliseconds | 'ever';
  /** At most so many in all (the first entry not counted); what is lost past it is marked. */
  readonly cap: number;
}

/** What must be kept about one kind of activity so that every leaf that counts it can be answered exactly. */
export interface LeafNeed {
  /** Stable over definitions: depends on the activity, its `where`, its fixed range and the value kept, not on counts. */
  readonly key: string;
  readonly activity: string;
  readonly keep: Keep;
}

/** Entries kept for leaves that need all of a window, unless `compile` is told otherwise. */
export const DEFAULT_CAP = 256;

/** The weakest keep that satisfies both. */
export function widerKeep(a: Keep, b: Keep): Keep {
  return {
    latest: Math.max(a.latest, b.latest),
    oldest: a.oldest || b.oldest,
    window: a.window === 'ever' || b.window === 'ever' ? 'ever' : Math.max(a.window, b.window),
    cap: Math.max(a.cap, b.cap),
  };
}

/**
 * Leaf keys whose kept entries do not suffice for `after` if they were kept for `before`: what must be filled from
 * stored activities before `after` may answer.
 */
export function unmetNeeds(before: readonly LeafNeed[], after: readonly LeafNeed[]): string[] {
  const held = new Map(before.map((need) => [need.key, need.keep]));
  return after.filter(({ key, keep }) => !suffices(held.get(key), keep)).map(({ key }) => key);
}

function suffices(held: Keep | undefined, wanted: Keep): boolean {
  if (held === undefined) return false;
  if (held.window === 'ever') return true;
  if (wanted.window === 'ever' || wanted.window > held.window) return false;
  return wanted.latest <= held.latest && (held.oldest || !wanted.oldest);
}
