import { fullId } from '../../../lib/connectors/salesforce/ids.ts';
import { ApiError } from './api-error.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Makes 18-character ids with a prefix, each greater than the one before, as Salesforce does within one org. */
export function createIds(): (prefix: string) => string {
  const next = new Map<string, number>();
  return function makeId(prefix) {
    const number = (next.get(prefix) ?? 0) + 1;
    next.set(prefix, number);
    const id = fullId(`${prefix}5g00000${base62(number).padStart(5, '0')}`);
    if (id === undefined) throw new Error(`no id can be made with the prefix ${prefix}`);
    return id;
  };
}

/** The form in which the store keeps an id: 18 characters if it is an id at all, else as given. */
export function storedId(id: string): string {
  return fullId(id) ?? id;
}

export function requireId(id: string, field: string): string {
  const full = fullId(id);
  if (full === undefined)
    throw new ApiError(400, 'MALFORMED_ID', `${field}: id value of incorrect type: ${id}`, [field]);
  return full;
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
