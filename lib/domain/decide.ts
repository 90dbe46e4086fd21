import { createHash } from 'node:crypto';
import { decideAudiences, sameWanted } from './audience.ts';
import { canonicalText } from './canonical.ts';
import { type Computed, openComputed } from './computed/computed.ts';
import type { Definitions } from './definitions.ts';
import { openCatalogue } from './facet/catalogue.ts';
import type { Regions } from './facet/geography.ts';
import { openTraitReader, type ReadTrait } from './facet/read-trait.ts';
import { type Fragment, isBlank } from './fragment.ts';
import type { Milliseconds } from './instant.ts';
import { type Learned, openLearned } from './learned/learned.ts';
import type { Models } from './learned/model.ts';
import { entriesOf, viewOf } from './person-view.ts';
import type { Follow, Profile, Wanted } from './profile.ts';
import { type Measuring, openMeasuring } from './review/measuring.ts';
import { compile, type Program } from './segment/compile.ts';
import { cutEntries, type Entry, mergeEntries } from './segment/entries.ts';
import { type Answer, evaluate, HORIZON_MS } from './segment/evaluate.ts';
import { type EffectiveTrait, effectiveTraits } from './survivorship.ts';

/** Published definitions, compiled once and used for every profile. */
export interface Compiled {
  readonly definitions: Definitions;
  readonly program: Program;
  /** Names what profiles must remember of activities; a profile that remembers for another is filled from history. */
  readonly needs: string;
  /** Brings traits to their common form before anything is decided on them. */
  readonly read: ReadTrait;
  /** Traits that are computed from activities. Absent: none. */
  readonly computed?: Computed;
  /** What is counted of people besides their segments; what it asks of activities is kept with theirs. */
  readonly measuring: Measuring;
  /** Traits that are learned from activities, with the models that score. Absent: none. */
  readonly learned?: Learned;
}

/** What definitions are compiled with: the table of regions, and the models that people are scored by. */
export interface CompiledWith {
  /** Absent: regions are compared as they were told. */
  readonly regions?: Regions | undefined;
  /** Absent: nobody has a learned trait. */
  readonly models?: Models | undefined;
}

/** Compiles published definitions. */
export function compileDefinitions(definitions: Definitions, { regions, models }: CompiledWith = {}): Compiled {
  const computed = definitions.computed === undefined ? undefined : openComputed(definitions.computed);
  const learned = definitions.learned === undefined ? undefined : openLearned(definitions.learned, models);
  const { timezone } = definitions;
  const made = [computed, learned].filter((one) => one !== undefined);
  const measuring = openMeasuring(definitions);
  const program = compile(definitions.segments, { timezone, made, kept: measuring.program.feeds });
  const needs = createHash('sha256').update(canonicalText(program.needs)).digest('hex').slice(0, 8);
  const read = traitReader(definitions, regions);
  return {
    definitions,
    program,
    needs,
    read,
    measuring,
    ...(computed === undefined ? {} : { computed }),
    ...(learned === undefined ? {} : { learned }),
  };
}

/**
 * The traits of a profile under definitions: their priorities say which value wins, and what is computed and learned is among
 * them. `whole`: everything that was done for a leaf, where a profile kept less than learned traits ask for.
 */
export function traitsUnder(
  { definitions, read, computed, learned }: Pick<Compiled, 'definitions' | 'read' | 'computed' | 'learned'>,
  profile: Profile,
  now: Milliseconds,
  whole?: WholeHistory,
): Map<string, EffectiveTrait> {
  const traits = effectiveTraits(profile, definitions.identity.priorities, read);
  const kept = entriesOf(profile);
  if (computed !== undefined) {
    const timezone = computed.reads.flatMap((path) => traits.get(path)?.value ?? [])[0];
    for (const [path, { value, at, because }] of computed.traitsOf(kept, timezone, now)) {
      traits.set(path, { value, at, source: 'computed', because, losers: [] });
    }
  }
  if (learned?.models !== undefined) {
    const at = learned.models.asOf;
    for (const [path, { value, because }] of learned.traitsOf(whole ?? kept)) {
      traits.set(path, { value, at, source: 'learned', because, losers: [] });
    }
  }
  return traits;
}

/** Everything done for a leaf: what is stored, and what a profile knows of and is not stored yet. */
export function withKept(stored: WholeHistory, profile: Profile): WholeHistory {
  const kept = entriesOf(profile);
  return (leafKey) =>
    mergeEntries(
      stored(leafKey),
      kept(leafKey).filter(([, id]) => id !== ''),
    );
}

/** The reader of traits by the rules of a workspace. */
export function traitReader(definitions: Pick<Definitions, 'traits' | 'identity'>, regions?: Regions): ReadTrait {
  return openTraitReader({
    catalogue: openCatalogue(definitions.traits),
    countries: definitions.identity.countries,
    ...(regions === undefined ? {} : { regions }),
  });
}

/** How long after a write the sweep looks whether its rows were written: a crash between leaves nothing behind. */
export const OUTBOX_GRACE_MS = 60_000;

/** When the sweep must look at a profile: when an answer can flip, or sooner while rows are owed. */
export function dueOf(flipsAt: Milliseconds, outbox: readonly Follow[], now: Milliseconds): Milliseconds {
  return outbox.length > 0 ? Math.min(flipsAt, now + OUTBOX_GRACE_MS) : flipsAt;
}

