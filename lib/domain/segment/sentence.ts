import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { operatorNames } from './operator.ts';
import type { Receipt, ReceiptLeaf } from './receipt.ts';

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

function tell(leaves: readonly ReceiptLeaf[], path: string): Sentence {
  const own = leaves.find((leaf) => leaf.path === path);
  if (own !== undefined) return { held: own.held, text: tellLeaf(own), parts: [] };
  const inside = leaves.filter((leaf) => leaf.path.startsWith(path));
  const step = /^\.(all|any|not)/.exec(inside[0]?.path.slice(path.length) ?? '')?.[1];
  if (step === 'not') {
    const part = tell(inside, `${path}.not`);
    return { held: !part.held, text: 'not:', parts: [part] };
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
  return { held, text: `${step === 'any' ? 'any' : 'all'} of these (${holding} of ${parts.length} hold):`, parts };
}

function tellLeaf(leaf: ReceiptLeaf): string {
  const wanted = isJsonObject(leaf.wanted) ? leaf.wanted : {};
  const subject = tellWanted(wanted);
  const from = leaf.from === undefined ? '' : ', from history';
  return `${subject}; ${tellSaw(leaf)}${from}`;
}

function tellWanted(wanted: JsonObject): string {
  if (typeof wanted.trait === 'string') return `${wanted.trait} ${tellRest(wanted, ['trait'])}`;
  if (typeof wanted.did === 'string') {
    const rest = tellRest(wanted, ['did']);
    return `did ${show(wanted.did)}${rest === '' ? '' : ` ${rest}`}`;
  }
  if (isJsonObject(wanted.has_been)) {
    const inner = { ...wanted.has_been, ...(wanted.for === undefined ? {} : { for: wanted.for }) };
    return `has been: ${tellWanted(inner)}`;
  }
  if (typeof wanted.segment === 'string') return `in segment ${wanted.segment}`;
  if (typeof wanted.consent === 'string') return `consent to ${wanted.consent}`;
  if (typeof wanted.subscribed === 'string') return `subscribed to ${wanted.subscribed}`;
  return isJsonObject(wanted.bucket) ? `in bucket ${tellRest(wanted.bucket, [])}` : show(wanted);
}

function tellRest(object: JsonObject, without: readonly string[]): string {
  return Object.entries(object)
    .filter(([key]) => !without.includes(key))
    .map(([key, value]) => `${key.replaceAll('_', ' ')} ${tellValue(value)}`)
    .join(', ');
}

function tellValue(value: Json): string {
  if (Array.isArray(value)) return value.map(tellValue).join(' or ');
  if (!isJsonObject(value)) return show(value);
  const [only, ...others] = Object.keys(value);
  const plain = others.length === 0 && only !== undefined && !operatorNames.some((name) => name === only);
  return plain ? `${only.replaceAll('_', ' ')} ${tellValue(value[only] ?? null)}` : `(${tellRest(value, [])})`;
}

function tellSaw({ saw, because, events }: ReceiptLeaf): string {
  if (because === 'missing') return 'there is no value';
  const newest = events[0];
  const seen = isJsonObject(saw)
    ? Object.entries(saw)
        .map(([key, value]) => `${key} ${tellValue(value)}`)
        .join(', ')
    : saw === true
      ? 'yes'
      : saw === false
        ? 'no'
        : tellValue(saw);
  const when = newest === undefined ? '' : `, newest on ${newest.at}`;
  return because === 'mismatch' ? `saw ${seen}, which this cannot be compared with` : `saw ${seen}${when}`;
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
