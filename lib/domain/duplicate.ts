import { createHash } from 'node:crypto';
import { jaroWinkler } from '@skyra/jaro-winkler';
import type { FragmentId, Identifier } from './change.ts';
import { foldText as fold } from './fold-text.ts';
import type { Json } from './json.ts';

/**
 * What two people are compared by: folded texts, so that case, accents and punctuation do not count, nor whether an
 * umlaut is written out (`Müller`, `Mueller`, `Muller`).
 */
export interface Comparable {
  readonly id: string;
  /** Sorted. */
  readonly fragments: readonly FragmentId[];
  readonly firstName: string;
  readonly lastName: string;
  readonly postalCode: string;
  readonly city: string;
  readonly company: string;
  readonly birthday: string;
  readonly localParts: readonly string[];
  /** The last digits of phone numbers, however the rest is written. */
  readonly phoneEndings: readonly string[];
  readonly userIds: readonly string[];
}

/** One thing that speaks for two people being one, or against it (a negative weight), in bits of evidence. */
export interface Reason {
  readonly about: 'last_name' | 'first_name' | 'email' | 'phone' | 'postal_code' | 'city' | 'company' | 'birthday';
  /** 0 to 1. */
  readonly similarity: number;
  readonly weight: number;
}

/** How alike two people are: a likelihood from 0 to 1, and why. */
export interface Likeness {
  readonly score: number;
  readonly reasons: readonly Reason[];
}

/** Two people who may be one. Nothing is done about it until somebody accepts it. */
export interface Suggestion extends Likeness {
  /** The name of the pair: the same whichever comes first. */
  readonly id: string;
  readonly people: readonly [string, string];
  /** The first record of each: what an accepted suggestion joins. */
  readonly fragments: readonly [FragmentId, FragmentId];
}

/** The identifier type by which an accepted suggestion joins two records, as evidence like any other. */
export const SAME_PERSON = 'same_person';

/** People with one block key are compared; more of them than this have nothing in common but a frequent name. */
export const mostInBlock = 50;

/** Digits at the end of a phone number that are the same with and without country and area code. */
const PHONE_ENDING = 7;
/** Mailboxes that stand for an office, not for somebody. */
const OFFICES = /^(info|contact|kontakt|office|mail|post|sales|support|hello|admin|service|team|buchhaltung|einkauf)$/;
/** Two people drawn at random from a block are the same with odds of one to two to the power of this. */
const PRIOR_BITS = 9;

/** What of a person is compared. `trait` answers by dotted path. */
export function comparableOf(person: {
  readonly id: string;
  readonly fragments: readonly FragmentId[];
  readonly identifiers: readonly Identifier[];
  readonly trait: (path: string) => Json | undefined;
}): Comparable {
  const { id, fragments, identifiers, trait } = person;
  const text = (path: string): string => {
    const value = trait(path);
    return typeof value === 'string' || typeof value === 'number' ? fold(String(value)) : '';
  };
  const valuesOf = (type: string): string[] =>
    identifiers.filter((identifier) => identifier.type === type).map(({ value }) => value);
  const emails = [...valuesOf('email'), ...said(trait('email'))];
  const phones = [...valuesOf('phone'), ...said(trait('phone'))];
  const name = (path: string): string[] =>
    text(path)
      .replace(/([aou])e/g, '$1')
      .split(' ');
  const [whole, last] = [name('name'), name('last_name').join(' ')];
  return {
    id,
    fragments: [...fragments].sort(),
    firstName: name('first_name')[0] || (whole[0] ?? ''),
    lastName: last || (whole.length > 1 ? (whole.at(-1) ?? '') : ''),
    postalCode: text('address.postal_code'),
    city: text('address.city'),
    company: text('company.name').replace(/ (gmbh|ag|kg|inc|ltd|llc|co|corp|sa|bv|se)\b.*$/, ''),
    birthday: text('birthday'),
    localParts: unique(emails.map(localPart)),
    phoneEndings: unique(phones.map(phoneEnding)),
    userIds: valuesOf('user_id').sort(),
  };
}

/** Texts by which people who may be the same come together. Few and cheap; who shares none is never compared. */
export function blockKeys(of: Comparable): readonly string[] {
  const { firstName, lastName, postalCode, company, localParts, phoneEndings } = of;
  const named = firstName !== '' && lastName !== '';
  return [
    ...(lastName !== '' && postalCode !== '' ? [`place|${lastName}|${postalCode}`] : []),
    ...(named ? [`name|${lastName}|${firstName.slice(0, 3)}`] : []),
    ...(named && company !== '' ? [`company|${company}|${lastName[0]}${firstName[0]}`] : []),
    ...localParts.map((part) => `mailbox|${part}`),
    ...phoneEndings.map((ending) => `phone|${ending}`),
  ];
}

/**
 * How likely two people are one, after Fellegi and Sunter: what agrees and what differs adds or takes bits of evidence.
 * Undefined for two people with different user ids: they are known to be two.
 */
