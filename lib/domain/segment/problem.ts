/** Keys and list indexes from the top of a condition to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a condition. */
export interface ConditionProblem {
  readonly path: Path;
  /** The problem is the key at the end of the path, not its value. */
  readonly atKey?: boolean;
  /** `segment/<what>`, with an anchor in docs/errors.md. */
  readonly code: string;
  readonly found: string;
  readonly expected: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** Takes problems while a value is read; reading goes on after each. */
export type Report = (problem: ConditionProblem) => void;

export type WrittenObject = { readonly [key: string]: unknown };

const MOST_SHOWN = 60;

/** A found value in words: texts quoted and shortened, lists and maps by what they are. */
export function describeFound(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value);
}

/** Narrows to a map, or reports what was found instead. */
export function readObject(value: unknown, path: Path, expected: string, report: Report): WrittenObject | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as WrittenObject;
  report({ path, code: 'segment/wrong-type', found: describeFound(value), expected });
  return undefined;
}

/** Reports every key that is not allowed, with the allowed key that it resembles. */
export function refuseUnknownKeys(object: WrittenObject, allowed: readonly string[], path: Path, report: Report): void {
  for (const key of Object.keys(object)) {
    if (allowed.includes(key)) continue;
    const near = nearest(key, allowed);
    report({
      path: [...path, key],
      atKey: true,
      code: 'segment/unknown-key',
      found: describeFound(key),
      expected: oneOf(allowed),
      ...(near === undefined ? {} : { suggestion: near }),
    });
  }
}

/** `a, b or c` */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

/** The word that `found` was probably meant to be: at most a third of its letters away. */
export function nearest(found: string, words: readonly string[]): string | undefined {
  const plain = found.toLowerCase().replaceAll(/[\s-]+/g, '_');
  let best: string | undefined;
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const word of words) {
    const distance = editDistance(plain, word);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min((last[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + same);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      }
      line.push(least);
    }
    beforeLast = last;
    last = line;
  }
  return last[b.length] ?? 0;
}
