import { setImmediate } from 'node:timers/promises';
import { type Compiled, traitsUnder } from '../../domain/decide.ts';
import { versionOf } from '../../domain/definitions.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { viewOf } from '../../domain/person-view.ts';
import type { Estimate } from '../../domain/preview.ts';
import {
  countSeen,
  type Edited,
  editedIn,
  type Looked,
  type Move,
  noCounts,
  type SegmentCounts,
  standsFor,
} from '../../domain/preview-segment.ts';
import type { Profile } from '../../domain/profile.ts';
import type { CompiledLeaf } from '../../domain/segment/compile.ts';
import { withReferences } from '../../domain/segment/order.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';
import { openCells } from '../describe/segment-people.ts';
import type { ActivityStore, Clock, ProfileStore, StateStore } from '../ports.ts';
import { type DecidedAlone, decideAlone } from '../resolve/decide-alone.ts';
import { isLiving } from '../resolve/gather.ts';
import type { Versions } from '../resolve/refill.ts';
import { compileWhole } from './definitions.ts';
import { readRecounts } from './recount.ts';
import { traitsAskedBy } from './regions.ts';

export interface PreviewSegmentDeps {
  readonly profiles: ProfileStore;
  readonly activities: ActivityStore;
  readonly state: StateStore;
  readonly versions: Versions;
  readonly clock: Pick<Clock, 'now'>;
}

/** What an edited segment would mean, by the people that there was time to look at. */
export interface SegmentPreview {
  readonly counted: Looked;
  /** Who would be in it. */
  readonly total: Estimate;
  readonly moves: Readonly<Record<Move, Estimate>>;
  /** Path of a part of the condition → for how many people it holds. */
  readonly parts: Readonly<Record<string, Estimate>>;
  /** Other published segments, those with most people in both first. */
  readonly overlap: readonly { readonly segment: string; readonly both: Estimate }[];
  /** Some of the people: those who move first. */
  readonly sample: {
    readonly columns: readonly string[];
    readonly people: readonly { readonly move: Move; readonly cells: readonly Json[] }[];
  };
  /** People whose stored activities had to be read, because they do not remember what the segment asks for. */
  readonly filled: number;
}

/** Parts that are walked side by side: the beginning of each is a random sample, because ids are hashes. */
const PARTS = 8;
const SHOWN_OVERLAPS = 20;
const SHOWN_PEOPLE = 4;
const SHOWN_TRAITS = 4;
/** People who are decided without a pause. */
const PEOPLE_AT_ONCE = 20;

/**
 * Previews one edited segment: everybody is decided by it and by what is published, as a plan does it, until `signal` is
 * aborted or `most` people were seen. Writes nothing. What was seen by then is a random sample, which begins with the
 * same people each time: what differs between two edits is hardly an accident. Throws what compiling throws.
 */
