import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TraitKinds } from '../lib/domain/facet/catalogue.ts';
import { isJsonObject, type Json } from '../lib/domain/json.ts';
import type { SegmentDefinition } from '../lib/domain/segment.ts';
import { checkConditions, checkCycles, leavesAt } from '../lib/workspace/conditions.ts';
import { checkValue } from '../lib/workspace/issues.ts';
import { isError, type Problem, sortProblems } from '../lib/workspace/problem.ts';
import { textAt } from '../lib/workspace/references.ts';
import { segmentFile } from '../lib/workspace/schema/segment.ts';
import { isTimezone } from '../lib/workspace/schema/time-zones.ts';
import { traitKinds } from '../lib/workspace/schema/tributary.ts';
import { readSource, type Source } from '../lib/workspace/source.ts';
import { sizeOf } from './lines.ts';

export type ReadSegment =
  | {
      readonly ok: true;
      readonly definition: SegmentDefinition;
      readonly timezone: string;
      readonly traits: TraitKinds;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads one segment file on its own: no workspace is needed, segments that it names are taken to exist, and the file may
 * be called anything. `timezone` and `traits` are those of a tributary.yaml in the folder above, else UTC and the standard
 * ones. Throws TributaryError `cli/no-such-file`.
 */
export async function readSegmentFile(path: string): Promise<ReadSegment> {
  await sizeOf(path);
  const source = readSource(basename(path), await readFile(path));
  const { value } = source;
  const problems = [...source.problems];
  if (value !== undefined) {
    const checked = checkValue(segmentFile, value);
    const findings = [...(checked.ok ? [] : checked.findings), ...checkConditions(value, namedIn(value), undefined)];
    problems.push(...findings.map((finding) => source.place(finding)));
    problems.push(...selfReferences(source, value));
  }
  if (value === undefined || problems.some(isError)) return { ok: false, problems: sortProblems(problems) };
  // The schema leaves every value as written; the condition has been read by the segment language's own parser.
  return { ok: true, definition: value as unknown as SegmentDefinition, ...(await workspaceAround(path)) };
}

function namedIn(value: Json): string[] {
  if (!isJsonObject(value)) return [];
  const goal = isJsonObject(value.objective) ? value.objective.goal : undefined;
  const leaves = [...leavesAt(value.when, []), ...leavesAt(goal, [])];
  return leaves.flatMap(({ leaf }) => (typeof leaf.segment === 'string' ? [leaf.segment] : []));
}

function selfReferences(source: Source, value: Json): Problem[] {
  const named = { ...source, file: `${textAt(value, 'segment') ?? ''}.yaml` };
  return checkCycles([named]).map(({ finding }) => source.place(finding));
}

async function workspaceAround(path: string): Promise<{ readonly timezone: string; readonly traits: TraitKinds }> {
  try {
    const { value } = readSource('tributary.yaml', await readFile(join(dirname(path), '..', 'tributary.yaml')));
    const timezone = textAt(value, 'timezone');
    const traits = traitKinds.safeParse(isJsonObject(value) ? value.traits : undefined);
    return {
      timezone: timezone !== undefined && isTimezone(timezone) ? timezone : 'UTC',
      traits: traits.success ? (traits.data as TraitKinds) : {},
    };
  } catch {
    return { timezone: 'UTC', traits: {} }; // A segment file that stands alone.
  }
}
