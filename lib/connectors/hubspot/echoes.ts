import type { Change } from '../../domain/change.ts';
import type { Echo, Pushed } from '../contract.ts';
import { fieldEchoes, fieldTargets } from '../define-field.ts';
import type { Config } from './config.ts';
import { contactMapping } from './contacts.stream.ts';
import { withTraits } from './custom-fields.ts';
import { propertyTarget, writtenTo } from './field-values.ts';

const CONTACT = /^[^:]+:contact:/;

/**
 * Properties that a push set or emptied come back in the stream `contacts`: those traits are left out. Nothing that is read
 * tells of lists.
 */
export function echoes(change: Change, { config, targets }: Pushed<Config>): readonly Echo[] {
  if (change.kind !== 'profile' || !CONTACT.test(change.fragment)) return [];
  return fieldTargets(propertyTarget, targets).flatMap(({ property }) =>
    fieldEchoes(
      change,
      withTraits(contactMapping, 'contacts', config),
      { path: `properties.${property}` },
      (id, value) => writtenTo(property, id, value),
    ),
  );
}
