import { canonicalText } from '../domain/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { type CompiledLeaf, type CompiledSegment, compile, type Program } from '../domain/segment/compile.ts';
import type { Path } from '../domain/segment/problem.ts';
import type { Condition } from '../domain/segment.ts';
import type { Finding, Problem } from './problem.ts';
import { idOf } from './references.ts';
import type { Source } from './source.ts';

/** A window past which keeping everything in it is worth a word. */
const LONG_MS = 90 * 86_400_000;

/**
 * What compiling tells about segments that read well: conditions that hold for everybody or for nobody, segments that
 * mean the same, windows of which everything has to be kept. All are warnings.
 */
export function lintSegments(program: Program, sources: readonly Source[]): Problem[] {
  const first = new Map<number, Source>();
  return sources.flatMap((source) => {
    const segment = program.compiled.find(({ id }) => id === idOf(source));
    if (segment === undefined) return [];
    // One that only refers to another says so itself.
    const refers = segment.tree.kind === 'leaf' && segment.tree.leaf.kind === 'segment';
    const earlier = refers ? undefined : first.get(segment.root);
    if (!refers && earlier === undefined) first.set(segment.root, source);
    const findings = [...constants(segment), ...repeated(segment, earlier), ...expensive(segment, program)];
    return findings.map((finding) => source.place({ ...finding, severity: 'warning' }));
  });
}

/** Leaves that cannot answer otherwise; where none is to blame, the whole, or two bounds that exclude each other. */
function constants({ tree, leaves, constant }: CompiledSegment): Finding[] {
  const found = leaves
    .filter((leaf) => leaf.constant !== undefined)
    .map(({ path, constant: always }) => constantFinding(pathOf(path), always === true));
  if (found.length > 0) return found;
  if (constant !== undefined) return [constantFinding(['when'], constant)];
  return tree.kind === 'leaf' ? [] : excluded(leaves);
}

function constantFinding(path: Path, always: boolean): Finding {
  const found = `a condition that ${always ? 'always' : 'never'} holds`;
  return { path, code: 'workspace/constant-leaf', found, expected: 'one that holds for some people' };
}

interface Bounds {
  least: number;
  most: number;
  open: boolean;
}

/** Bounds of one trait that stand side by side under `all` and leave no number between them: the later one. */
function excluded(leaves: readonly CompiledLeaf[]): Finding[] {
  const held = new Map<string, Bounds>();
  return leaves.flatMap(({ path, written }) => {
    if (typeof written.trait !== 'string' || !/\.all\[\d+\]$/.test(path)) return [];
    const key = `${path.slice(0, path.lastIndexOf('['))}\n${written.trait}`;
    const bounds = held.get(key) ?? { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, open: false };
    const wasEmpty = isEmpty(bounds);
    held.set(key, narrow(bounds, written));
    return isEmpty(bounds) && !wasEmpty ? [constantFinding(pathOf(path), false)] : [];
  });
}

function narrow(bounds: Bounds, { gt, gte, lt, lte, between }: JsonObject): Bounds {
  const [from, to] = Array.isArray(between) ? between : [];
  for (const least of [gt, gte, from]) {
    if (typeof least !== 'number' || least < bounds.least) continue;
    bounds.open = least > bounds.least ? least === gt : bounds.open || least === gt;
    bounds.least = least;
  }
  for (const most of [lt, lte, to]) {
    if (typeof most !== 'number' || most > bounds.most) continue;
    bounds.open ||= most === lt;
    bounds.most = most;
  }
  return bounds;
}

function isEmpty({ least, most, open }: Bounds): boolean {
  return least > most || (least === most && open);
}

/** Segments that come to the same question. What can answer in one way only is told as that. */
function repeated({ constant }: CompiledSegment, earlier: Source | undefined): Finding[] {
  if (earlier === undefined || constant !== undefined) return [];
  const found = `the condition of ${earlier.file}`;
  const expected = `{ segment: ${idOf(earlier)} }, or a condition of its own`;
  return [{ path: ['when'], code: 'workspace/repeated-segment', found, expected }];
}

/** Leaves that keep everything that was done in a long window, where a count keeps a few. */
function expensive({ leaves }: CompiledSegment, { options }: Program): Finding[] {
  return leaves.flatMap(({ path, leaf, written }) => {
    if (leaf.kind !== 'did') return [];
    const { needs } = compile([{ segment: 'alone', when: written as Condition }], options);
    const long = needs.some(({ keep: { window } }) => window === 'ever' || window > LONG_MS);
    if (!long) return [];
    const key = ['within', 'from', 'regularly', 'between', 'did'].find((name) => name in written) ?? 'did';
    const { cap } = needs[0]?.keep ?? {};
    return [
      {
        path: [...pathOf(path), key],
        code: 'workspace/expensive-window',
        found: key === 'did' ? 'everything ever done, all of it kept' : `${words(written[key])}, all of it kept`,
        expected: `a count, or at most 90 days: what is more than ${cap ?? 'a profile keeps'} is read from stored activities at every change`,
      },
    ];
  });
}

function words(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) && typeof value.of === 'string' ? value.of : canonicalText(value);
}

/** `when.all[0].not` as a path of keys and indexes. */
function pathOf(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([word, index]) => (index === undefined ? word : Number(index)));
}
