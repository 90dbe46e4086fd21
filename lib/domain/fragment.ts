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
import {
  addressIdentifier,
  identifierKey,
  type Normalised,
  normaliseIdentifier,
  replacesFormer,
} from './identifier.ts';
import { type Milliseconds, parseInstant } from './instant.ts';
import { type Entry, mergeEntries } from './segment/entries.ts';
import { type Grants, keepConsent, normaliseConsent, tellGrants } from './told-consent.ts';
import { flattenTraits, newer, type TraitValue, writeTraits } from './trait-value.ts';
import { noteUnusable, type Refusal, type Unusable } from './unusable.ts';
import { addVisit, type Visits } from './visits.ts';
import { isVoided, noteVoided, type Voided } from './voided.ts';

/** When a fragment first and last stated an identifier value, in ms of source time. */
export type Stated = readonly [first: Milliseconds, last: Milliseconds];

/** Whether a decision about a record stands, and when it was taken, in ms: the latest word decides. */
export type Ruling = readonly [at: Milliseconds, stands: boolean];

/**
 * All that one source record ever told about a person, folded. Folding is commutative and idempotent: any order and
 * any repetition of the same changes gives the same fragment.
 */
export interface Fragment {
  /** Trait path → last written value by (source time, mapping version, value). Null = removed by the source. */
  readonly traits: Readonly<Record<string, TraitValue>>;
  /** Identifier type → value → when stated. The empty value stands for "has none (any more)". */
  readonly identifiers: Readonly<Record<string, Readonly<Record<string, Stated>>>>;
  readonly consent: readonly ConsentStatement[];
  /** Address and topic (`addressTopic`) → when the record last told that consent is granted, in ms of source time. */
  readonly granted?: Grants;
  /** Segment leaf key → the activities that the leaf still needs, newest first. */
  readonly did: Readonly<Record<string, readonly Entry[]>>;
  /** Account ids that the person belongs to, as last stated. */
  readonly accounts?: TraitValue;
  /** The source no longer had the record at this instant: what it told up to then is void. */
  readonly gone?: Milliseconds;
  /** What was told as an identifier and is none. */
  readonly unusable?: Unusable;
  /** Records that this one is kept apart from, by an unmerge. */
  readonly apart?: Readonly<Record<FragmentId, Ruling>>;
  /** Identifiers (as `identifierKey`) that the record states and that an unmerge took away as evidence. */
  readonly taken?: Readonly<Record<string, Ruling>>;
  /** When the person was on a website or in an app: what sessions are made of. */
  readonly visits?: Visits;
  /** The latest reading of the whole record from the archive: what was told before and is not in it is void. */
  readonly whole?: Whole;
  /** When the whole record was last read, in ms of machine time; absent = by no replay. */
  readonly read?: Milliseconds;
  /** Readings that were all read again: what a former mapping made of them comes too late. */
  readonly voided?: Voided;
  /** Of activities that stood when void ones were last taken away, or came since. */
  readonly standing?: Standing;
}

/** Whether a record says nothing: all that it told was void, and is remembered so that it does not come back. */
export function isBlank({ traits, identifiers, consent, did, accounts, visits, standing }: Fragment): boolean {
  return (
    standing?.any === false &&
    accounts === undefined &&
    visits === undefined &&
    consent.length === 0 &&
    [traits, identifiers, did].every((held) => Object.keys(held).length === 0)
  );
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

/** Whether there are any such activities, and which identifiers, as `identifierKey`, they state, and when. */
export interface Standing {
  readonly any: boolean;
  readonly said: Readonly<Record<string, Stated>>;
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
    if (voided === fragment.voided) return fragment;
    const noted = { ...fragment, voided };
    if (change.record !== true) return noted;
    if (change.part === true) return { ...noted, standing: noted.standing ?? NOTHING_STANDS };
    return withoutVoid(noted, parseInstant(change.until) ?? 0);
  }
  if (isVoided(fragment.voided, change)) return fragment;
  const mapping = change.mapping ?? 1;
  const { whole } = fragment;
  // Older than the whole record, or of an older mapping: nothing of it can hold, and no value of it could win.
  const isVoid = whole !== undefined && (at < whole.at || (at === whole.at && mapping < whole.mapping));
  const read = readIdentifiers(change, rules);
  const identifiers = stateIdentifiers(fragment.identifiers, change, read, at);
  const unusable = isVoid ? fragment.unusable : noteUnusable(fragment.unusable, refusalsIn(change, read), at, mapping);
  const same = identifiers === fragment.identifiers && unusable === fragment.unusable;
  const told = same ? fragment : { ...fragment, identifiers, ...(unusable === undefined ? {} : { unusable }) };
  if (change.kind === 'gone') return (told.gone ?? Number.NEGATIVE_INFINITY) >= at ? told : { ...told, gone: at };
  if (change.kind === 'activity') return rememberActivity(standBy(told, change, rules), change, rules);
  const { country } = optionsFor(change.fragment, rules);
  const stated = normaliseConsent(change.consent ?? [], country);
  const consent = keepConsent(told.consent, stated);
  const granted = tellGrants(told.granted, stated, at);
  const traits = isVoid ? told.traits : writeTraits(told.traits, flattenTraits(change.traits ?? {}), at, mapping);
  const accounts =
    isVoid || change.accounts === undefined
      ? told.accounts
      : newer(told.accounts, [[...change.accounts].sort(), at, mapping]);
  const saysNoMore =
    traits === told.traits && consent === told.consent && granted === told.granted && accounts === told.accounts;
  const more = { ...(granted === undefined ? {} : { granted }), ...(accounts === undefined ? {} : { accounts }) };
  const next = saysNoMore ? told : { ...told, traits, consent, ...more };
  if (change.whole !== true) return next;
  const readAt = change.read === undefined ? undefined : parseInstant(change.read.at);
  const isSeen = readAt === undefined || readAt <= (next.read ?? Number.NEGATIVE_INFINITY);
  const seen = isSeen ? next : { ...next, read: readAt };
  return isVoid ? seen : readWhole(seen, wholeOf(change, at, mapping, rules));
}

