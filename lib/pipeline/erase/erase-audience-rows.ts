import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { AudienceRow, Clock, MembershipStore, StateStore } from '../ports.ts';
import { pushedAudiences } from '../push/push-run.ts';
import { addErrand, erasureRuleOf, toolPlace } from './erased-keys.ts';
import { amendReceipt, type ErasedPlace, type ErasureReceipt, withPlaces } from './erasure-receipt.ts';

interface AudienceDeps {
  readonly memberships: MembershipStore;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly definitions: () => Promise<Definitions>;
}

/** The name in the place of a run's id on rows that an erasure took off their list. */
export function erasureRun(receipt: string): string {
  return `erasure.${receipt}`;
}

/**
 * Takes an erased person out of audiences. A row whose tool was told that they are in it stays, wanted out, until they are
 * off the list: by the erasure in the tool, or by a push. Every other row goes at once. Match keys that a tool was told
 * are kept for its own erasure.
 */
export async function takeOffAudiences(
  deps: AudienceDeps,
  erasure: { readonly id: string; readonly receipt: ErasureReceipt; readonly version: number },
): Promise<readonly Pick<ErasedPlace, 'place' | 'state' | 'count' | 'note'>[]> {
  const definitions = await deps.definitions();
  const { audiences } = definitions;
  const { id, receipt, version } = erasure;
  const places: Pick<ErasedPlace, 'place' | 'state' | 'count' | 'note'>[] = [];
  const pushed = await pushedAudiences(deps.state);
  for (const audience of new Set([...audiences.map((one) => one.audience), ...receipt.audiences, ...pushed])) {
    const rows = await deps.memberships.readAudienceRows(audience, receipt.profiles);
    const place = `audience ${audience}`;
    if (rows.size === 0) {
      const known = receipt.places.find((one) => one.place === place);
      if (known?.state === 'pending') places.push({ place, state: 'confirmed' });
      continue;
    }
    const definition = audiences.find((one) => one.audience === audience);
    const told = [...rows.values()].filter((row) => row.told !== undefined && row.told.run !== erasureRun(id));
    if (told.length > 0 && definition !== undefined) {
      await askTool(deps, definitions, { id, receipt, audience, connection: definition.connection, told });
    }
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
    const lost = definition === undefined && told.some((row) => row.told?.in === true);
    if (waiting.length > 0)
      places.push({ place, state: 'pending', note: 'the row goes once the person is off the list' });
    else if (lost) places.push({ place, state: 'impossible', count: over.length, note: LOST });
    else places.push({ place, state: 'confirmed', count: over.length });
  }
  return places;
}

const LOST = 'the audience is defined no more, so its list is not known: take the person off in the tool by hand';

async function askTool(
  deps: AudienceDeps,
  { connections }: Definitions,
  given: {
    readonly id: string;
    readonly receipt: ErasureReceipt;
    readonly audience: string;
    readonly connection: string;
    readonly told: readonly AudienceRow[];
  },
): Promise<void> {
  const { id, receipt, audience, connection, told } = given;
  const { profiles } = receipt;
  if (erasureRuleOf(connections[connection] ?? {}) !== 'leave') {
    const keys = told.flatMap(({ profile, told }) => (told?.keys ?? []).map((one) => ({ ...one, profile })));
    await addErrand(deps, { receipt: id, connection, profiles, lists: { [audience]: keys } });
    return;
  }
  await amendReceipt(deps.state, id, (before = receipt) => withPlaces(before, [leftThere(deps.clock, connection)]));
}

/** What a receipt says of a tool that the workspace leaves alone. */
export const LEFT_THERE = 'left there, as the workspace says (erasure: leave); erase there by hand';

/** A tool that the workspace says to leave alone. */
export function leftThere(clock: Clock, connection: string): ErasedPlace {
  const at = formatInstant(clock.now().getTime());
  return { place: toolPlace(connection), state: 'impossible', at, note: LEFT_THERE };
}
