import type { Identifier } from '../domain/change.ts';
import type { ErasureRule } from '../domain/definitions.ts';

/**
 * The vendor's own way to delete a person's records. Present where there is such a call; without it an erasure takes people
 * off the lists that we fill, and says that the rest has to be done by hand.
 */
export interface Erasure<Api> {
  /** What a workspace means that does not say `erasure:` of a connection. */
  readonly byDefault: ErasureRule;
  /**
   * Deletes everything that the tool holds under these records and keys. Who is not there (any more) is `confirmed`, so
   * asking twice does no harm. Throws only if nobody was asked about; what one record refuses is an answer.
   */
  erase(api: Api, person: ToErase): Promise<ErasureAnswer>;
}

/** Somebody to be deleted, in the words of the tool. */
export interface ToErase {
  /** Ids of their records in the tool by kind, as in fragments: `contact`, `member`. */
  readonly records: readonly { readonly kind: string; readonly id: string }[];
  /** Match keys under which the tool was told about them. */
  readonly keys: readonly Identifier[];
}

/**
 * `confirmed`: nothing is there. `pending`: the tool does the rest by itself within so long. `impossible`: it will not,
 * for this reason, in words that hold no data of a person. `retry`: ask again later.
 */
export type ErasureVerdict =
  | { readonly state: 'confirmed'; readonly note: string }
  | { readonly state: 'pending'; readonly withinMs: number; readonly note: string }
  | { readonly state: 'impossible'; readonly note: string }
  | { readonly state: 'retry'; readonly code: string };

/** A verdict, with how many requests it took and how many records were deleted. */
export type ErasureAnswer = ErasureVerdict & { readonly calls: number; readonly deleted: number };
