import type { Change, FragmentId } from './change.ts';
import { leavesList } from './compare-definitions.ts';
import { type Compiled, decide } from './decide.ts';
import type { Milliseconds } from './instant.ts';
import {
  type Comparison,
  compareCompiled,
  countPerson,
  emptyPreview,
  type Preview,
  type PreviewRow,
} from './preview.ts';
import { newProfile, type Profile } from './profile.ts';
import { type OfflineResolver, openOfflineResolver } from './resolve-offline.ts';
import { wholeEntries } from './segment/document.ts';

/** What two definitions make of the same changes. */
export interface OfflinePreview {
  /** People as the new definitions make them; lists count as what the former want of them. */
  readonly preview: Preview;
  /** People of the new definitions who are several of the former, and people of the former who are several of the new. */
  readonly identity: { readonly joined: number; readonly parted: number };
}

/** Compares definitions on changes alone: no stage, no lists of tools. */
export interface OfflineComparison {
  add(change: Change): void;
  /** Decides everybody by both at one instant. Learned traits are unknown: nobody has one. */
  previewAt(now: Milliseconds): OfflinePreview;
}

export function openOfflineComparison(before: Compiled, after: Compiled): OfflineComparison {
  const [then, next] = [openResolver(before), openResolver(after)];
  return {
    add(change) {
      then.add(change);
      next.add(change);
    },
    previewAt: (now) =>
      compareEverybody(everybody(then, before, now), everybody(next, after, now), both(before, after), now),
  };
}

function openResolver({ definitions, read, program }: Compiled): OfflineResolver {
  return openOfflineResolver(definitions.identity, read, program);
}

/** Other rules of identity can move whoever they join or part, in every segment. */
function both(before: Compiled, after: Compiled): Comparison {
  const segments = [before, after].flatMap(({ definitions }) => definitions.segments.map(({ segment }) => segment));
  return { ...compareCompiled(before, after), affected: new Set(segments) };
}

function everybody(resolver: OfflineResolver, compiled: Compiled, now: Milliseconds): readonly Profile[] {
  return [...resolver.profiles()].map((profile) => {
    const decided = decide(profile, compiled, now);
    if (decided.overflowed.length === 0) return decided.profile;
    return decide(profile, compiled, now, wholeEntries(compiled.program, resolver.doneBy(profile))).profile;
  });
}

function compareEverybody(
  before: readonly Profile[],
  after: readonly Profile[],
  comparison: Comparison,
  now: Milliseconds,
): OfflinePreview {
  const kinship = kinshipOf(before, after);
  const preview = emptyPreview();
  for (const person of after) {
    const was = kinship.predecessors.get(person);
    if (was !== undefined) countPerson(preview, comparison, { before: was, after: person, now, rows: rowsOf(was) });
    else countPerson(preview, comparison, { ...PARTED, before: newProfile(person.id), after: person, now });
  }
  for (const was of kinship.absorbed) {
    countPerson(preview, comparison, { ...JOINED, before: was, after: newProfile(was.id), now, rows: rowsOf(was) });
  }
  const { joined, parted } = kinship;
  const left = leftOn(before, comparison);
  return { preview: { ...preview, people: after.length, left }, identity: { joined, parted } };
}

/** Who would stay on lists that nobody keeps any more, by audience. */
function leftOn(before: readonly Profile[], comparison: Comparison): Preview['left'] {
  const after = new Map(comparison.after.definitions.audiences.map((one) => [one.audience, one]));
  const left = comparison.before.definitions.audiences.filter((one) => leavesList(one, after.get(one.audience)));
  return Object.fromEntries(
    left.map(({ audience }) => [audience, before.filter(({ wanted }) => wanted[audience]?.in === true).length]),
  );
}

const PARTED = { because: 'they are a person of their own', rows: new Map<string, PreviewRow>() };
const JOINED = { because: 'they are one person with somebody else' };

interface Kinship {
  /** Who somebody was: whoever holds most of their records, and whom nobody else is the heir of. */
  readonly predecessors: ReadonlyMap<Profile, Profile>;
  /** People who are part of somebody else now. */
  readonly absorbed: readonly Profile[];
  readonly joined: number;
  readonly parted: number;
}

/** Follows everybody by their records, since ids come from evidence that other rules may refuse. */
function kinshipOf(before: readonly Profile[], after: readonly Profile[]): Kinship {
  const owners = new Map<FragmentId, Profile>();
  for (const person of after) for (const id in person.fragments) owners.set(id, person);
  const claims: { readonly was: Profile; readonly is: Profile; readonly records: number }[] = [];
  const formers = new Map<Profile, number>();
  let parted = 0;
  for (const was of before) {
    const shared = new Map<Profile, number>();
    for (const id in was.fragments) {
      const owner = owners.get(id);
      if (owner !== undefined) shared.set(owner, (shared.get(owner) ?? 0) + 1);
    }
    if (shared.size > 1) parted += 1;
    for (const [is, records] of shared) {
      claims.push({ was, is, records });
      formers.set(is, (formers.get(is) ?? 0) + 1);
    }
  }
  const named = ({ was, is }: (typeof claims)[number]): string => `${was.id} ${is.id}`;
  claims.sort((a, b) => b.records - a.records || (named(a) < named(b) ? -1 : 1));
  const predecessors = new Map<Profile, Profile>();
  const followed = new Set<Profile>();
  for (const { was, is } of claims) {
    if (followed.has(was) || predecessors.has(is)) continue;
    predecessors.set(is, was);
    followed.add(was);
  }
  const absorbed = before.filter((was) => !followed.has(was));
  return { predecessors, absorbed, joined: [...formers.values()].filter((many) => many > 1).length, parted };
}

/** What the tools would hold if each list were equal to what was wanted of it. */
function rowsOf({ wanted }: Profile): ReadonlyMap<string, PreviewRow> {
  const rows = Object.entries(wanted).flatMap(([audience, side]): [string, PreviewRow][] => {
    if (!side.in) return [];
    return [[audience, { wanted: side, told: { in: true, keys: side.keys, outcome: 'applied' }, pending: false }]];
  });
  return new Map(rows);
}