/**
 * Takes away what the record said of itself and was not read to say again. Denials stay with the addresses that they are
 * about: forgetting one would let somebody be written to who refused. What activities state is told again by those that
 * stand.
 */
function withoutVoid(fragment: Fragment, until: Milliseconds): Fragment {
  const { whole, read = Number.NEGATIVE_INFINITY } = fragment;
  if (whole !== undefined && read >= until) {
    const identifiers = keepStated(fragment.identifiers, (identifier, [first, last]) => {
      if (whole.said.includes(identifierKey(identifier))) return [Math.min(first, whole.at), whole.at];
      return first <= whole.at ? [first, Math.min(last, whole.at)] : undefined;
    });
    const { unusable, ...rest } = fragment;
    const unfit = Object.entries(unusable ?? {}).filter(([, [, at]]) => at <= whole.at);
    const more = unfit.length === 0 ? {} : { unusable: Object.fromEntries(unfit) };
    return { ...rest, identifiers, standing: NOTHING_STANDS, ...more };
  }
  const { traits: _, accounts: __, granted: ___, whole: ____, unusable: _____, ...rest } = fragment;
  const consent = fragment.consent.filter(({ state }) => state === 'denied');
  const refused = new Set(consent.map(({ address }) => identifierKey(addressIdentifier(address))));
  const identifiers = keepStated(fragment.identifiers, (identifier, stated) =>
    refused.has(identifierKey(identifier)) ? stated : undefined,
  );
  return { ...rest, traits: {}, consent, identifiers, standing: NOTHING_STANDS };
}

const NOTHING_STANDS: Standing = { any: false, said: {} };

function keepStated(
  identifiers: Fragment['identifiers'],
  left: (identifier: Identifier, stated: Stated) => Stated | undefined,
): Fragment['identifiers'] {
  const kept = Object.entries(identifiers).flatMap(([type, values]) => {
    const own = Object.entries(values).flatMap(([value, stated]) => {
      const stays = left({ type, value }, stated);
      return stays === undefined ? [] : [[value, stays] as const];
    });
    return own.length === 0 ? [] : [[type, Object.fromEntries(own)] as const];
  });
  return Object.fromEntries(kept);
}

/** Remembers what an activity states, once void ones were taken away: older than the whole record it counts all the same. */
function standBy(fragment: Fragment, activity: ActivityChange, rules: FoldRules): Fragment {
  const { standing } = fragment;
  if (standing === undefined) return fragment;
  const at = parseInstant(activity.at) ?? 0;
  const news = keysIn(activity.identifiers ?? [], optionsFor(activity.fragment, rules)).flatMap((key) => {
    const [first, last] = standing.said[key] ?? [at + 1, at - 1];
    return first <= at && last >= at ? [] : [[key, [Math.min(first, at), Math.max(last, at)] as const] as const];
  });
  if (standing.any && news.length === 0) return fragment;
  return { ...fragment, standing: { any: true, said: { ...standing.said, ...Object.fromEntries(news) } } };
}