export function compare(a: Comparable, b: Comparable): Likeness | undefined {
  if (a.userIds.length > 0 && b.userIds.length > 0 && !a.userIds.some((id) => b.userIds.includes(id))) return undefined;
  const reasons = [
    likeness('last_name', a.lastName, b.lastName, { alike: 0.92, agree: 4, differ: -4 }),
    likeness('first_name', a.firstName, b.firstName, { alike: 0.88, agree: 3, differ: -3 }),
    best('email', a.localParts, b.localParts, { alike: 0.93, agree: 5, differ: 0 }),
    best('phone', a.phoneEndings, b.phoneEndings, { alike: 1, agree: 6, differ: 0 }),
    likeness('postal_code', a.postalCode, b.postalCode, { alike: 1, agree: 4, differ: -1 }),
    likeness('city', a.city, b.city, { alike: 0.93, agree: 2, differ: -1 }),
    likeness('company', a.company, b.company, { alike: 0.93, agree: 3, differ: -1 }),
    likeness('birthday', a.birthday, b.birthday, { alike: 1, agree: 6, differ: -6 }),
  ].filter((reason): reason is Reason => reason !== undefined && reason.weight !== 0);
  const bits = reasons.reduce((sum, { weight }) => sum + weight, 0) - PRIOR_BITS;
  return { score: rounded(1 / (1 + 2 ** -bits)), reasons };
}

/** A suggestion for two people, whichever comes first; undefined when they are not alike enough. */
export function suggest(a: Comparable, b: Comparable, threshold: number): Suggestion | undefined {
  const likely = compare(a, b);
  const [x, y] = [a, b].sort((one, two) => ((one.fragments[0] ?? '') < (two.fragments[0] ?? '') ? -1 : 1));
  const [first, second] = [x?.fragments[0], y?.fragments[0]];
  if (likely === undefined || likely.score < threshold || first === undefined || second === undefined) return undefined;
  return {
    id: pairId(first, second),
    people: [x?.id ?? '', y?.id ?? ''],
    fragments: [first, second],
    ...likely,
  };
}

/** Every suggestion among some people, the likeliest first. `skipped` counts blocks that held too many. */
export function suggestAmong(
  people: Iterable<Comparable>,
  threshold: number,
): { readonly suggestions: readonly Suggestion[]; readonly skipped: number } {
  const blocks = new Map<string, Comparable[]>();
  for (const person of people) {
    for (const key of blockKeys(person)) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [person]);
      else block.push(person);
    }
  }
  const found = new Map<string, Suggestion>();
  let skipped = 0;
  for (const block of blocks.values()) {
    if (block.length > mostInBlock) {
      skipped += 1;
      continue;
    }
    for (const [at, a] of block.entries()) {
      for (const b of block.slice(at + 1)) {
        const suggestion = suggest(a, b, threshold);
        if (suggestion !== undefined) found.set(suggestion.id, suggestion);
      }
    }
  }
  const order = (a: Suggestion, b: Suggestion): number => b.score - a.score || (a.id < b.id ? -1 : 1);
  return { suggestions: [...found.values()].sort(order), skipped };
}

/** The name of two records as a pair, in either order. */
export function pairId(a: FragmentId, b: FragmentId): string {
  const text = JSON.stringify([a, b].sort());
  return `d_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
}

/** Traits whose change can make two people alike. */
const COMPARED = [
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'address.postal_code',
  'address.city',
  'company.name',
  'birthday',
];

interface Held {
  readonly fragments: Readonly<
    Record<FragmentId, { readonly traits: Readonly<Record<string, readonly [Json, ...unknown[]]>> }>
  >;
  readonly accounts: Readonly<Record<string, Readonly<Record<string, readonly [Json, ...unknown[]]>>>>;
}

/** Whether a person must be compared with others again: cheap, because it is asked at every write. */
export function changesLikeness(before: Held | undefined, after: Held): boolean {
  const ids = Object.keys(after.fragments);
  if (before === undefined)
    return ids.some((id) => COMPARED.some((path) => path in (after.fragments[id]?.traits ?? {})));
  if (ids.length !== Object.keys(before.fragments).length) return true;
  return (
    companyOf(before) !== companyOf(after) ||
    ids.some((id) => {
      const [a, b] = [before.fragments[id]?.traits, after.fragments[id]?.traits];
      return a !== b && COMPARED.some((path) => a?.[path]?.[0] !== b?.[path]?.[0]);
    })
  );
}

function companyOf({ accounts }: Held): string {
  return Object.values(accounts)
    .map((leaves) => String(leaves['company.name']?.[0] ?? ''))
    .join('\n');
}

interface Weights {
  readonly alike: number;
  readonly agree: number;
  readonly differ: number;
}

/** What is missing on one side says nothing. An initial agrees with the name that it begins, but says less. */
function likeness(about: Reason['about'], a: string, b: string, weights: Weights): Reason | undefined {
  if (a === '' || b === '') return undefined;
  if (about === 'first_name' && (a.length === 1 || b.length === 1)) {
    return { about, similarity: a[0] === b[0] ? 0.5 : 0, weight: a[0] === b[0] ? 1 : weights.differ };
  }
  const similarity = a === b ? 1 : rounded(jaroWinkler(a, b));
  const weight = similarity >= weights.alike ? weights.agree : similarity < weights.alike - 0.15 ? weights.differ : 0;
  return { about, similarity, weight };
}

function best(
  about: Reason['about'],
  list: readonly string[],
  others: readonly string[],
  weights: Weights,
): Reason | undefined {
  const all = list.flatMap((a) => others.map((b) => likeness(about, a, b, weights)));
  return all.reduce((one, two) => ((two?.similarity ?? -1) > (one?.similarity ?? -1) ? two : one), undefined);
}

function said(value: Json | undefined): string[] {
  return typeof value === 'string' ? [value] : [];
}

/** The mailbox without what is added to it; short ones and offices say nothing. */
function localPart(email: string): string {
  const part = fold(email.slice(0, email.lastIndexOf('@')).replace(/\+.*$/, '')).replaceAll(' ', '');
  return part.length < 5 || OFFICES.test(part) ? '' : part;
}

function phoneEnding(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  return digits.length < PHONE_ENDING ? '' : digits.slice(-PHONE_ENDING);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ''))].sort();
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
