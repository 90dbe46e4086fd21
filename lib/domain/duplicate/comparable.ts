import type { FragmentId, Identifier } from '../change.ts';
import { foldText as fold } from '../fold-text.ts';
import type { Json } from '../json.ts';

/**
 * What two people are compared by: folded texts, so that case, accents and punctuation do not count, nor whether an
 * umlaut is written out (`Müller`, `Mueller`, `Muller`). An empty text is not known.
 */
export interface Comparable {
  readonly id: string;
  /** Sorted. */
  readonly fragments: readonly FragmentId[];
  readonly firstName: string;
  readonly lastName: string;
  /** Digits only: `1980-07-01` and `19800701` are one. */
  readonly birthday: string;
  /** With its house number. */
  readonly street: string;
  readonly postalCode: string;
  readonly city: string;
  readonly company: string;
  /** Mailboxes without what is added to them and without their domain. */
  readonly localParts: readonly string[];
  /** The last digits of phone numbers, however the rest is written. */
  readonly phoneEndings: readonly string[];
  /** Trait → a number that a workspace declares to be of one person: of a customer card, a passport. */
  readonly numbers: Readonly<Record<string, string>>;
  readonly userIds: readonly string[];
  /** Records that an unmerge keeps apart from these. */
  readonly apart: readonly FragmentId[];
}

/** Digits at the end of a phone number that are the same with and without country and area code. */
const PHONE_ENDING = 7;
/** Mailboxes that stand for an office, not for somebody. */
const OFFICES = /^(info|contact|kontakt|office|mail|post|sales|support|hello|admin|service|team|buchhaltung|einkauf)$/;
const SHORTEST_MAILBOX = 5;
const LEGAL_FORM = / (gmbh|ag|kg|inc|ltd|llc|co|corp|sa|bv|se)\b.*$/;

/** What of a person is compared. `trait` answers by dotted path. */
export function comparableOf(person: {
  readonly id: string;
  readonly fragments: readonly FragmentId[];
  readonly identifiers: readonly Identifier[];
  readonly trait: (path: string) => Json | undefined;
  /** Traits that hold a number of one person. */
  readonly numbers?: readonly string[];
  readonly apart?: readonly FragmentId[];
}): Comparable {
  const { id, fragments, identifiers, trait, numbers = [], apart = [] } = person;
  const text = (path: string): string => {
    const value = trait(path);
    return typeof value === 'string' || typeof value === 'number' ? fold(String(value)) : '';
  };
  const valuesOf = (type: string): string[] =>
    identifiers.filter((identifier) => identifier.type === type).map(({ value }) => value);
  const emails = [...valuesOf('email'), ...said(trait('email'))];
  const phones = [...valuesOf('phone'), ...said(trait('phone'))];
  const name = (path: string): string[] => withoutUmlauts(text(path)).split(' ');
  const [whole, last] = [name('name'), name('last_name').join(' ')];
  return {
    id,
    fragments: [...fragments].sort(),
    firstName: name('first_name')[0] || (whole[0] ?? ''),
    lastName: last || (whole.length > 1 ? (whole.at(-1) ?? '') : ''),
    birthday: text('birthday').replace(/\D/g, '').slice(0, 8),
    street: streetOf(text('address.street')),
    postalCode: text('address.postal_code').replaceAll(' ', ''),
    city: withoutUmlauts(text('address.city')),
    company: text('company.name').replace(LEGAL_FORM, ''),
    localParts: unique(emails.map(localPart)),
    phoneEndings: unique(phones.map(phoneEnding)),
    numbers: Object.fromEntries(
      numbers.map((path) => [path, text(path).replaceAll(' ', '')]).filter(([, value]) => value !== ''),
    ),
    userIds: valuesOf('user_id').sort(),
    apart,
  };
}

/** Traits whose change can make two people alike. */
const comparedTraits: readonly string[] = [
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'address.street',
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
export function changesLikeness(before: Held | undefined, after: Held, numbers: readonly string[] = []): boolean {
  const paths = [...comparedTraits, ...numbers];
  const ids = Object.keys(after.fragments);
  if (before === undefined) return ids.some((id) => paths.some((path) => path in (after.fragments[id]?.traits ?? {})));
  if (ids.length !== Object.keys(before.fragments).length) return true;
  return (
    companyOf(before) !== companyOf(after) ||
    ids.some((id) => {
      const [a, b] = [before.fragments[id]?.traits, after.fragments[id]?.traits];
      return a !== b && paths.some((path) => a?.[path]?.[0] !== b?.[path]?.[0]);
    })
  );
}

function companyOf({ accounts }: Held): string {
  return Object.values(accounts)
    .map((leaves) => String(leaves['company.name']?.[0] ?? ''))
    .join('\n');
}

function withoutUmlauts(text: string): string {
  return text.replace(/([aou])e/g, '$1');
}

/** A house number alone is no street. */
function streetOf(text: string): string {
  return /\p{L}{2}/u.test(text) ? withoutUmlauts(text) : '';
}

function said(value: Json | undefined): string[] {
  return typeof value === 'string' ? [value] : [];
}

/** Short mailboxes and offices say nothing. */
function localPart(email: string): string {
  const part = fold(email.slice(0, email.lastIndexOf('@')).replace(/\+.*/s, '')).replaceAll(' ', '');
  return part.length < SHORTEST_MAILBOX || OFFICES.test(part) ? '' : part;
}

function phoneEnding(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  return digits.length < PHONE_ENDING ? '' : digits.slice(-PHONE_ENDING);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ''))].sort();
}
