import { jaroWinkler } from '@skyra/jaro-winkler';
import type { Comparable } from './comparable.ts';

/** What is compared of two people, in the order of a pattern, each with its levels from the best agreement down. */
export const levels = {
  last_name: ['same', 'close', 'swapped', 'different'],
  first_name: ['same', 'close', 'initial', 'different'],
  birthday: ['same', 'close', 'different'],
  email: ['same', 'close', 'different'],
  phone: ['same', 'close', 'different'],
  address: ['same', 'nearly', 'street', 'postal_code', 'city', 'different'],
  company: ['same', 'close', 'different'],
  number: ['same', 'close', 'different'],
} as const;

export type Field = keyof typeof levels;

export const fields = Object.keys(levels) as readonly Field[];

/** Something of each field. */
export function byField<Of>(make: (field: Field) => Of): Record<Field, Of> {
  return Object.fromEntries(fields.map((field) => [field, make(field)])) as Record<Field, Of>;
}

/**
 * How two people agree: a character per field, the number of its level, or `-` where one side says nothing. What is
 * counted to estimate weights is patterns: they hold nothing of a person.
 */
export type Pattern = string;

export const UNKNOWN = '-';

const ALIKE = 0.9;

/** Compares two people field by field. The same whichever comes first. */
export function agreement(a: Comparable, b: Comparable): Pattern {
  const swapped = isSwapped(a, b);
  return [
    swapped ? '2' : text(a.lastName, b.lastName, '3'),
    // Names that changed places are said once.
    swapped ? UNKNOWN : firstName(a.firstName, b.firstName),
    number(a.birthday, b.birthday),
    best(a.localParts, b.localParts, mailbox),
    best(a.phoneEndings, b.phoneEndings, number),
    address(a, b),
    text(a.company, b.company, '2'),
    declared(a.numbers, b.numbers),
  ].join('');
}

/** The level that a pattern names for a field; undefined where one side says nothing. */
export function levelOf(pattern: Pattern, at: number): number | undefined {
  const character = pattern[at];
  return character === undefined || character === UNKNOWN ? undefined : Number(character);
}

/** One letter or digit more, fewer, another, or two neighbours that changed places. */
export function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let from = 0;
  while (from < short.length && short[from] === long[from]) from += 1;
  let end = 0;
  while (end < short.length - from && short[short.length - 1 - end] === long[long.length - 1 - end]) end += 1;
  const [left, right] = [short.slice(from, short.length - end), long.slice(from, long.length - end)];
  if (right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

/** Digits tell houses and mailboxes apart: `ann1` is not a slip of `ann2`, but may be `ann`. */
function isCloseBesideDigits(a: string, b: string): boolean {
  const [x, y] = [a.replace(/\D/g, ''), b.replace(/\D/g, '')];
  return (x === y || x === '' || y === '') && isClose(a.replace(/\d/g, ''), b.replace(/\d/g, ''));
}

function mailbox(a: string, b: string): string {
  return a === b ? '0' : isCloseBesideDigits(a, b) ? '1' : '2';
}

function isClose(a: string, b: string): boolean {
  return isOneEdit(a, b) || jaroWinkler(a, b) >= ALIKE;
}

function text(a: string, b: string, different: string): string {
  if (a === '' || b === '') return UNKNOWN;
  if (a === b) return '0';
  return isClose(a, b) ? '1' : different;
}

function firstName(a: string, b: string): string {
  if (a !== '' && b !== '' && a !== b && (a.length === 1 || b.length === 1)) return a[0] === b[0] ? '2' : '3';
  return text(a, b, '3');
}

/** A slip in a number: one digit, or two neighbours; day and month of a date changed places. */
function number(a: string, b: string): string {
  if (a === '' || b === '') return UNKNOWN;
  if (a === b) return '0';
  const turned = a.length === 8 && `${a.slice(0, 4)}${a.slice(6)}${a.slice(4, 6)}` === b;
  return turned || isOneEdit(a, b) ? '1' : '2';
}

/** First and last name changed places, slips allowed. */
function isSwapped(a: Comparable, b: Comparable): boolean {
  if ([a.firstName, a.lastName, b.firstName, b.lastName].includes('')) return false;
  return !isClose(a.lastName, b.lastName) && isClose(a.lastName, b.firstName) && isClose(a.firstName, b.lastName);
}

/** One field, because street, postal code and city come together: whoever shares one mostly shares the next. */
function address(a: Comparable, b: Comparable): string {
  const street = a.street === '' || b.street === '' ? undefined : isCloseBesideDigits(a.street, b.street);
  const postal = number(a.postalCode, b.postalCode);
  const city = text(a.city, b.city, '2');
  if (street === undefined && postal === UNKNOWN && city === UNKNOWN) return UNKNOWN;
  if (street === true && postal === '0') return '0';
  if (street === true && (postal === '1' || city === '0' || city === '1')) return '1';
  if (street === true) return '2';
  if (postal === '0') return '3';
  if (city === '0' || city === '1') return '4';
  return '5';
}

/** The best agreement of numbers of one kind. */
function declared(a: Comparable['numbers'], b: Comparable['numbers']): string {
  return best(Object.keys(a), Object.keys(b), (x, y) => (x === y ? number(a[x] ?? '', b[y] ?? '') : UNKNOWN));
}

function best(list: readonly string[], others: readonly string[], level: (a: string, b: string) => string): string {
  let found = UNKNOWN;
  for (const a of list) {
    for (const b of others) {
      const one = level(a, b);
      if (one !== UNKNOWN && (found === UNKNOWN || one < found)) found = one;
    }
  }
  return found;
}
