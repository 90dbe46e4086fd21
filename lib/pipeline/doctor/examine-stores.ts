import { asTributaryError } from '../../domain/errors.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type {
  AccountStore,
  ActivityStore,
  Archive,
  HistoryStore,
  IdentityIndex,
  MembershipStore,
  ProfileStore,
  StateStore,
} from '../ports.ts';
import { type Check, checksOf } from './check.ts';

export interface ExaminedStores {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson'>;
  readonly profiles: Pick<ProfileStore, 'read'>;
  readonly identities: Pick<IdentityIndex, 'lookUp'>;
  readonly accounts: Pick<AccountStore, 'read'>;
  readonly activities: Pick<ActivityStore, 'latest'>;
  readonly memberships: Pick<MembershipStore, 'readAudienceRows'>;
  readonly history: Pick<HistoryStore, 'ofProfile'>;
  readonly key: () => Promise<IdentityKey>;
}

/** Nothing is stored under this name: what is asked is whether it may be asked. */
const NOBODY = 'doctor';

/** Reads what is not there from everything that the api function may read: a right or a table that is missing shows. */
export async function examineStores(deps: ExaminedStores): Promise<readonly Check[]> {
  const asked: Readonly<Record<string, () => Promise<unknown>>> = {
    profiles: () => deps.profiles.read([NOBODY]),
    identifiers: () => deps.identities.lookUp([NOBODY]),
    accounts: () => deps.accounts.read([NOBODY]),
    activities: () => deps.activities.latest(NOBODY, 1),
    memberships: () => deps.memberships.readAudienceRows(NOBODY, [NOBODY]),
    history: () => deps.history.ofProfile(NOBODY, 1),
    state: () => deps.state.get(NOBODY, NOBODY),
    archive: () => deps.archive.getJson(`definitions/${NOBODY}.json.gz`),
    'identity key': deps.key,
  };
  const { ok, fail } = checksOf('stores', 'docs/operating.md#doctor');
  const expected = 'each table, the archive and the identity key can be read';
  const failures = await Promise.all(
    Object.entries(asked).map(async ([name, ask]) => {
      try {
        await ask();
        return [];
      } catch (thrown) {
        const { code, cause, message } = asTributaryError(thrown);
        // The SDK's own name says what no code of ours does: AccessDeniedException, ResourceNotFoundException.
        const why = cause instanceof Error ? cause.name : message;
        const todo = 'look the error up; deploy again what was changed by hand';
        return [fail(name, { found: `${code}: ${why}`, expected }, todo)];
      }
    }),
  );
  const found = `${Object.keys(asked).length} of ${Object.keys(asked).length} can be read`;
  return failures.flat().length === 0 ? [ok(null, { found, expected })] : failures.flat();
}
