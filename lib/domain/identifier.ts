import { createHmac } from 'node:crypto';
import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Identifier } from './change.ts';
import { compareText } from './compare-text.ts';
import { standsForNobody } from './nobody.ts';

/** Why a value is no identifier. It stays a trait; the reason is recorded. */
export type NotAnIdentifier = 'empty' | 'too-long' | 'not-an-email' | 'not-a-phone' | 'blocked' | 'not-joining';

export type Normalised =
  | { readonly ok: true; readonly identifier: Identifier }
  | { readonly ok: false; readonly reason: NotAnIdentifier };

const MOST_CHARACTERS = 500;
/** White space, and characters that nobody sees and that come along when a text is copied. */
const UNSEEN = /[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]/;
/**
 * Of a domain in ASCII only what names of hosts are made of; other letters become ASCII by IDNA. Unseen characters that
 * join letters are part of some scripts.
 */
const EMAIL =
  /^[^\s@"<>(),;:\\\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]+@[\w\-\u0080-\uffff]+(\.[\w\-\u0080-\uffff]+)+$/;
const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/;
/** What a URL parser takes for an IPv4 address, and writes in another form. */
const NUMERIC_HOST = /\.(\d+|0x[0-9a-f]*)$/;
/** Stays as it is, also where a prefix for calls at home was left in it: read once more it would be another number. */
const E164 = /^\+[1-9]\d{3,14}$/;
const ONE_DIGIT = /^(\d)\1+$/;

/** How many phone numbers are remembered: reading one costs more than all else that is done with a value. */
const PHONES_KEPT = 5_000;
const phonesRead = new Map<string, string | undefined>();

/** Types that link a person to a company and never join two people. */
const ACCOUNT_TYPES = new Set(['group_id', 'salesforce.account_id', 'hubspot.company_id']);

/** Types of which a record holds many in its life: a new value does not replace the former one. */
const LASTING_TYPES = /^(anonymous_id|ga_client_id|same_person|android\..+|ios\..+)$/;

/** A text without white space and characters that nobody sees at its ends. */
export function trimUnseen(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && UNSEEN.test(text.charAt(from))) from += 1;
  while (from < to && UNSEEN.test(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/**
 * Brings an identifier to the one form in which it is compared: e-mail trimmed, lower case, NFC, domain in ASCII;
 * phone in E.164 (`country` for numbers without one); other ids trimmed. Normalised again it stays the same.
 */
export function normaliseIdentifier(
  raw: Identifier,
  options: { readonly blocked?: ReadonlySet<string>; readonly country?: string } = {},
): Normalised {
  const { type } = raw;
  if (ACCOUNT_TYPES.has(type)) return { ok: false, reason: 'not-joining' };
  const trimmed = trimUnseen(raw.value);
  if (trimmed === '') return { ok: false, reason: 'empty' };
  if (trimmed.length > MOST_CHARACTERS) return { ok: false, reason: 'too-long' };
  if (standsForNobody(trimmed)) return { ok: false, reason: 'blocked' };
  const value =
    type === 'email'
      ? normaliseEmail(trimmed.toLowerCase())
      : type === 'phone'
        ? normalisePhone(trimmed, options.country)
        : trimmed;
  if (value === undefined) return { ok: false, reason: type === 'email' ? 'not-an-email' : 'not-a-phone' };
  if (value.length > MOST_CHARACTERS) return { ok: false, reason: 'too-long' };
  const isNobody = standsForNobody(value) || (type === 'phone' && hasOneDigit(value));
  if (isNobody || options.blocked?.has(value) === true) return { ok: false, reason: 'blocked' };
  return { ok: true, identifier: { type, value } };
}

/** Whether a new value of the type replaces the record's former one (an e-mail) or stands beside it (a cookie). */
export function replacesFormer(type: string): boolean {
  return !LASTING_TYPES.test(type);
}

/** Whether a type is one that people are written or called at: consent is about its values. */
export function isAddress(type: string): boolean {
  return type === 'email' || type === 'phone';
}

/** One text for an identifier, for maps. */
export function identifierKey(identifier: Identifier): string {
  return `${identifier.type}\n${identifier.value}`;
}

/** The identifier that an address of a statement about consent is. */
export function addressIdentifier(address: string): Identifier {
  return { type: address.includes('@') ? 'email' : 'phone', value: address };
}

/** The identifier that `identifierKey` made the text of. */
export function identifierOfKey(key: string): Identifier {
  const cut = key.indexOf('\n');
  return { type: key.slice(0, cut), value: key.slice(cut + 1) };
}

/** Order of trust: user_id, e-mail, ids of tools, the rest; alphabetical inside a rank. Smaller is stronger. */
export function compareTypes(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || compareText(a, b);
}

/**
 * Key of an identifier in the index: type, key generation and HMAC-SHA-256 of the value under `key`, so that the index
 * holds no personal data. Written under the newest generation only.
 */
export function indexKey(identifier: Identifier, key: Generation): string {
  const mac = createHmac('sha256', key.secret).update(`${identifier.type}\n${identifier.value}`).digest('base64url');
  return `${identifier.type}#${key.generation}#${mac.slice(0, 27)}`;
}

/** The keys under which former generations may have written an identifier, newest first; mostly none. */
export function formerIndexKeys(identifier: Identifier, key: IdentityKey): readonly string[] {
  return (key.former ?? []).map((generation) => indexKey(identifier, generation));
}

/** Every key under which an identifier may be found, newest first: what is written, or noted, may be of any generation. */
export function everyIndexKey(identifier: Identifier, key: IdentityKey): readonly string[] {
  return [indexKey(identifier, key), ...formerIndexKeys(identifier, key)];
}

/**
 * The id of a profile first made for this identifier. `salt` counts up when the id is taken. Two writers that make the
 * same person at the same time derive the same id.
 */
export function deriveProfileId(identifier: Identifier, key: IdentityKey, salt = 0): string {
  const text = `profile\n${salt}\n${identifier.type}\n${identifier.value}`;
  return `p_${createHmac('sha256', key.secret).update(text).digest('base64url').slice(0, 22)}`;
}

/** A secret of the identifier index with its number: `1`, `2`, … after a planned change. */
export interface Generation {
  readonly secret: string;
  readonly generation: number;
}

/** The newest secret, which everything is written under, and the former ones, which look-ups still try, newest first. */
export interface IdentityKey extends Generation {
  readonly former?: readonly Generation[];
}

function rankOf(type: string): number {
  if (type === 'user_id') return 1;
  if (type === 'email') return 2;
  if (type === 'fragment') return 9;
  return type.includes('.') && type.endsWith('_id') ? 3 : 4;
}

/** An address that is trimmed and in lower case, in the form in which it is compared. Undefined when it is none. */
export function normaliseEmail(lower: string): string | undefined {
  const value = lower.normalize('NFC');
  if (!EMAIL.test(value)) return undefined;
  const at = value.lastIndexOf('@');
  const domain = asciiDomain(value.slice(at + 1));
  return domain === undefined ? undefined : `${value.slice(0, at)}@${domain}`;
}

function asciiDomain(domain: string): string | undefined {
  if (HOST.test(domain)) return domain;
  try {
    const { hostname } = new URL(`http://${domain}`);
    return HOST.test(hostname) && !NUMERIC_HOST.test(hostname) ? hostname : undefined;
  } catch {
    return undefined; // The URL parser's refusal is the answer: this is no domain name.
  }
}

/**
 * A phone number in E.164. Undefined when it is none: of a length that no number of the country has, with an extension
 * (all who sit behind a switchboard share what comes before it), or with other words around it.
 */
export function normalisePhone(text: string, country: string | undefined): string | undefined {
  const key = `${country ?? ''}\n${text}`;
  if (phonesRead.has(key)) return phonesRead.get(key);
  if (phonesRead.size >= PHONES_KEPT) phonesRead.clear();
  const number = readPhone(text, country);
  phonesRead.set(key, number);
  return number;
}

function readPhone(text: string, country: string | undefined): string | undefined {
  const read = parsePhone(text.replace(/^tel:/i, ''), country);
  if (read === undefined || read.ext !== undefined || !read.isPossible()) return undefined;
  return E164.test(text) ? text : read.number;
}

function parsePhone(text: string, country?: string): PhoneNumber | undefined {
  const where = country === undefined ? {} : { defaultCountry: country as CountryCode };
  return parsePhoneNumberFromString(text, { ...where, extract: false });
}

/**
 * The phone number in a text, whatever else stands there. Too little to tell who somebody is; enough where a number that
 * is passed over does harm: in a refusal, and in what an erasure looks through.
 */
export function phoneWithin(text: string, country?: string): string | undefined {
  return E164.test(text) ? text : parsePhoneNumberFromString(text, country as CountryCode | undefined)?.number;
}

/** Whether nothing but one digit again and again follows the country code: what is typed in to get past a form. */
function hasOneDigit(number: string): boolean {
  return number.at(-1) === number.at(-2) && ONE_DIGIT.test(parsePhone(number)?.nationalNumber ?? '');
}
