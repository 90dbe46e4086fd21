import { canonicalText } from './canonical.ts';
import {
  type ActivityChange,
  type ConsentStatement,
  connectionOf,
  type FragmentId,
  type Identifier,
  type PersonChange,
  type ProfileChange,
  type ToldChange,
  type UnmergeChange,
} from './change.ts';
import { addressIdentifier, identifierKey, normaliseIdentifier, replacesFormer } from './identifier.ts';
import { type Milliseconds, parseInstant } from './instant.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { type Entry, mergeEntries } from './segment/entries.ts';
import { type Grants, keepConsent, normaliseConsent, tellGrants } from './told-consent.ts';
import { addVisit, type Visits } from './visits.ts';
import { isVoided, noteVoided, type Voided } from './voided.ts';
import { isWhole, keepsEarliest } from './whole-traits.ts';

/** A trait leaf as one source told it: the value, the source time in ms, the version of the mapping. */
export type Leaf = readonly [value: Json, at: Milliseconds, mapping: number];

/** When a fragment first and last stated an identifier value, in ms of source time. */
export type Stated = readonly [first: Milliseconds, last: Milliseconds];

/** Whether a decision about a record stands, and when it was taken, in ms: the latest word decides. */
export type Verdict = readonly [at: Milliseconds, stands: boolean];

/**
 * All that one source record ever told about a person, folded. Folding is commutative and idempotent: any order and
 * any repetition of the same changes gives the same fragment.
 */
export interface Fragment {
  /** Leaf path → last written value by (source time, mapping version, value). Null = removed by the source. */
  readonly traits: Readonly<Record<string, Leaf>>;
  /** Identifier type → value → when stated. The empty value stands for "has none (any more)". */
  readonly identifiers: Readonly<Record<string, Readonly<Record<string, Stated>>>>;
  readonly consent: readonly ConsentStatement[];
  /** Address and topic (`addressTopic`) → when the record last told that consent is granted, in ms of source time. */
  readonly granted?: Grants;
  /** Segment leaf key → the activities that the leaf still needs, newest first. */
  readonly did: Readonly<Record<string, readonly Entry[]>>;
  /** Account ids that the person belongs to, as last stated. */
  readonly accounts?: Leaf;
  /** The source no longer had the record at this instant: what it told up to then is void. */
  readonly gone?: Milliseconds;
  /** Records that this one is kept apart from, by an unmerge. */
  readonly apart?: Readonly<Record<FragmentId, Verdict>>;
  /** Identifiers (as `identifierKey`) that the record states and that an unmerge took away as evidence. */
  readonly taken?: Readonly<Record<string, Verdict>>;
  /** When the person was on a website or in an app: what sessions are made of. */
  readonly visits?: Visits;
  /** The latest reading of the whole record from the archive: what was told before and is not in it is void. */
  readonly whole?: Whole;
  /** Readings that were all read again: activities of a former mapping come too late. */
  readonly voided?: Voided;
}

/** One reading of a whole record: when the source made it, by which mapping, and what it says of identity and consent. */
export interface Whole {
  readonly at: Milliseconds;
  readonly mapping: number;
  /** Identifiers, as `identifierKey`, sorted. */
  readonly said: readonly string[];
  /** Statements that grant something, as canonical text, sorted. */
  readonly granted: readonly string[];
}

/** What folding needs to know besides the change: rules of the workspace and what segments need of activities. */
export interface FoldRules {
  readonly blocked: ReadonlySet<string>;
  /** Default country for phone numbers of a connection. */
  readonly country: (connection: string) => string | undefined;
  /** Entries that an activity leaves in segment leaves. */
  readonly observe: (activity: ActivityChange) => readonly (readonly [leafKey: string, entry: Entry])[];
}

export const emptyFragment: Fragment = { traits: {}, identifiers: {}, consent: [], did: {} };

/** How many values of one identifier type a fragment remembers; the latest stated. */
const VALUES_KEPT = 1_000;

