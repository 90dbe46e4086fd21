import type { Json } from './json.ts';

/** One segment of a workspace, as its YAML file says it. The language is in docs/segments.md. */
export interface SegmentDefinition {
  readonly segment: string;
  readonly title?: string;
  readonly description?: string;
  readonly persona?: string;
  readonly when: Condition;
  readonly objective?: Json;
  /** How often it is reviewed, `every 30 days`; with `label`, whom it should hold, known from elsewhere. */
  readonly review?: string | { readonly every: string; readonly label?: Condition };
  readonly tests?: readonly SegmentTest[];
}

/** A tree of `all`, `any`, `not` over leaves, exactly as written; `parseCondition` has checked it. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Leaf;

/** A leaf as written: `{ trait: …, is: … }`, `{ did: …, within: … }`, `{ segment: … }`, … */
export type Leaf = { readonly [key: string]: Json };

export interface SegmentTest {
  readonly name: string;
  readonly now: string;
  readonly profile: Json;
  readonly member: boolean;
  readonly flips_at?: string | null;
}
