import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { parseCondition } from '../domain/segment/condition.ts';
import { parseDuration } from '../domain/segment/duration.ts';
import { orderSegments } from '../domain/segment/order.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import type { Condition, SegmentDefinition } from '../domain/segment.ts';
import { unknownName } from './connections.ts';
import type { Finding } from './problem.ts';
import { idOf } from './references.ts';
import type { Source } from './source.ts';

/** A leaf of a condition as written, and where it stands in its file. */
export interface PlacedLeaf {
  readonly leaf: JsonObject;
  readonly path: Path;
}

/** The leaves of a condition in the order of writing. Total over anything: what is no leaf is left out. */
export function leavesAt(condition: Json | undefined, path: Path): PlacedLeaf[] {
  if (!isJsonObject(condition)) return [];
  const branches = (['all', 'any'] as const).filter((key) => Array.isArray(condition[key]));
  if (branches.length > 0) {
    return branches.flatMap((key) =>
      (condition[key] as readonly Json[]).flatMap((item, index) => leavesAt(item, [...path, key, index])),
    );
  }
  if (condition.not !== undefined) return leavesAt(condition.not, [...path, 'not']);
  return [{ leaf: condition, path }];
}

/** Conditions of a segment file that let nobody in: what its objective counts, and the label that members are checked by. */
function measuredBy(segment: JsonObject): { readonly condition: Json | undefined; readonly path: Path }[] {
  const { goal, per } = isJsonObject(segment.objective) ? segment.objective : {};
  const label = isJsonObject(segment.review) ? segment.review.label : undefined;
  return [
    { condition: goal, path: ['objective', 'goal'] },
    { condition: per, path: ['objective', 'per'] },
    { condition: label, path: ['review', 'label'] },
  ];
}

/** The leaves of every condition of a segment file. */
export function leavesOf({ value }: Source): PlacedLeaf[] {
  if (!isJsonObject(value)) return [];
  const measured = measuredBy(value).flatMap(({ condition, path }) => leavesAt(condition, path));
  return [...leavesAt(value.when, ['when']), ...measured];
}

/**
 * Checks the conditions of a segment file: its `when`, and those that its objective and its review ask. The segments that they name must exist,
 * and no window may be longer than activities are kept (`retention` in ms; undefined when not known).
 */
export function checkConditions(
  segment: Json | undefined,
  segments: readonly string[],
  retention: number | undefined,
): Finding[] {
  if (!isJsonObject(segment)) return [];
  const found = checkCondition(segment.when, ['when'], segments, retention);
  for (const { condition, path } of measuredBy(segment)) {
    found.push(...checkCondition(condition, path, segments, retention));
  }
  return found;
}

/** Segments that lead back to themselves: one finding a cycle, at the first reference of it. */
export function checkCycles(sources: readonly Source[]): { source: Source; finding: Finding }[] {
  const found: { source: Source; finding: Finding }[] = [];
  let left = sources.filter((source) => isJsonObject(source.value));
  for (;;) {
    const ordered = orderSegments(left.map(definitionOf));
    if (ordered.ok) return found;
    const { cycle } = ordered;
    const source = left.find((one) => idOf(one) === cycle[0]);
    if (source === undefined) return found;
    const { when } = source.value as JsonObject;
    const reference = leavesAt(when, ['when']).find(({ leaf }) => leaf.segment === cycle[1]);
    const finding: Finding = {
      path: [...(reference?.path ?? ['when']), 'segment'],
      code: 'segment/cycle',
      found: `the cycle ${cycle.join(' → ')}`,
      expected: 'segments that do not lead back to themselves',
    };
    found.push({ source, finding });
    left = left.filter((one) => !cycle.includes(idOf(one)));
  }
}

/** Checks one condition that stands at `at` in its file. */
export function checkCondition(
  condition: Json | undefined,
  at: Path,
  segments: readonly string[],
  retention: number | undefined,
): Finding[] {
  if (condition === undefined) return []; // Said by the file's own schema.
  const parsed = parseCondition(condition);
  const findings: Finding[] = parsed.ok
    ? []
    : parsed.problems.map((problem) => ({ ...problem, path: [...at, ...problem.path] }));
  for (const { leaf, path } of leavesAt(condition, at)) {
    if (typeof leaf.segment === 'string' && !segments.includes(leaf.segment)) {
      findings.push(unknownName('segment', [...path, 'segment'], leaf.segment, segments));
    }
    findings.push(...checkDwell(leaf, path));
    if (retention !== undefined) findings.push(...checkWindows(leaf, path, retention));
  }
  return findings;
}

/** A learned trait holds since the instant of its models, which every night is another: none lasts. */
function checkDwell({ has_been: held }: JsonObject, path: Path): Finding[] {
  const trait = isJsonObject(held) ? held.trait : undefined;
  if (typeof trait !== 'string' || !trait.startsWith('learned.')) return [];
  const found = `has_been on ${describeFound(trait)}, which is scored anew each night and so has no value for longer`;
  const expected = 'the trait by itself, or has_been on a trait that a source tells';
  return [{ path: [...path, 'has_been', 'trait'], code: 'workspace/learned-has-been', found, expected }];
}

/** What looks further back than activities are kept would forget without saying so. */
function checkWindows(leaf: JsonObject, path: Path, retention: number): Finding[] {
  if (leaf.did === undefined) return [];
  const regular = isJsonObject(leaf.regularly) ? leaf.regularly.of : undefined;
  const windows: [Path, Json | undefined][] = [
    [['within'], leaf.within],
    [['from'], typeof leaf.from === 'string' ? leaf.from.replace(/ ago$/, '') : undefined],
    [['regularly', 'of'], regular],
  ];
  return windows.flatMap(([key, words]) => {
    const length = parseDuration(words)?.ms;
    if (length === undefined || length <= retention) return [];
    const expected = `at most ${retention / 86_400_000} days, for which activities are kept (privacy.activities_kept)`;
    return [{ path: [...path, ...key], code: 'workspace/window-too-long', found: describeFound(words), expected }];
  });
}

function definitionOf(source: Source): SegmentDefinition {
  const when = isJsonObject(source.value) ? source.value.when : undefined;
  return { segment: idOf(source), when: (when ?? {}) as Condition };
}