/** Folds one change into its fragment. Returns the same object when the change tells nothing new. */
export function foldFragment(fragment: Fragment, change: PersonChange, rules: FoldRules): Fragment {
  const at = parseInstant(change.at) ?? 0;
  if (change.kind === 'unmerge') return takeApart(fragment, change, at, rules);
  if (change.kind === 'voided') {
    const voided = noteVoided(fragment.voided, change);
    return voided === fragment.voided ? fragment : { ...fragment, voided };
  }
  if (change.kind === 'activity' && isVoided(fragment.voided, change)) return fragment;
  const mapping = change.mapping ?? 1;
  const identifiers = stateIdentifiers(fragment.identifiers, change, at, rules);
  const told = identifiers === fragment.identifiers ? fragment : { ...fragment, identifiers };
  if (change.kind === 'gone') return (told.gone ?? Number.NEGATIVE_INFINITY) >= at ? told : { ...told, gone: at };
  if (change.kind === 'activity') return rememberActivity(told, change, rules);
  const { country } = optionsFor(change.fragment, rules);
  const stated = normaliseConsent(change.consent ?? [], country);
  const consent = keepConsent(told.consent, stated);
  const granted = tellGrants(told.granted, stated, at);
  const { whole } = told;
  // Older than the whole record, or of an older mapping: nothing of it can hold, and no leaf of it could win.
  const isVoid = whole !== undefined && (at < whole.at || (at === whole.at && mapping < whole.mapping));
  const traits = isVoid ? told.traits : writeLeaves(told.traits, flattenTraits(change.traits ?? {}), at, mapping);
  const accounts =
    isVoid || change.accounts === undefined
      ? told.accounts
      : newer(told.accounts, [[...change.accounts].sort(), at, mapping]);
  const same =
    traits === told.traits && consent === told.consent && granted === told.granted && accounts === told.accounts;
  const more = { ...(granted === undefined ? {} : { granted }), ...(accounts === undefined ? {} : { accounts }) };
  const next = same ? told : { ...told, traits, consent, ...more };
  return change.whole === true && !isVoid ? readWhole(next, wholeOf(change, at, mapping, rules)) : next;
}

/** Takes a reading of the whole record: of two the later holds, and leaves from before it go. */
function readWhole(fragment: Fragment, whole: Whole): Fragment {
  const before = fragment.whole;
  const sameReading = before?.at === whole.at && before.mapping === whole.mapping;
  if (sameReading && canonicalText(before) >= canonicalText(whole)) return fragment;
  const holds = ([, at, mapping]: Leaf): boolean => at > whole.at || (at === whole.at && mapping >= whole.mapping);
  const { accounts, ...rest } = fragment;
  const traits = Object.fromEntries(Object.entries(fragment.traits).filter(([, leaf]) => holds(leaf)));
  return { ...rest, traits, whole, ...(accounts === undefined || !holds(accounts) ? {} : { accounts }) };
}

function wholeOf(change: ProfileChange, at: Milliseconds, mapping: number, rules: FoldRules): Whole {
  const options = optionsFor(change.fragment, rules);
  const said = (change.identifiers ?? []).flatMap((raw) => {
    const normalised = normaliseIdentifier(raw, options);
    return normalised.ok ? [identifierKey(normalised.identifier)] : [];
  });
  const granted = normaliseConsent(change.consent ?? [], options.country).filter(({ state }) => state === 'granted');
  return { at, mapping, said: [...new Set(said)].sort(), granted: granted.map(canonicalText).sort() };
}

/** Whether a leaf still counts: told after the source last lost the record. */
export function isLive(fragment: Fragment, at: Milliseconds): boolean {
  return fragment.gone === undefined || at > fragment.gone;
}

/** Every identifier that records ever stated, as `identifierKey`, sorted: replaced ones too, and what an unmerge took away. */
export function statedEver(fragments: Readonly<Record<FragmentId, Fragment>>): readonly string[] {
  const stated = new Set<string>();
  for (const { identifiers } of Object.values(fragments)) {
    for (const [type, values] of Object.entries(identifiers)) {
      for (const value of Object.keys(values)) if (value !== '') stated.add(identifierKey({ type, value }));
    }
  }
  return [...stated].sort();
}

/** Whether a record stated an identifier, replaced since or not, and no unmerge took it away from the record. */
export function statesEver({ identifiers, ...fragment }: Fragment, identifier: Identifier): boolean {
  const { type, value } = identifier;
  return identifiers[type]?.[value] !== undefined && !isTaken({ identifiers, ...fragment }, identifier);
}

/**
 * The identifiers that are evidence now, with the time each was first stated: replaced values are left out, and what an
 * unmerge took away counts as never stated.
 */
export function evidenceOf(
  fragment: Fragment,
): readonly { readonly identifier: Identifier; readonly first: Milliseconds; readonly last: Milliseconds }[] {
  const found: { identifier: Identifier; first: Milliseconds; last: Milliseconds }[] = [];
  for (const [type, values] of Object.entries(fragment.identifiers)) {
    let latest = Number.NEGATIVE_INFINITY;
    const counting = Object.entries(values).filter(([value, { 1: last }]) => {
      const identifier = { type, value };
      return isStated(fragment, identifier, last) && !isTaken(fragment, identifier);
    });
    for (const [, [, last]] of counting) latest = Math.max(latest, last);
    for (const [value, [first, last]] of counting) {
      if (value === '' || (last < latest && replacesFormer(type))) continue;
      found.push({ identifier: { type, value }, first, last });
    }
  }
  return found;
}

