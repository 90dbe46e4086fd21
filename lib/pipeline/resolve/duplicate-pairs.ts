import type { Reason } from '../../domain/duplicate/weights.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StateStore } from '../ports.ts';

/** What people say of a pair; `parted`: it was accepted, and that was undone, so that its records are kept apart. */
export type Decision = 'accepted' | 'rejected' | 'parted';

/** Everything that was ever suggested or decided of two records. Nothing in it is personal but their ids. */
export interface Pair {
  readonly state: 'suggested' | Decision;
  /** Its row among the suggestions that wait. */
  readonly open: string;
  readonly fragments: readonly string[];
  /** As it was found: by which weights, see `readWeights`. */
  readonly score: number;
  readonly bits: number;
  readonly reasons: readonly Reason[];
  readonly weights: string;
  readonly suggestedAt: string;
  /** When it was decided, or a decision was undone, RFC 3339: later than what was decided before. */
  readonly at?: string;
  /** Who decided, as they were named. */
  readonly by?: string;
  /** An unmerge kept its records apart, now or before: who accepts the pair takes that back. */
  readonly parted?: true;
}

/** Suggestions that wait for somebody, the likeliest first by their ids. */
export const OPEN = 'duplicate';
export const PAIRS = 'duplicate-pair';

/** Decisions of one kind, newest first by their ids. Rows only lead to pairs, which are the truth. */
export function decidedKind(decision: Decision): string {
  return `duplicate-${decision}`;
}

/** Where the row of a decision is, among those of its kind. */
export function decidedRow(at: string, id: string): string {
  return `${at}-${id}`;
}

/** Every kind of row that names records of suggested duplicates. */
export const duplicateKinds: readonly string[] = [
  OPEN,
  PAIRS,
  ...(['accepted', 'rejected', 'parted'] as const).map(decidedKind),
];

export async function readPair(
  state: StateStore,
  id: string,
): Promise<{ readonly pair: Pair; readonly version: number } | undefined> {
  const document = await state.get(PAIRS, id);
  return document === undefined ? undefined : { pair: document.body as unknown as Pair, version: document.version };
}

export async function putPair(state: StateStore, id: string, pair: Pair, version: number): Promise<boolean> {
  return state.put(PAIRS, id, pair as unknown as JsonObject, version);
}

/** Lets a pair wait for somebody; again does nothing. */
export async function openPair(state: StateStore, id: string, { open, fragments }: Pair): Promise<void> {
  const held = await state.get(OPEN, open);
  if (held !== undefined && held.body.state === undefined) return;
  await state.put(OPEN, open, { pair: id, fragments: [...fragments] }, held?.version ?? 0);
}
