import type { JsonObject } from '../../domain/json.ts';
import type { StateStore } from '../ports.ts';

/** Where something of an erased person was, and what became of it. */
export interface ErasedPlace {
  readonly place: string;
  /** `confirmed`: nothing is there. `pending`: it will be seen to. `impossible`: it is not ours to do. */
  readonly state: 'confirmed' | 'pending' | 'impossible';
  /** When it became so. */
  readonly at: string;
  /** How many things were taken away. */
  readonly count?: number;
  /** It is gone by itself at this instant. */
  readonly until?: string;
  readonly note?: string;
}

/** The evidence of an erasure. Holds ids and HMACs only, and who asked for it; kept for ever. */
export interface ErasureReceipt {
  readonly askedAt: string;
  /** Who asked for it; absent in receipts that were written before this was kept. */
  readonly by?: string;
  /** Absent until the person is erased; from then on nobody finds or writes them. */
  readonly erasedAt?: string;
  /** `pending` while any place is. */
  readonly state: 'pending' | 'done';
  /** Every id that the person ever had, the last one first. */
  readonly profiles: readonly string[];
  readonly audiences: readonly string[];
  /** Index keys of the person's records and identifiers: by them the archive is searched. */
  readonly keys: readonly string[];
  readonly places: readonly ErasedPlace[];
}

const KIND = 'erasure';

export async function readReceipt(state: StateStore, id: string): Promise<ErasureReceipt | undefined> {
  return (await state.get(KIND, id))?.body as unknown as ErasureReceipt | undefined;
}

/** Every receipt with its id. */
export async function* allReceipts(state: StateStore): AsyncIterable<readonly [string, ErasureReceipt]> {
  for await (const page of state.all(KIND)) {
    for (const { id, body } of page) yield [id, body as unknown as ErasureReceipt];
  }
}

/** Changes a receipt, whoever else does at the same time. */
export async function amendReceipt(
  state: StateStore,
  id: string,
  amend: (before: ErasureReceipt | undefined) => ErasureReceipt,
): Promise<ErasureReceipt> {
  for (;;) {
    const held = await state.get(KIND, id);
    const next = withState(amend(held?.body as unknown as ErasureReceipt | undefined));
    if (await state.put(KIND, id, next as unknown as JsonObject, held?.version ?? 0)) return next;
  }
}

/** The receipt with these places as they stand now; others keep their state. */
export function withPlaces(receipt: ErasureReceipt, places: readonly ErasedPlace[]): ErasureReceipt {
  const byName = new Map(receipt.places.map((one) => [one.place, one]));
  for (const one of places) byName.set(one.place, one);
  return { ...receipt, places: [...byName.values()] };
}

function withState(receipt: ErasureReceipt): ErasureReceipt {
  const waits = receipt.erasedAt === undefined || receipt.places.some(({ state }) => state === 'pending');
  return { ...receipt, state: waits ? 'pending' : 'done' };
}
