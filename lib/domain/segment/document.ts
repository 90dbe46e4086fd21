import type { ConsentStatement } from '../change.ts';
import { grantedFrom, NEVER_GRANTED } from '../consent.ts';
import type { ReadTrait } from '../facet/read-trait.ts';
import { formatInstant, type Milliseconds, parseInstant } from '../instant.ts';
import { isJsonObject, isShallow, type Json, type JsonObject, mostLevels } from '../json.ts';
import { nestTraits } from '../survivorship.ts';
import { normaliseConsent } from '../told-consent.ts';
import { flattenTraits } from '../trait-value.ts';
import { compile, type Program } from './compile.ts';
import { cutEntries, type Entry, mergeEntries, type ObservedActivity, observe } from './entries.ts';
import { evaluateOne } from './evaluate.ts';
import { lookUp } from './path.ts';
import { readInstant } from './read-instant.ts';
import { explain, type Receipt, unknownSegment } from './receipt.ts';
import type { PersonView } from './view.ts';

/** A person as `tributary evaluate` and the tests inside segment files write one. */
export interface PersonDocument {
  readonly id: string;
  readonly traits: JsonObject;
  /** Path → since when its value holds, in ms; for `has_been`. */
  readonly since: Readonly<Record<string, Milliseconds>>;
  readonly activities: readonly ObservedActivity[];
  /** Other segments that the person is in; undefined = to be worked out. */
  readonly segments: ReadonlySet<string> | undefined;
  readonly consent: readonly ConsentStatement[];
}

export type ReadDocument =
  | { readonly ok: true; readonly document: PersonDocument }
  | { readonly ok: false; readonly code: 'segment/bad-document'; readonly reason: string };

/** One line of `tributary evaluate`. */
export interface DocumentAnswer {
  readonly id: string;
  readonly member: boolean;
  readonly flips_at: string | null;
  readonly receipt: Receipt;
}

/**
 * Reads a person from JSON: `{id, traits, activities: [{id, name, at, properties}], segments, consent, since}`, all of
 * them optional. Activities without an id are all different. Traits are read by `read` and addresses of consent as those of
 * profiles, so that the answer is the one that is given about a stored person. Reasons hold no values.
 */
export function readDocument(value: unknown, read: ReadTrait): ReadDocument {
  if (!isJsonObject(value)) return refuse('expected an object');
  if (!isShallow(value)) return refuse(`expected at most ${mostLevels} levels`);
  const { id = '', traits = {}, activities = [], segments, consent = [], since = {} } = value;
  if (typeof id !== 'string') return refuse('id: expected a text');
  if (!isJsonObject(traits)) return refuse('traits: expected an object');
  if (!Array.isArray(activities)) return refuse('activities: expected a list');
  if (!Array.isArray(consent)) return refuse('consent: expected a list');
  if (!isJsonObject(since)) return refuse('since: expected an object');
  const done = (activities as Json[]).map(readActivity);
  const badActivity = done.indexOf(undefined);
  if (badActivity >= 0)
    return refuse(`activities[${badActivity}]: expected name and at (RFC 3339), and properties as an object`);
  const stated = (consent as Json[]).map(readStatement);
  const badStatement = stated.indexOf(undefined);
  if (badStatement >= 0)
    return refuse(`consent[${badStatement}]: expected topic, state (granted or denied) and at (RFC 3339)`);
  const addressed = (stated as ConsentStatement[]).map(readAddress);
  const badAddress = addressed.indexOf(undefined);
  if (badAddress >= 0) {
    return refuse(`consent[${badAddress}]: expected somebody's e-mail address, or phone number with its country`);
  }
  if (segments !== undefined && !(Array.isArray(segments) && segments.every((name) => typeof name === 'string'))) {
    return refuse('segments: expected a list of texts');
  }
  const held = Object.entries(since).map(([path, at]) => [path, parseInstant(at)] as const);
  if (held.some(([, at]) => at === undefined)) return refuse('since: expected instants (RFC 3339)');
  return {
    ok: true,
    document: {
      id,
      traits: readTraits(traits, read),
      since: Object.fromEntries(held) as Record<string, Milliseconds>,
      activities: done as ObservedActivity[],
      segments: segments === undefined ? undefined : new Set(segments as string[]),
      consent: addressed as ConsentStatement[],
    },
  };
}

/**
 * Evaluates one segment for a person read from JSON, through the same entries that profiles keep. Where the document
 * lists `segments`, membership of other segments comes from there; otherwise from the program. `segment` may be left out
 * when the program has one. Throws TributaryError `config` `segment/unknown`.
 */