/**
 * Addresses that the record stated, of which it is no evidence (any more), and about which it states consent: another
 * value replaced them, or an unmerge took them away.
 */
export function formerAddresses(fragment: Fragment): readonly Identifier[] {
  const own = spokenAddresses(fragment);
  if (own.length === 0) return own;
  const evidence = new Set(evidenceOf(fragment).map(({ identifier }) => identifierKey(identifier)));
  return own.filter((identifier) => !evidence.has(identifierKey(identifier)));
}

/** Addresses that the record stated, now or before, and about which it states consent. */
export function spokenAddresses(fragment: Fragment): readonly Identifier[] {
  if (fragment.consent.length === 0) return [];
  const addresses = [...new Set(fragment.consent.map(({ address }) => address))];
  return addresses.map(addressIdentifier).filter(({ type, value }) => hasStated(fragment, type, value));
}

function hasStated({ identifiers }: Fragment, type: string, value: string): boolean {
  const values = identifiers[type];
  return values !== undefined && Object.hasOwn(values, value);
}

/** The records that this one may never be joined with, sorted. */
export function apartFrom({ apart }: Fragment): readonly FragmentId[] {
  if (apart === undefined) return [];
  return Object.keys(apart)
    .filter((other) => apart[other]?.[1] === true)
    .sort();
}

function isTaken({ taken }: Fragment, identifier: Identifier): boolean {
  return taken?.[identifierKey(identifier)]?.[1] === true;
}

/** Whether an identifier was stated by the whole record, or after it. */
function isStated({ whole }: Fragment, identifier: Identifier, last: Milliseconds): boolean {
  return whole === undefined || last > whole.at || whole.said.includes(identifierKey(identifier));
}

/** Whether two states of a record say the same about who it is: stated again later is no news. */
export function sameEvidence(a: Fragment, b: Fragment): boolean {
  if (a.apart !== b.apart && apartFrom(a).join('\n') !== apartFrom(b).join('\n')) return false;
  if (a.identifiers === b.identifiers && a.taken === b.taken && a.whole === b.whole) return true;
  const [before, after] = [evidenceOf(a), evidenceOf(b)];
  return (
    before.length === after.length &&
    before.every(
      ({ identifier, first }, at) =>
        identifier.type === after[at]?.identifier.type &&
        identifier.value === after[at]?.identifier.value &&
        first === after[at]?.first,
    )
  );
}

/** Whether two states of a record with the same evidence speak of the same addresses that it stated before. */
export function sameFormerAddresses(a: Fragment, b: Fragment): boolean {
  if (a.consent === b.consent && a.identifiers === b.identifiers) return true;
  const [before, after] = [formerAddresses(a), formerAddresses(b)].map((list) => list.map(identifierKey).sort());
  return before?.join() === after?.join();
}

/** Leaf paths and values of nested traits; lists are leaves. Keys that would touch a prototype are left out. */
export function flattenTraits(traits: JsonObject): Map<string, Json> {
  const leaves = new Map<string, Json>();
  const walk = (prefix: string, value: Json): void => {
    if (!isJsonObject(value) || isWhole(prefix)) {
      leaves.set(prefix, value);
      return;
    }
    for (const key of Object.keys(value)) {
      if (key === '' || (key.includes('__proto__') && key.split('.').includes('__proto__'))) continue;
      walk(prefix === '' ? key : `${prefix}.${key}`, value[key] ?? null);
    }
  };
  walk('', traits);
  leaves.delete('');
  return leaves;
}

/** Writes leaves by last-write-wins (a few by first-write-wins); the same object comes back when nothing wins. */
export function writeLeaves(
  traits: Readonly<Record<string, Leaf>>,
  leaves: ReadonlyMap<string, Json>,
  at: Milliseconds,
  mapping: number,
): Readonly<Record<string, Leaf>> {
  let written: Record<string, Leaf> | undefined;
  for (const [path, value] of leaves) {
    const before = traits[path];
    const leaf = [value, at, mapping] as const;
    const after = keepsEarliest(path) ? older(before, leaf) : newer(before, leaf);
    if (after === before) continue;
    written ??= { ...traits };
    written[path] = after;
  }
  return written ?? traits;
}