/** Everything that a leaf ever counted, from stored activities: asked where a profile's own entries overflowed. */
export type WholeHistory = (leafKey: string) => readonly Entry[];

/** A profile with its decisions; `overflowed` names leaves that need more than the profile keeps. */
export interface Decision {
  readonly profile: Profile;
  readonly overflowed: readonly string[];
}

/**
 * Decides everything about a folded profile at `now`: activities still needed, segments, audiences, the next instant at
 * which an answer can change, and what rows must follow. Pure. When leaves overflowed, the decision holds only if it was
 * taken with their whole history.
 */
export function decide(profile: Profile, compiled: Compiled, now: Milliseconds, history?: WholeHistory): Decision {
  const { definitions, program } = compiled;
  const trimmed = { ...profile, fragments: trimActivities(profile.fragments, compiled, now) };
  // What this profile knows and nobody has stored yet counts too: rows follow the profile.
  const whole = history === undefined ? undefined : withKept(history, trimmed);
  const traits = traitsUnder(compiled, trimmed, now, whole);
  const kept = viewOf(trimmed, traits);
  const view = whole === undefined ? kept : { ...kept, history: whole };
  // Nobody is behind records whose word was void: segments of people who are not something would be full of them.
  const nobody = Object.values(trimmed.fragments).every(isBlank);
  const evaluation = nobody ? NO_ANSWERS : evaluate(program, view, now);
  const memberships: Record<string, Milliseconds> = {};
  const outbox: Follow[] = [...profile.outbox];
  let flipsAt = compiled.computed?.flipsAt(entriesOf(trimmed), now) ?? Number.POSITIVE_INFINITY;
  for (const [segment, { member, flipsAt: flips }] of evaluation) {
    const since = profile.memberships[segment];
    if (member) memberships[segment] = since ?? now;
    if (member !== (since !== undefined)) outbox.push({ row: 'segment', segment, member, at: now });
    if (flips !== null && flips < flipsAt) flipsAt = flips;
  }
  for (const segment of Object.keys(profile.memberships)) {
    if (!evaluation.has(segment)) outbox.push({ row: 'segment', segment, member: false, at: now });
  }
  const isMember = (segment: string): boolean => memberships[segment] !== undefined;
  const traitOf = (path: string) => traits.get(path)?.value;
  const decisions = decideAudiences(definitions.audiences, trimmed, { isMember, traitOf }, now);
  // As with segments, what is more than the horizon away is never.
  if (decisions.flipsAt < Math.min(flipsAt, now + HORIZON_MS)) flipsAt = decisions.flipsAt;
  const wanted = followAudiences(trimmed, decisions.wanted, outbox);
  const dueAt = dueOf(flipsAt, outbox, now);
  const decided = {
    ...trimmed,
    memberships,
    wanted,
    ...(Object.keys(decisions.exposed).length === 0 ? {} : { exposed: decisions.exposed }),
    definitions: definitions.version,
    needs: compiled.needs,
    ...(compiled.learned?.models === undefined ? {} : { scoredAt: compiled.learned.models.asOf }),
    flipsAt: instantOrNever(flipsAt),
    dueAt: instantOrNever(dueAt),
    outbox,
  };
  const missing = compiled.learned?.incompleteIn(entriesOf(trimmed)) ?? [];
  return { profile: decided, overflowed: history === undefined ? [...evaluation.overflowed, ...missing] : [] };
}

const NO_ANSWERS = Object.assign(new Map<string, Answer>(), { overflowed: [] });

function instantOrNever(at: Milliseconds): Milliseconds | null {
  return at === Number.POSITIVE_INFINITY ? null : at;
}

/** Keeps what means the same as before, and names in the outbox the rows that must follow what does not. */
function followAudiences(
  profile: Profile,
  decided: Readonly<Record<string, Wanted>>,
  outbox: Follow[],
): Record<string, Wanted> {
  const wanted: Record<string, Wanted> = {};
  for (const [id, after] of Object.entries(decided)) {
    const before = profile.wanted[id];
    if (sameWanted(before, after)) {
      if (before !== undefined) wanted[id] = before;
      continue;
    }
    wanted[id] = after;
    outbox.push({ row: 'audience', audience: id });
  }
  // An audience that is defined no longer wants nobody: should it come back, its rows say so.
  for (const id of Object.keys(profile.wanted)) {
    if (!Object.hasOwn(decided, id)) outbox.push({ row: 'audience', audience: id });
  }
  return wanted;
}

function trimActivities(
  fragments: Profile['fragments'],
  { program, learned }: Pick<Compiled, 'program' | 'learned'>,
  now: Milliseconds,
): Readonly<Record<string, Fragment>> {
  const needs = new Map(program.needs.map((need) => [need.key, need]));
  let trimmed: Record<string, Fragment> | undefined;
  for (const [id, fragment] of Object.entries(fragments)) {
    let did: Record<string, Fragment['did'][string]> | undefined;
    for (const [leafKey, entries] of Object.entries(fragment.did)) {
      const need = needs.get(leafKey);
      const kept = need === undefined ? [] : cutEntries(need, entries, learned?.cutAt(leafKey, now) ?? now);
      if (kept === entries) continue;
      did ??= { ...fragment.did };
      if (kept.length === 0) delete did[leafKey];
      else did[leafKey] = kept;
    }
    if (did === undefined) continue;
    trimmed ??= { ...fragments };
    trimmed[id] = { ...fragment, did };
  }
  return trimmed ?? fragments;
}
