import { ApiError } from './api-error.ts';

const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Makes 18-character ids with a prefix, each greater than the one before, as Salesforce does within one org. */
export function createIds(): (prefix: string) => string {
  const next = new Map<string, number>();
  return function makeId(prefix) {
    const number = (next.get(prefix) ?? 0) + 1;
    next.set(prefix, number);
    return withSuffix(`${prefix}5g00000${base62(number).padStart(5, '0')}`);
  };
}

/** The form in which the store keeps an id: 18 characters if it is one of 15, else as given. */
export function storedId(id: string): string {
  return /^[A-Za-z0-9]{15}$/.test(id) ? withSuffix(id) : id;
}

/** An id as a caller must give it: of 15 characters, or of 18 with the suffix that fits. */
export function requireId(id: string, field: string): string {
  const full = storedId(id);
  if (/^[A-Za-z0-9]{18}$/.test(full) && withSuffix(full.slice(0, 15)) === full) return full;
  throw new ApiError(400, 'MALFORMED_ID', `${field}: id value of incorrect type: ${id}`, [field]);
}

/** Three characters that each say which of five are upper case (Salesforce Help, 15- and 18-character ids). */
function withSuffix(short: string): string {
  const suffix = [0, 5, 10].map((start) => {
    const upper = [...short.slice(start, start + 5)].map((character) => (/[A-Z]/.test(character) ? 1 : 0));
    return SUFFIX.charAt(upper.reduce<number>((bits, bit, place) => bits + bit * 2 ** place, 0));
  });
  return short + suffix.join('');
}

function base62(number: number): string {
  let rest = number;
  let text = '';
  do {
    text = DIGITS.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return text;
}
