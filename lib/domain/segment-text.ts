import type { SegmentDefinition } from './segment.ts';

/** One thing that is wrong with a file of a workspace, as `tributary check --json` prints it. */
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

/** An edited file as read. */
export interface ReadSegment {
  readonly problems: readonly Problem[];
  /** Undefined when any problem is an error. */
  readonly definition?: SegmentDefinition;
}

/** The file that a segment stands in. */
export function fileOfSegment(segment: string): string {
  return `segments/${segment}.yaml`;
}
