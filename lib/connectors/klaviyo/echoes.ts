import type { Change } from '../../domain/change.ts';
import type { Echo, Pushed, Write } from '../contract.ts';
import { fieldEchoes, fieldTargets, idIn } from '../define-field.ts';
import type { Config } from './config.ts';
import { propertyTarget, writtenTo } from './field-values.ts';
import { LIST_JOINED } from './list-joins.stream.ts';
import { withOwnFields } from './own-fields.ts';
import { profileMapping } from './profile.ts';

/** Joined lists and properties of profiles, as far as a push wrote them. */
export function echoes(change: Change, { config, targets }: Pushed<Config>): readonly Echo[] {
  if (change.kind !== 'profile') return joins(change);
  return fieldTargets(propertyTarget, targets).flatMap(({ property }) =>
    fieldEchoes(
      change,
      withOwnFields(profileMapping, config),
      { path: `attributes.properties.${property}` },
      (id, value) => writtenTo(property, id, value),
    ),
  );
}

/** Additions come back in the stream `list-joins`: without this people would seem to have joined. */
function joins(change: Change): readonly Echo[] {
  if (change.kind !== 'activity' || change.name !== LIST_JOINED) return [];
  const list = change.properties?.list_id;
  const profile = idIn(change.fragment);
  return typeof list === 'string' ? [{ writes: [memberWrite(list, profile, true)], of: 'change' }] : [];
}

/** What putting profiles on a list, or taking them off, writes, and about whom. */
export function memberWrites(
  list: string,
  profiles: readonly string[],
  there: boolean,
  owners: ReadonlyMap<string, string>,
): Write[] {
  return profiles.map((profile) => {
    const member = owners.get(profile);
    return { ...memberWrite(list, profile, there), ...(member === undefined ? {} : { member }) };
  });
}

function memberWrite(list: string, profile: string, there: boolean): Write {
  return { object: 'profile', id: profile, field: `list ${list}`, value: there };
}
