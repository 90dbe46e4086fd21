import type { Condition, Leaf } from '../segment.ts';
import { readBucket } from './leaves/bucket.ts';
import { readDid } from './leaves/did.ts';
import { readHasBeen } from './leaves/has-been.ts';
import { readNamed } from './leaves/named.ts';
import { readTrait } from './leaves/trait.ts';
import {
  type ConditionProblem,
  describeFound,
  nearest,
  oneOf,
  type Path,
  type Report,
  readObject,
  refuseUnknownKeys,
  type WrittenObject,
} from './problem.ts';
import type { ReadLeaf, Tree } from './tree.ts';

export type ParsedCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problems: readonly ConditionProblem[] };

const MOST_NESTED = 32;
const MOST_NODES = 2_000;

type LeafKind = ReadLeaf['kind'];
type LeafReader = (object: WrittenObject, path: Path, report: Report) => ReadLeaf | undefined;

const leafReaders: Readonly<Record<LeafKind, LeafReader>> = {
  trait: readTrait,
  did: readDid,
  has_been: readHasBeen,
  segment: readNamed('segment'),
  consent: readNamed('consent'),
  subscribed: readNamed('subscribed'),
  bucket: readBucket,
};

const branchKeys = ['all', 'any', 'not'] as const;

/** The keys of which every node of a condition has exactly one. */
export const nodeKeys = [...branchKeys, ...(Object.keys(leafReaders) as LeafKind[])] as const;

const EXPECTED = `a condition: ${oneOf(nodeKeys)}`;

/** Checks the `when` of a segment. Total: says everything that is wrong, with the path of each, and never throws. */
export function parseCondition(value: unknown): ParsedCondition {
  const read = readTree(value);
  return read.ok ? { ok: true, condition: value as Condition } : read;
}

/** Reads the `when` of a segment into a tree whose every part is known to be well formed. */
export function readTree(
  value: unknown,
): { readonly ok: true; readonly tree: Tree } | { readonly ok: false; readonly problems: readonly ConditionProblem[] } {
  const problems: ConditionProblem[] = [];
  const budget = { nodes: MOST_NODES };
  const tree = readNode(value, [], (problem) => problems.push(problem), budget);
  return tree === undefined || problems.length > 0 ? { ok: false, problems } : { ok: true, tree };
}

function readNode(value: unknown, path: Path, report: Report, budget: { nodes: number }): Tree | undefined {
  budget.nodes -= 1;
  if (path.length > 2 * MOST_NESTED || budget.nodes < 0) {
    if (budget.nodes === -1 || path.length > 2 * MOST_NESTED) {
      const expected = `at most ${MOST_NESTED} levels and ${MOST_NODES} nodes`;
      report({ path, code: 'segment/too-large', found: 'a larger condition', expected });
    }
    return undefined;
  }
  const object = readObject(value, path, EXPECTED, report);
  if (object === undefined) return undefined;
  const found = nodeKeys.filter((key) => Object.hasOwn(object, key));
  const [key] = found;
  if (key === undefined) return refuseKeyless(object, path, report);
  if (found.length > 1) {
    const expected = 'one of them; put both in a list under all';
    report({ path, code: 'segment/conflicting-keys', found: found.join(' and '), expected });
    return undefined;
  }
  if (key === 'all' || key === 'any') return readBranch(key, object, path, report, budget);
  if (key === 'not') {
    refuseUnknownKeys(object, ['not'], path, report);
    const of = readNode(object.not, [...path, 'not'], report, budget);
    return of === undefined ? undefined : { kind: 'not', of };
  }
  const leaf = leafReaders[key](object, path, report);
  return leaf === undefined ? undefined : { kind: 'leaf', path: writePath(path), written: object as Leaf, leaf };
}

function readBranch(
  key: 'all' | 'any',
  object: WrittenObject,
  path: Path,
  report: Report,
  budget: { nodes: number },
): Tree | undefined {
  refuseUnknownKeys(object, [key], path, report);
  const at = [...path, key];
  const list = object[key];
  if (!Array.isArray(list)) {
    report({ path: at, code: 'segment/wrong-type', found: describeFound(list), expected: 'a list of conditions' });
    return undefined;
  }
  if (list.length === 0) {
    report({ path: at, code: 'segment/empty', found: 'an empty list', expected: 'at least one condition' });
    return undefined;
  }
  const of = list.map((item: unknown, index) => readNode(item, [...at, index], report, budget));
  return of.every((node) => node !== undefined) ? { kind: key, of } : undefined;
}

function refuseKeyless(object: WrittenObject, path: Path, report: Report): undefined {
  for (const key of Object.keys(object)) {
    const near = nearest(key, nodeKeys);
    if (near === undefined) continue;
    const found = describeFound(key);
    report({
      path: [...path, key],
      atKey: true,
      code: 'segment/unknown-key',
      found,
      expected: oneOf(nodeKeys),
      suggestion: near,
    });
    return;
  }
  const found = Object.keys(object).length === 0 ? 'an empty map' : Object.keys(object).join(', ');
  report({ path, code: 'segment/missing-key', found, expected: `one of ${nodeKeys.join(', ')}` });
}

/** `when.all[0].not` */
function writePath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${step}`),
    'when',
  );
}
