import { compareText } from '../domain/compare-text.ts';
import type { Path } from '../domain/segment/problem.ts';
import type { Problem as FileProblem } from '../domain/segment-text.ts';

/** One thing that is wrong with a workspace. */
export type Problem = FileProblem;

/** A problem before its file position is known. */
export interface Finding {
  readonly path: Path;
  /** Point at the key instead of its value; for unknown keys. */
  readonly atKey?: boolean;
  readonly code: string;
  readonly found: string;
  readonly expected: string;
  readonly suggestion?: string | undefined;
  readonly severity?: 'warning';
}

/** True when the problem must fail a check. */
export function isError(problem: Problem): boolean {
  return problem.severity !== 'warning';
}

/** Sorts by file, then by place, so that the same workspace always prints the same list. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.code, b.code),
  );
}
