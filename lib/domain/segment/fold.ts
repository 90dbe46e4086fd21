import type { Json } from '../json.ts';
import { readInstant } from './read-instant.ts';

/** How a value is prepared before tests read it; tests of the same preparation share the work. */
export type Mode = 'raw' | 'text' | 'folded' | 'instant';

const PLAIN = /^[\0-\x7f]*$/;

/** Text without regard to case, in NFC. The final sigma is folded too, so that prefixes of folded text are prefixes. */
export function foldText(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

/** Prepares a value: text in NFC (`text`), also without case (`folded`), lists element by element; instants in ms. */
export function prepare(mode: Mode, value: Json | undefined): unknown {
  if (value === null) return undefined;
  if (mode === 'raw') return value;
  if (mode === 'instant') return readInstant(value);
  if (typeof value === 'string') return mode === 'folded' ? foldText(value) : composed(value);
  return Array.isArray(value) ? value.map((item: Json) => prepare(mode, item)) : value;
}

function composed(text: string): string {
  return PLAIN.test(text) ? text : text.normalize('NFC');
}
