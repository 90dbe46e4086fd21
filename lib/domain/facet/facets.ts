import { evidenceOf } from '../evidence.ts';
import { type Fragment, isLive } from '../fragment.ts';
import { identifierKey } from '../identifier.ts';
import { formatInstant, type Milliseconds, parseInstant } from '../instant.ts';
import type { Json } from '../json.ts';
import { identifiersOf, type Profile } from '../profile.ts';
import type { EffectiveTrait } from '../survivorship.ts';
import { type Catalogue, type FacetName, facetNames, type TraitType } from './catalogue.ts';
import type { ReadTrait } from './read-trait.ts';

/** One value as one source told it. `told` is there where the source wrote it otherwise. Instants are RFC 3339. */
export interface SourcedValue {
  readonly value: Json;
  readonly told?: Json;
  readonly source: string;
  readonly at: string;
}

/** One line of a facet: the value that holds, where it comes from, and what other sources say. */
export interface FacetValue extends SourcedValue {
  readonly name: string;
  readonly title: string;
  /** What the value ought to be, where somebody said so. */
  readonly type?: TraitType;
  /** The value is not of its type; nothing is made of it silently. */
  readonly mismatch?: true;
  /** What a computed value was made of, in words. */
  readonly because?: string;
  readonly losers: readonly SourcedValue[];
}

/** Everything known about a person by its kind. */
export type Facets = Readonly<Record<FacetName, readonly FacetValue[]>>;

/** What activities tell as a whole: the behavioural side that is not a trait. */
export interface Behaviour {
  readonly total: number;
  readonly last?: { readonly name: string; readonly at: string; readonly fragment: string };
}

/** Sorts effective traits, identifiers and behaviour of a person into the seven facets. */
export function facetsOf(
  profile: Pick<Profile, 'fragments' | 'accounts' | 'refused'>,
  traits: ReadonlyMap<string, EffectiveTrait>,
  behaviour: Behaviour,
  { catalogue, read }: { readonly catalogue: Catalogue; readonly read: ReadTrait },
): Facets {
  const facets = Object.fromEntries(facetNames.map((name) => [name, [] as FacetValue[]])) as Record<
    FacetName,
    FacetValue[]
  >;
  const sourced = (path: string, told: Json, source: string, at: Milliseconds): SourcedValue => {
    const beside = profile.fragments[source]?.traits ?? profile.accounts[source] ?? {};
    const value = read(path, told, source, beside);
    return { value, ...(value === told ? {} : { told }), source, at: formatInstant(at) };
  };
  for (const [path, { value, told, at, source, because, losers }] of traits) {
    const kind = catalogue.kindOf(path);
    const type = kind?.type;
    facets[kind?.facet ?? facetOfSource(source, profile.fragments)].push({
      name: path,
      title: kind?.title ?? titleOf(path),
      ...(type === undefined ? {} : { type }),
      value,
      ...(told === undefined ? {} : { told }),
      source,
      at: formatInstant(at),
      ...(type === undefined || fits(type, value) ? {} : { mismatch: true as const }),
      ...(because === undefined ? {} : { because }),
      losers: losers.map((loser) => sourced(path, loser.value, loser.source, loser.at)),
    });
  }
  facets.identity.push(...identifierLines(profile, facets.identity));
  facets.behavioural.push(...behaviourLines(behaviour));
  return facets;
}

/**
 * The facet of a trait that nobody named, by who told it: what people say in forms, surveys and when they register is
 * explicit, what accounts say is firmographic; all else is held about the person without having been said by them.
 */
function facetOfSource(source: string, fragments: Profile['fragments']): FacetName {
  if (!Object.hasOwn(fragments, source)) return 'firmographic';
  const [connection = '', object = ''] = source.split(':');
  return SAID_BY_THE_PERSON.test(object) || `${connection}:${object}` === 'web:user' ? 'explicit' : 'implicit';
}

const SAID_BY_THE_PERSON = /(^|[_-])(forms?|surveys?|responses?|submissions?|registrations?|answers?)$/;

/** Whether a value, in its common form, is of the type. Nothing is coerced: a number in a text is a text. */
function fits(type: TraitType, value: Json): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'instant':
      return parseInstant(value) !== undefined;
    case 'date':
      return typeof value === 'string' && (/^\d{4}-\d{2}-\d{2}$/.test(value) || parseInstant(value) !== undefined);
    case 'email':
      return typeof value === 'string' && /^[^\s@]+@[^\s@][^\s@.]*\.[^\s@]+$/.test(value);
    case 'phone':
      return typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value);
    case 'country':
      return typeof value === 'string' && /^[A-Z]{2}$/.test(value);
    case 'region':
      return typeof value === 'string' && /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(value);
    case 'url':
      return typeof value === 'string' && /^(https?:\/\/)?[^\s/][^\s/.]*\.\S+$/.test(value);
    case 'text':
      return typeof value === 'string';
  }
}

/** Identifiers that no line about a trait shows already, each with the record that stated it first. */
function identifierLines(
  profile: Pick<Profile, 'fragments' | 'refused'>,
  shown: readonly FacetValue[],
): readonly FacetValue[] {
  const firstStated = new Map<string, { source: string; first: Milliseconds }>();
  for (const [source, fragment] of Object.entries(profile.fragments) as [string, Fragment][]) {
    for (const { identifier, first, last } of evidenceOf(fragment)) {
      if (!isLive(fragment, last)) continue;
      const key = identifierKey(identifier);
      const before = firstStated.get(key);
      if (before === undefined || first < before.first) firstStated.set(key, { source, first });
    }
  }
  return identifiersOf(profile).flatMap((identifier): FacetValue[] => {
    const { type, value } = identifier;
    if (shown.some((line) => line.name === type && line.value === value)) return [];
    const stated = firstStated.get(identifierKey(identifier));
    const at = formatInstant(stated?.first ?? 0);
    return [{ name: type, title: titleOf(type), value, source: stated?.source ?? '', at, losers: [] }];
  });
}

function behaviourLines({ total, last }: Behaviour): readonly FacetValue[] {
  if (last === undefined) return [];
  const { at, fragment: source, name } = last;
  const line = { source, at, losers: [] };
  return [
    { name: 'activities', title: 'Activities', type: 'number', value: total, ...line },
    { name: 'last_activity', title: 'Last activity', type: 'text', value: name, ...line },
    { name: 'last_activity_at', title: 'Last active', type: 'instant', value: at, ...line },
  ];
}

/** `mailchimp.open_rate` → `Mailchimp: open rate`. */
function titleOf(path: string): string {
  const words = path.split('.').map((step) => step.replaceAll('_', ' '));
  const [first = '', ...rest] = words;
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(': ');
}
