import type { JsonObject } from '../../domain/json.ts';
import type { ModelCard } from '../../domain/learned/model.ts';
import type { Clock, StateStore } from '../ports.ts';

const KIND = 'model-card';
/** As long as the history of segments. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** Keeps what is told about a training of a part. Keeping it twice is keeping it once. */
export async function keepCard(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  card: ModelCard,
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + KEPT_MS;
  await deps.state.put(KIND, card.id, card as unknown as JsonObject, 0, { expiresAt });
}

export interface CardPage {
  readonly cards: readonly ModelCard[];
  /** Absent: there are no more. */
  readonly next?: string;
}

/** Cards of all trainings, newest first; from below the card `after` on. */
export async function listCards(state: StateStore, most: number, after?: string): Promise<CardPage> {
  const documents = await state.list(KIND, { most, ...(after === undefined ? {} : { after }) });
  const cards = documents.map(({ body }) => body as unknown as ModelCard);
  const next = documents.length === most ? documents.at(-1)?.id : undefined;
  return { cards, ...(next === undefined ? {} : { next }) };
}
