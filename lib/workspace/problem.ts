import { compareText } from '../domain/compare-text.ts';
import type { Path } from '../domain/segment/problem.ts';

/** One thing that is wrong with a workspace, as `tributary check --json` prints it. */
export interface Problem {
  /** Path inside the workspace, with forward slashes: `segments/lapsing-customers.yaml`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1 in UTF-16 code units, as editors do; a tab is one. */
  readonly column: number;
  /** `<area>/<what>`, with an anchor in docs/errors.md. */
  readonly code: string;
  readonly found: string;
  readonly expected: string;
  /** What was probably meant. */
  readonly suggestion?: string;
  /** Absent = error. A warning does not fail the check. */
  readonly severity?: 'error' | 'warning';
}

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