function keysIn(identifiers: readonly Identifier[], options: ReturnType<typeof optionsFor>): readonly string[] {
  return identifiers.flatMap((raw) => {
    const normalised = normaliseIdentifier(raw, options);
    return normalised.ok ? [identifierKey(normalised.identifier)] : [];
  });
}

/** Takes a reading of the whole record: of two the later holds, and values from before it go. */
function readWhole(fragment: Fragment, whole: Whole): Fragment {
  const before = fragment.whole;
  const sameReading = before?.at === whole.at && before.mapping === whole.mapping;
  if (sameReading && canonicalText(before) >= canonicalText(whole)) return fragment;
  const holds = ([, at, mapping]: TraitValue): boolean =>
    at > whole.at || (at === whole.at && mapping >= whole.mapping);
  const { accounts, unusable = {}, ...rest } = fragment;
  const traits = Object.fromEntries(Object.entries(fragment.traits).filter(([, value]) => holds(value)));
  const unfit = Object.entries(unusable).filter(([, value]) => holds(value));
  return {
    ...rest,
    traits,
    whole,
    ...(accounts === undefined || !holds(accounts) ? {} : { accounts }),
    ...(unfit.length === 0 ? {} : { unusable: Object.fromEntries(unfit) }),
  };
}

function wholeOf(change: ProfileChange, at: Milliseconds, mapping: number, rules: FoldRules): Whole {
  const options = optionsFor(change.fragment, rules);
  const said = keysIn(change.identifiers ?? [], options);
  const granted = normaliseConsent(change.consent ?? [], options.country).filter(({ state }) => state === 'granted');
  return { at, mapping, said: [...new Set(said)].sort(), granted: granted.map(canonicalText).sort() };
}

/** Whether a value still counts: told after the source last lost the record. */
export function isLive(fragment: Fragment, at: Milliseconds): boolean {
  return fragment.gone === undefined || at > fragment.gone;
}

function takeApart(fragment: Fragment, change: UnmergeChange, at: Milliseconds, rules: FoldRules): Fragment {
  const ruling: Ruling = [at, change.undone !== true];
  const apart = ruleOn(fragment.apart, change.from, ruling);
  const { identifier } = change;
  const normalised =
    identifier === undefined ? undefined : normaliseIdentifier(identifier, optionsFor(change.fragment, rules));
  // What is no identifier by the rules of today may be held since those of yesterday, in the form in which it is named.
  const named = normalised?.ok === true ? normalised.identifier : identifier;
  const taken = named === undefined ? fragment.taken : ruleOn(fragment.taken, identifierKey(named), ruling);
  if (apart === fragment.apart && taken === fragment.taken) return fragment;
  return { ...fragment, ...(apart === undefined ? {} : { apart }), ...(taken === undefined ? {} : { taken }) };
}

/** The later ruling stands; of two of one instant the one that keeps apart. */
function ruleOn(
  held: Readonly<Record<string, Ruling>> | undefined,
  about: string,
  ruling: Ruling,
): Readonly<Record<string, Ruling>> | undefined {
  const before = held?.[about];
  if (before !== undefined && (before[0] > ruling[0] || (before[0] === ruling[0] && (before[1] || !ruling[1])))) {
    return held;
  }
  return { ...held, [about]: ruling };
}

function optionsFor(fragment: FragmentId, { blocked, country: countryOf }: FoldRules) {
  const country = countryOf(connectionOf(fragment));
  return { blocked, ...(country === undefined ? {} : { country }) };
}

interface ReadIdentifier {
  readonly raw: Identifier;
  readonly normalised: Normalised;
}

function readIdentifiers(change: ToldChange, rules: FoldRules): readonly ReadIdentifier[] {
  const options = optionsFor(change.fragment, rules);
  return (change.identifiers ?? []).map((raw) => ({ raw, normalised: normaliseIdentifier(raw, options) }));
}

/** What does not normalise is a trait of the record all the same, unless it tells that trait itself; of an activity it stays there. */
function refusalsIn(change: ToldChange, read: readonly ReadIdentifier[]): readonly Refusal[] {
  return read.flatMap(({ raw: { type, value }, normalised }) => {
    if (normalised.ok || normalised.reason === 'empty' || normalised.reason === 'not-joining') return [];
    const { reason } = normalised;
    const isKept = change.kind === 'profile' && (reason === 'not-an-email' || reason === 'not-a-phone');
    return [{ type, reason, ...(isKept ? { value } : {}) }];
  });
}

function stateIdentifiers(
  held: Fragment['identifiers'],
  change: ToldChange,
  read: readonly ReadIdentifier[],
  at: Milliseconds,
): Fragment['identifiers'] {
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
  for (const { raw, normalised } of read) {
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
