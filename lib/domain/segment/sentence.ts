import { isJsonObject, type Json } from '../json.ts';
import type { Receipt, ReceiptLeaf } from './receipt.ts';
import { show, tellWanted, times } from './words.ts';

/** A receipt as sentences: a line for every part of the definition, parts inside parts. */
export interface Sentence {
  readonly held: boolean;
  readonly text: string;
  readonly parts: readonly Sentence[];
}

/** Tells a receipt to a person. The root says whether the segment holds. */
export function sentence(receipt: Receipt): Sentence {
  return tell(receipt.leaves, 'when');
}

/** Sentences as lines: ✓ for what holds, ✗ for what does not, parts indented below what they are part of. */
export function tellSentence({ held, text, parts }: Sentence, indent = ''): string {
  const inner = parts.map((part) => tellSentence(part, `${indent}  `));
  return [`${indent}${held ? '✓' : '✗'} ${text}`, ...inner].join('\n');
}

function tell(leaves: readonly ReceiptLeaf[], path: string): Sentence {
  const own = leaves.find((leaf) => leaf.path === path);
  if (own !== undefined) return { held: own.held, text: tellLeaf(own), parts: [] };
  const inside = leaves.filter((leaf) => leaf.path.startsWith(path));
  const step = /^\.(all|any|not)/.exec(inside[0]?.path.slice(path.length) ?? '')?.[1];
  if (step === 'not') {
    const part = tell(inside, `${path}.not`);
    return { held: !part.held, text: 'none of this:', parts: [part] };
  }
  const indexes = new Set(inside.map((leaf) => /^\.\w+\[(\d+)\]/.exec(leaf.path.slice(path.length))?.[1]));
  const parts = [...indexes].map((index) => {
    const at = `${path}.${step}[${index}]`;
    return tell(
      inside.filter((leaf) => leaf.path === at || leaf.path.startsWith(`${at}.`)),
      at,
    );
  });
  const holding = parts.filter((part) => part.held).length;
  const held = step === 'any' ? holding > 0 : holding === parts.length;
  const count = `${holding} of ${parts.length} ${holding === 1 ? 'holds' : 'hold'}`;
  return { held, text: `${step === 'any' ? 'at least one' : 'all'} of these (${count}):`, parts };
}

function tellLeaf(leaf: ReceiptLeaf): string {
  const wanted = isJsonObject(leaf.wanted) ? tellWanted(leaf.wanted) : show(leaf.wanted);
  return `${wanted} — ${tellSaw(leaf)}${leaf.from === undefined ? '' : ' (from history)'}`;
}

function tellSaw({ saw, because, events, wanted }: ReceiptLeaf): string {
  if (because === 'mismatch') return `it is ${show(valueIn(saw))}, which this cannot be compared with`;
  const kind = isJsonObject(wanted) ? wanted : {};
  if (typeof kind.segment === 'string') return saw === true ? 'is in it' : 'is not in it';
  if (kind.consent !== undefined || kind.subscribed !== undefined) return saw === true ? 'granted' : 'not granted';
  if (kind.bucket !== undefined) return `stands at ${typeof saw === 'number' ? percent(saw) : show(saw)}`;
  if (kind.has_been !== undefined) return because === 'missing' ? 'there is no value' : tellSince(saw);
  if (kind.did === undefined) return because === 'missing' ? 'there is no value' : `it is ${show(saw)}`;
  const newest = events[0] === undefined ? '' : `, last on ${day(events[0].at)}`;
  return `${tellReduced(saw)}${newest}`;
}

function tellReduced(saw: Json): string {
  if (!isJsonObject(saw)) return show(saw);
  const [[what, value] = ['', null]] = Object.entries(saw);
  if (what === 'count') return value === 0 ? 'not done' : `done ${times(value ?? 0)}`;
  if (value === null) return 'not done';
  if (what === 'first' || what === 'last') return `${what} done on ${day(show(value))}`;
  return what === 'periods' ? `done in ${show(value)}` : `${NAMES[what] ?? what} is ${show(value)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  sum: 'the sum',
  avg: 'the average',
  min: 'the smallest',
  max: 'the largest',
  distinct: 'the number',
};

function tellSince(saw: Json): string {
  const since = isJsonObject(saw) && typeof saw.since === 'string' ? ` since ${day(saw.since)}` : '';
  return `it is ${show(valueIn(saw))}${since}`;
}

function valueIn(saw: Json): Json {
  return isJsonObject(saw) && saw.value !== undefined ? saw.value : saw;
}

/** Down to the minute: the receipt itself has the millisecond. */
function day(instant: string): string {
  return instant.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*$/, '$1 $2 UTC');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
