import type { Identifier } from '../domain/change.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ErasedPlace, ErasureReceipt } from './erasure-receipt.ts';
import type { AudienceRow, MembershipStore, StateStore } from './ports.ts';

interface AudienceDeps {
  readonly memberships: MembershipStore;
  readonly state: StateStore;
  readonly definitions: () => Promise<Definitions>;
}

/** What a tool was told of an erased person, kept until the tool has erased them too: kind `erased-keys`. */
export interface ErasedKeys {
  readonly receipt: string;
  readonly audience: string;
  readonly connection: string | null;
  readonly keys: readonly Identifier[];
}

/**
 * Takes an erased person out of audiences. A row whose tool was told that they are in it stays, wanted out, until a push
 * has taken them off the list; every other row goes at once. Match keys that a tool was told are kept for its own erasure.
 */
export async function takeOffAudiences(
  deps: AudienceDeps,
  erasure: { readonly id: string; readonly receipt: ErasureReceipt; readonly version: number },
): Promise<readonly Pick<ErasedPlace, 'place' | 'state' | 'count' | 'note'>[]> {
  const { audiences } = await deps.definitions();
  const { id, receipt, version } = erasure;
  const places: Pick<ErasedPlace, 'place' | 'state' | 'count' | 'note'>[] = [];
  for (const audience of new Set([...audiences.map((one) => one.audience), ...receipt.audiences])) {
    const rows = await deps.memberships.readAudienceRows(audience, receipt.profiles);
    const place = `audience ${audience}`;
    if (rows.size === 0) {
      if (receipt.places.some((one) => one.place === place)) places.push({ place, state: 'confirmed' });
      continue;
    }
    const definition = audiences.find((one) => one.audience === audience);
    const told = [...rows.values()].filter((row) => row.told !== undefined);
    if (told.length > 0) await keepKeys(deps.state, id, audience, definition?.connection ?? null, told);
    // A list that nobody is taken off, or that is pushed no more, would keep the row for ever.
    const waiting = definition?.mode === 'mirror' ? told.filter((row) => row.told?.in === true) : [];
    await deps.memberships.writeRows(
      waiting
        .filter(({ wanted }) => wanted.in)
        .map((row) => ({
          row: 'audience',
          audience,
          profile: row.profile,
          version: Math.max(version, row.wantedVersion + 1),
          wanted: { in: false, reason: 'not-in-segment' },
        })),
    );
    const over = [...rows.keys()].filter((profile) => !waiting.some((row) => row.profile === profile));
    await deps.memberships.eraseRows('audience', audience, over);
    if (waiting.length === 0) places.push({ place, state: 'confirmed', count: over.length });
    else
      places.push({ place, state: 'pending', note: 'the next push takes the person off the list, then the row goes' });
  }
  return places;
}

async function keepKeys(
  state: StateStore,
  receipt: string,
  audience: string,
  connection: string | null,
  rows: readonly AudienceRow[],
): Promise<void> {
  const id = `${receipt}#${audience}`;
  const held = await state.get('erased-keys', id);
  const before = (held?.body as unknown as ErasedKeys | undefined)?.keys ?? [];
  const all = new Map(
    [...before, ...rows.flatMap((row) => row.told?.keys ?? [])].map((one) => [JSON.stringify(one), one]),
  );
  if (all.size === before.length) return;
  const body = { receipt, audience, connection, keys: [...all.values()] } satisfies ErasedKeys;
  await state.put('erased-keys', id, body as unknown as JsonObject, held?.version ?? 0);
}
