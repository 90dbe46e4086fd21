import type { ConsentStatement } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Profile, Wanted } from '../../domain/profile.ts';
import type { IdentityIndex, MembershipStore } from '../ports.ts';
import { pausedUntil, recordKeys } from '../push/pause-members.ts';

/** What a person is to one audience, and what its tool was told and answered. */
export interface PersonAudience {
  readonly audience: string;
  readonly segment: string;
  readonly connection: string;
  readonly wanted: boolean;
  /** Why not. */
  readonly reason: string | null;
  /** Under what the tool finds the person: what we want to be sent, by type alone. */
  readonly keys: readonly string[];
  /** What the addition needs: the statement as it stands. */
  readonly consent: Omit<ConsentStatement, 'address'> | null;
  readonly told: Told | null;
  /** The two sides differ: the next push does something. */
  readonly pending: boolean;
  readonly pausedUntil: string | null;
}

interface Told {
  readonly in: boolean;
  readonly op: 'add' | 'remove' | null;
  readonly outcome: string;
  readonly code: string | null;
  readonly run: string;
  readonly at: string;
  /** The statement that was relied on when the person was added. */
  readonly consent: Omit<ConsentStatement, 'address'> | null;
}

/** Every audience that ever had to do with a person, in the order of the definitions. */
export async function readPersonAudiences(
  {
    memberships,
    identities,
    key,
  }: {
    readonly memberships: Pick<MembershipStore, 'readAudienceRows'>;
    readonly identities: Pick<IdentityIndex, 'lookUp'>;
    readonly key: () => Promise<IdentityKey>;
  },
  { audiences }: Pick<Definitions, 'audiences'>,
  profile: Pick<Profile, 'id' | 'wanted' | 'fragments'>,
): Promise<readonly PersonAudience[]> {
  const keys = recordKeys(Object.keys(profile.fragments), await key());
  const paused = pausedUntil(keys, await identities.lookUp(keys));
  const lines = audiences.map(async ({ audience, segment, connection }): Promise<PersonAudience | undefined> => {
    const row = (await memberships.readAudienceRows(audience, [profile.id])).get(profile.id);
    const wanted = profile.wanted[audience] ?? row?.wanted;
    if (wanted === undefined) return undefined;
    const { told } = row ?? {};
    return {
      ...{ audience, segment, connection, ...wantedSide(wanted) },
      told:
        told === undefined
          ? null
          : {
              in: told.in,
              op: told.op ?? null,
              outcome: told.outcome,
              code: told.code ?? null,
              run: told.run,
              at: formatInstant(told.at),
              consent: told.consent ?? null,
            },
      pending: row?.pending ?? false,
      pausedUntil: paused === undefined ? null : formatInstant(paused),
    };
  });
  return (await Promise.all(lines)).filter((line) => line !== undefined);
}

function wantedSide(wanted: Wanted): Pick<PersonAudience, 'wanted' | 'reason' | 'keys' | 'consent'> {
  if (!wanted.in) return { wanted: false, reason: wanted.reason, keys: [], consent: null };
  const { address: _, ...consent } = wanted.consent ?? { address: undefined };
  return {
    wanted: true,
    reason: null,
    keys: wanted.keys.map(({ type }) => type),
    consent: wanted.consent === undefined ? null : (consent as Omit<ConsentStatement, 'address'>),
  };
}
