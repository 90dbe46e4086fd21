import { effectiveConsent } from '../../domain/consent.ts';
import { type Compiled, traitReader, traitsUnder } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import { consentOf, identifiersOf, type Profile } from '../../domain/profile.ts';
import { nestTraits } from '../../domain/survivorship.ts';
import { loadRegions } from '../define/regions.ts';
import { wholeEntriesOf } from '../learn/sample-people.ts';
import type { ActivityStore, Clock, MembershipStore, ProfileStore } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import { readMembers } from './segment-history.ts';

/** People of a segment by chosen columns, a page at a time. */
export interface SegmentPeople {
  readonly segment: string;
  readonly columns: readonly string[];
  readonly people: readonly (readonly Json[])[];
  readonly next: string | null;
}

const MOST_COLUMNS = 50;
const COLUMN = /^[^\s,]{1,200}$/;

/**
 * Reads members with columns of theirs: `id`, `since`, a trait by its path, an identifier by its type (the first one), or
 * `consent.<topic>` of any of their addresses. A trait goes before an identifier of its name. Consent is told, not asked for.
 */
export async function readSegmentPeople(
  deps: {
    readonly memberships: MembershipStore;
    readonly profiles: ProfileStore;
    readonly activities: ActivityStore;
    readonly clock: Pick<Clock, 'now'>;
  },
  compiled: Compiled,
  segment: string,
  asked: { readonly columns: string | undefined; readonly from: string | undefined; readonly most: number },
): Promise<SegmentPeople> {
  const columns = (asked.columns ?? 'id,email').split(',').map((column) => column.trim());
  if (columns.length > MOST_COLUMNS || columns.some((column) => !COLUMN.test(column))) {
    const message = `columns: expected up to ${MOST_COLUMNS} names with commas between them, such as email,lifecycle_stage`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const { members, next } = await readMembers(deps, segment, asked);
  const stored = await deps.profiles.read(members.map(({ profile }) => profile));
  const cells = await openCells(deps, compiled, deps.clock.now().getTime());
  const people = members.map(async ({ profile, since }) => {
    const found = stored.get(profile);
    // Merged or erased since the row was read: whoever has the data now has a row of their own.
    return found === undefined || !isLiving(found) ? [] : [await cells(found, columns, since)];
  });
  return { segment, columns, people: (await Promise.all(people)).flat(), next };
}

/** Reads chosen columns of stored people as they stand at `now`. `since` is what a column of that name says. */
export async function openCells(
  deps: { readonly activities: ActivityStore },
  compiled: Compiled,
  now: Milliseconds,
): Promise<(profile: Profile, columns: readonly string[], since?: string) => Promise<readonly Json[]>> {
  const rules = { ...compiled, read: traitReader(compiled.definitions, await loadRegions()) };
  return async (profile, columns, since = '') => {
    const whole = await wholeEntriesOf(deps.activities, compiled, profile);
    const traits = nestTraits(traitsUnder(rules, profile, now, whole));
    return columns.map((column) => cellOf(profile, traits, column, { since, now }));
  };
}

function cellOf(
  profile: Profile,
  traits: Json,
  column: string,
  { since, now }: { readonly since: string; readonly now: Milliseconds },
): Json {
  if (column === 'id') return profile.id;
  if (column === 'since') return since;
  const identifiers = identifiersOf(profile);
  if (column.startsWith('consent.')) {
    const statements = consentOf(profile);
    const topic = column.slice('consent.'.length);
    return identifiers.some(({ value }) => effectiveConsent(statements, value, topic, now));
  }
  return valueAt(traits, column) ?? identifiers.find(({ type }) => type === column)?.value ?? null;
}
