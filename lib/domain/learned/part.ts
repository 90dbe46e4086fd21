import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import type { EntriesOf } from './feeds.ts';
import type { Model } from './model.ts';

/** One person as a training sees them: numbers alone. */
export interface Row {
  readonly values: readonly number[];
  /** People of each are sampled by themselves, so that the rarer are not lost. Absent: all are of one kind. */
  readonly kind?: 'did' | 'did-not';
}

export interface ToldTrait {
  readonly value: Json;
  readonly because: string;
}

/** One thing that is learned: how a person becomes a row, and what a model says of a person. Both are pure. */
export interface Part<One extends Model = Model> {
  /** `rfm`, `clusters`, `lifetime_value`, `propensity.<name>`. */
  readonly name: string;
  /** Hash of the rule. */
  readonly rule: string;
  /** How far back a training looks from the instant that it is as of. */
  readonly lookBackMs: Milliseconds | 'ever';
  /** Feeds whose first entry tells since when there is anything to learn from. */
  readonly hears: readonly string[];
  /** Undefined = it is not about this person. */
  rowOf(entriesOf: EntriesOf, asOf: Milliseconds): Row | undefined;
  tell(model: One, entriesOf: EntriesOf, asOf: Milliseconds): readonly (readonly [path: string, trait: ToldTrait])[];
}