/** The leaf that wins by (source time, mapping version, value order); `a` itself when they are equal. */
export function newer(a: Leaf | undefined, b: Leaf): Leaf {
  if (a === undefined) return b;
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  if (a[2] !== b[2]) return a[2] > b[2] ? a : b;
  if (a[0] === b[0]) return a;
  return canonicalText(a[0]) >= canonicalText(b[0]) ? a : b;
}

/** The leaf that was told first; of one instant the one that `newer` prefers. `a` itself when they are equal. */
export function older(a: Leaf | undefined, b: Leaf): Leaf {
  return a === undefined || a[1] === b[1] ? newer(a, b) : a[1] < b[1] ? a : b;
}

function takeApart(fragment: Fragment, change: UnmergeChange, at: Milliseconds, rules: FoldRules): Fragment {
  const verdict: Verdict = [at, change.undone !== true];
  const apart = ruleOn(fragment.apart, change.from, verdict);
  const normalised =
    change.identifier === undefined
      ? undefined
      : normaliseIdentifier(change.identifier, optionsFor(change.fragment, rules));
  const taken = normalised?.ok ? ruleOn(fragment.taken, identifierKey(normalised.identifier), verdict) : fragment.taken;
  if (apart === fragment.apart && taken === fragment.taken) return fragment;
  return { ...fragment, ...(apart === undefined ? {} : { apart }), ...(taken === undefined ? {} : { taken }) };
}

/** The later verdict stands; of two of one instant the one that keeps apart. */
function ruleOn(
  held: Readonly<Record<string, Verdict>> | undefined,
  about: string,
  verdict: Verdict,
): Readonly<Record<string, Verdict>> | undefined {
  const before = held?.[about];
  if (before !== undefined && (before[0] > verdict[0] || (before[0] === verdict[0] && (before[1] || !verdict[1])))) {
    return held;
  }
  return { ...held, [about]: verdict };
}

function optionsFor(fragment: FragmentId, { blocked, country: countryOf }: FoldRules) {
  const country = countryOf(connectionOf(fragment));
  return { blocked, ...(country === undefined ? {} : { country }) };
}

function stateIdentifiers(
  held: Fragment['identifiers'],
  change: ToldChange,
  at: Milliseconds,
  rules: FoldRules,
): Fragment['identifiers'] {
  const options = optionsFor(change.fragment, rules);
  let stated = held;
  const state = (type: string, value: string): void => {
    const held = Object.hasOwn(stated, type) ? stated[type] : undefined;
    const before = held !== undefined && Object.hasOwn(held, value) ? held[value] : undefined;
    if (before !== undefined && before[0] <= at && before[1] >= at) return;
    const values = {
      ...held,
      [value]: [Math.min(before?.[0] ?? at, at), Math.max(before?.[1] ?? at, at)] as const,
    };
    stated = { ...stated, [type]: keepLatest(values) };
  };
  for (const raw of change.identifiers ?? []) {
    const normalised = normaliseIdentifier(raw, options);
    // What is no identifier replaces the former one all the same: the source does not say the former value any more.
    if (normalised.ok) state(normalised.identifier.type, normalised.identifier.value);
    else if (normalised.reason !== 'not-joining' && replacesFormer(raw.type)) state(raw.type, '');
  }
  if (change.kind === 'profile') {
    for (const type of ['email', 'phone']) {
      const cleared = change.traits?.[type] === null;
      if (cleared && !(change.identifiers ?? []).some((identifier) => identifier.type === type)) state(type, '');
    }
  }
  return stated;
}

function keepLatest(values: Readonly<Record<string, Stated>>): Readonly<Record<string, Stated>> {
  if (Object.keys(values).length <= VALUES_KEPT) return values;
  const entries = Object.entries(values);
  entries.sort((a, b) => b[1][1] - a[1][1] || (a[0] < b[0] ? -1 : 1));
  return Object.fromEntries(entries.slice(0, VALUES_KEPT));
}

function rememberActivity(fragment: Fragment, activity: ActivityChange, rules: FoldRules): Fragment {
  let did: Record<string, readonly Entry[]> | undefined;
  for (const [leafKey, entry] of rules.observe(activity)) {
    const held = (did ?? fragment.did)[leafKey];
    const merged = mergeEntries(held ?? [], [entry]);
    if (merged === held) continue;
    did ??= { ...fragment.did };
    did[leafKey] = merged;
  }
  const visits = activity.visit === true ? addVisit(fragment.visits, parseInstant(activity.at) ?? 0) : fragment.visits;
  if (did === undefined && visits === fragment.visits) return fragment;
  return { ...fragment, did: did ?? fragment.did, ...(visits === undefined ? {} : { visits }) };
}