export function evaluateDocument(
  program: Program,
  document: PersonDocument,
  now: Milliseconds,
  segment: string = program.segments[0] ?? '',
): DocumentAnswer {
  const position = program.positions.get(segment);
  if (position === undefined) throw unknownSegment(segment, program);
  const asked = document.segments === undefined ? program : alone(program, position);
  const compiled = asked.compiled[asked.positions.get(segment) ?? -1];
  if (compiled === undefined) throw unknownSegment(segment, program);
  const whole = wholeEntries(asked, document.activities);
  const needs = new Map(asked.needs.map((need) => [need.key, need]));
  const view = viewOfDocument(document, whole);
  const kept: PersonView = {
    ...view,
    entries(leafKey) {
      const need = needs.get(leafKey);
      const entries = whole(leafKey);
      return need === undefined ? entries : cutEntries(need, entries, now);
    },
  };
  const { member, flipsAt } = evaluateOne(asked, compiled, kept, now);
  return {
    id: document.id,
    member,
    flips_at: flipsAt === null ? null : formatInstant(flipsAt),
    receipt: explain(asked, segment, view, now),
  };
}

/** All entries that a list of activities leaves, by leaf key: what `PersonView.history` answers from. */
export function wholeEntries(
  program: Program,
  activities: readonly ObservedActivity[],
): (leafKey: string) => readonly Entry[] {
  const left = new Map<string, Entry[]>();
  for (const activity of activities) {
    for (const [key, entry] of observe(program, activity)) {
      const list = left.get(key);
      if (list === undefined) left.set(key, [entry]);
      else list.push(entry);
    }
  }
  const sorted = new Map([...left].map(([key, entries]) => [key, mergeEntries([], entries)]));
  return (leafKey) => sorted.get(leafKey) ?? [];
}

function viewOfDocument(document: PersonDocument, whole: (leafKey: string) => readonly Entry[]): PersonView {
  const addresses = [...new Set(document.consent.map(({ address }) => address))];
  const permits = (topic: string): Milliseconds =>
    addresses.reduce((from, address) => Math.min(from, grantedFrom(document.consent, address, topic)), NEVER_GRANTED);
  return {
    id: document.id,
    trait: (path) => lookUp(document.traits, path),
    since: (path) => (Object.hasOwn(document.since, path) ? document.since[path] : undefined),
    entries: whole,
    history: whole,
    consent: permits,
    subscribed: permits,
    memberOf: (segment) => document.segments?.has(segment),
  };
}

const soloPrograms = new WeakMap<Program, Map<number, Program>>();

/** The program of one segment alone, so that every other segment is asked of the document. */
function alone(program: Program, position: number): Program {
  if (program.segments.length === 1) return program;
  const solos = soloPrograms.get(program) ?? new Map<number, Program>();
  soloPrograms.set(program, solos);
  const known = solos.get(position);
  if (known !== undefined) return known;
  const solo = compile(program.definitions.slice(position, position + 1), program.options);
  solos.set(position, solo);
  return solo;
}

function readActivity(value: Json, index: number): ObservedActivity | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id = `activity ${index + 1}`, name, at, properties } = value;
  if (typeof id !== 'string' || id === '' || typeof name !== 'string' || typeof at !== 'string') return undefined;
  if (readInstant(at) === undefined) return undefined;
  if (properties === undefined || properties === null) return { id, name, at };
  return isJsonObject(properties) ? { id, name, at, properties } : undefined;
}

function readStatement(value: Json): ConsentStatement | undefined {
  if (!isJsonObject(value)) return undefined;
  const { address = '', state, at, source = '', by = 'person' } = value;
  const topic = value.topic ?? value.channel ?? value.purpose;
  if (typeof address !== 'string' || typeof topic !== 'string' || typeof source !== 'string') return undefined;
  if (typeof at !== 'string' || parseInstant(at) === undefined) return undefined;
  if ((state !== 'granted' && state !== 'denied') || (by !== 'person' && by !== 'company')) return undefined;
  return { address, topic, state, at, source, by };
}

/** Statements that name no address are about one and the same. */
function readAddress(statement: ConsentStatement): ConsentStatement | undefined {
  return statement.address === '' ? statement : normaliseConsent([statement], undefined)[0];
}

/** The traits as a profile of one record has them: what is null is missing. */
function readTraits(written: JsonObject, read: ReadTrait): JsonObject {
  const told = [...flattenTraits(written)].filter(([, value]) => value !== null);
  const beside = Object.fromEntries(told.map(([path, value]) => [path, [value, 0, 1] as const]));
  return nestTraits(new Map(told.map(([path, value]) => [path, { value: read(path, value, '', beside) }])));
}

function refuse(reason: string): ReadDocument {
  return { ok: false, code: 'segment/bad-document', reason };
}
