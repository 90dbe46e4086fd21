import { createHash } from 'node:crypto';
import type { Identifier } from '../../domain/change.ts';

/** The keys of a row, in their order. The same in every request: Meta refuses to mix kinds of rows in one audience. */
export const SCHEMA = ['EMAIL', 'PHONE', 'MADID'] as const;

type Key = (typeof SCHEMA)[number];

/** Values in the order of the schema; empty where somebody has none. */
export type Row = readonly [email: string, phone: string, madid: string];

/** Which of Meta's keys an identifier is. */
const keyOf: Readonly<Record<string, Key>> = {
  email: 'EMAIL',
  phone: 'PHONE',
  'ios.idfa': 'MADID',
  'android.idfa': 'MADID',
};

/** Somebody's row, or undefined where nothing is left to match them by. */
export function rowOf(identifiers: readonly Identifier[]): Row | undefined {
  const found: Partial<Record<Key, string>> = {};
  for (const { type, value } of identifiers) {
    const key = keyOf[type];
    if (key !== undefined && !found[key]) found[key] = matchValue(key, value);
  }
  const row = [found.EMAIL ?? '', found.PHONE ?? '', found.MADID ?? ''] as const;
  return row.some((value) => value !== '') ? row : undefined;
}

/**
 * A value as Meta compares it: normalised, then SHA-256 in lower-case hex; a device's advertising id stays readable
 * (Marketing API, "Customer file custom audiences", hashing and normalisation). Empty where nothing is left of it.
 */
export function matchValue(key: Key, value: string): string {
  const normal = normalised[key](value);
  if (normal === '' || key === 'MADID') return normal;
  return createHash('sha256').update(normal, 'utf8').digest('hex');
}

const normalised: Readonly<Record<Key, (value: string) => string>> = {
  EMAIL: (value) => value.trim().toLowerCase(),
  // With the country's code, without signs and zeros before it.
  PHONE: (value) => value.replace(/\D/g, '').replace(/^0+/, ''),
  MADID: (value) => value.trim().toLowerCase(),
};