export async function previewSegment(
  deps: PreviewSegmentDeps,
  published: Compiled,
  edited: SegmentDefinition,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<SegmentPreview> {
  const { segment } = edited;
  const { segments } = published.definitions;
  const after = await compileAlone(published, withSegment(segments, edited), segment);
  const found = editedIn(after, segment) as Edited;
  const before = await compileAlone(published, segments, segment);
  const now = deps.clock.now().getTime();
  const counts = noCounts();
  const walk: Walk = {
    deps,
    published,
    before,
    after,
    edited: found,
    now,
    counts,
    kept: new Map(),
    filled: 0,
  };
  const ended = await walkSample(walk, most, signal);
  const counted = await lookedAt(deps.state, walk.counts.people, ended);
  const stands = (count: number): Estimate => standsFor(count, counted);
  const { moves, parts, overlap } = walk.counts;
  return {
    counted,
    total: stands(moves.enters + moves.stays),
    moves: { enters: stands(moves.enters), leaves: stands(moves.leaves), stays: stands(moves.stays) },
    parts: Object.fromEntries(found.parts.map(({ path }) => [path, stands(parts[path] ?? 0)])),
    overlap: Object.entries(overlap)
      .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
      .slice(0, SHOWN_OVERLAPS)
      .map(([other, both]) => ({ segment: other, both: stands(both) })),
    sample: await sampleOf(walk),
    filled: walk.filled,
  };
}

/** Segments with an edited one in the place of its former self, or at the end. */
export function withSegment(segments: readonly SegmentDefinition[], edited: SegmentDefinition): SegmentDefinition[] {
  const known = segments.some(({ segment }) => segment === edited.segment);
  if (!known) return [...segments, edited];
  return segments.map((one) => (one.segment === edited.segment ? edited : one));
}

/**
 * One segment with what it refers to: the others need not be asked to know who is in it. Nor is anybody scored where it is
 * not about scores, which takes longer than all the rest.
 */
function compileAlone(
  { definitions, learned }: Compiled,
  segments: readonly SegmentDefinition[],
  segment: string,
): Promise<Compiled> {
  const { version: _, learned: rules, ...rest } = definitions;
  const alone = withReferences(segments, segment);
  const isScored = learned !== undefined && traitsAskedBy(alone).some((path) => path.startsWith(learned.under));
  const content = { ...rest, ...(isScored ? { learned: rules } : {}), segments: alone, audiences: [] };
  return compileWhole({ version: versionOf(content), ...content }, learned?.models);
}

interface Walk {
  readonly deps: PreviewSegmentDeps;
  readonly published: Compiled;
  readonly before: Compiled;
  readonly after: Compiled;
  readonly edited: Edited;
  readonly now: Milliseconds;
  readonly counts: SegmentCounts;
  readonly kept: Map<Move, Profile[]>;
  filled: number;
}

/** Walks until there is no more time, or nobody more. Returns whether everybody was seen. */
async function walkSample(walk: Walk, most: number, signal: AbortSignal): Promise<boolean> {
  const ended = await Promise.all(
    Array.from({ length: PARTS }, async (_, part) => {
      for await (const { people, after } of walk.deps.profiles.scan(part, PARTS)) {
        const living = people.filter(isLiving);
        for (let at = 0; at < living.length; at += PEOPLE_AT_ONCE) {
          await countPage(walk, living.slice(at, at + PEOPLE_AT_ONCE));
          // Whoever only works hears nobody: a connection that is being opened would time out.
          await setImmediate();
        }
        if (after === undefined) return true;
        if (signal.aborted || walk.counts.people >= most) return false;
      }
      return true;
    }),
  );
  return ended.every((one) => one);
}

async function countPage(walk: Walk, people: readonly Profile[]): Promise<void> {
  const { deps, before, after, edited, now } = walk;
  const { segment } = edited;
  const decided = await Promise.all(
    people.map(async (stored) => ({
      stored,
      was: isStanding(stored, walk)
        ? stored.memberships[segment] !== undefined
        : (await decideAlone(deps, stored, before, now)).profile.memberships[segment] !== undefined,
      is: await decideAlone(deps, stored, after, now),
    })),
  );
  for (const { stored, was, is } of decided) {
    if (is.fragments > 0) walk.filled += 1;
    const { memberships } = stored;
    const seen = {
      view: viewBy(after, is, now),
      now,
      was,
      is: is.profile.memberships[segment] !== undefined,
      memberships,
    };
    const move = countSeen(walk.counts, edited, seen);
    if (move === undefined) continue;
    const kept = walk.kept.get(move) ?? [];
    if (kept.length < SHOWN_PEOPLE) walk.kept.set(move, [...kept, stored]);
  }
}

/** Whether what is stored about somebody is still the answer of what is published. Models may have moved since. */
function isStanding({ definitions, flipsAt }: Profile, { published, before, now }: Walk): boolean {
  if (before.learned !== undefined || definitions !== published.definitions.version) return false;
  return flipsAt === null || now < flipsAt;
}

function viewBy(compiled: Compiled, { profile, history }: DecidedAlone, now: Milliseconds) {
  const view = viewOf(profile, traitsUnder(compiled, profile, now, history));
  return history === undefined ? view : { ...view, history };
}

async function lookedAt(state: StateStore, people: number, ended: boolean): Promise<Looked> {
  if (ended) return { how: 'everybody', people, of: people };
  const population = (await readRecounts(state, 1))[0]?.people;
  return { how: 'sample', people, of: population === undefined ? null : Math.max(population, people) };
}

/** Some people with their address and what the condition looks at. */
async function sampleOf({ deps, after, edited, kept, now }: Walk): Promise<SegmentPreview['sample']> {
  const traits = edited.compiled.leaves.flatMap(traitOf);
  const columns = [...new Set(['id', 'email', ...traits.slice(0, SHOWN_TRAITS)])];
  const cells = await openCells(deps, after, now);
  const order: readonly Move[] = ['enters', 'leaves', 'stays'];
  const people = order.flatMap((move) =>
    (kept.get(move) ?? []).map(async (profile) => ({ move, cells: await cells(profile, columns) })),
  );
  return { columns, people: await Promise.all(people) };
}

function traitOf({ written }: CompiledLeaf): string[] {
  const { trait, has_been: held } = written;
  const path = isJsonObject(held) ? held.trait : trait;
  return typeof path === 'string' ? [path] : [];
}
