import type { Change } from '../../domain/change.ts';
import type { Echo, Pushed, Write } from '../contract.ts';
import { fieldEchoes, fieldTargets, idIn } from '../define-field.ts';
import type { SalesforceConfig } from './config.ts';
import { contacts } from './contacts.stream.ts';
import { withTraits } from './custom-fields.ts';
import { fieldTarget, writtenTo } from './field-values.ts';
import { fullId } from './ids.ts';
import { leads } from './leads.stream.ts';

const people = { contact: { object: 'Contact', stream: contacts }, lead: { object: 'Lead', stream: leads } } as const;

/** Campaign members that a push made, and fields of contacts and leads that it set or emptied. */
export function echoes(change: Change, { config, targets }: Pushed<SalesforceConfig>): readonly Echo[] {
  if (change.kind !== 'profile') return joins(change);
  const kind = change.fragment.split(':').at(-2);
  return fieldTargets(fieldTarget, targets).flatMap(({ object, field }) => {
    const { object: name, stream } = people[object];
    const plain = stream.mappings[object];
    if (object !== kind || plain === undefined) return [];
    const mapping = withTraits(plain, name, config);
    return fieldEchoes(change, mapping, { path: field, anyCase: true }, (id, value) =>
      writtenTo(object, field, id, value),
    );
  });
}

/**
 * Campaign members come back in the stream `activities` as if the people had joined by themselves. One is ours when
 * Salesforce gave us its id; while an answer is missing, when it was made within a day after we asked for it.
 */
function joins(change: Change): readonly Echo[] {
  if (change.kind !== 'activity' || change.name !== 'Campaign Joined') return [];
  const campaign = fullId(change.properties?.campaign_id);
  const person = fullId(idIn(change.fragment));
  if (campaign === undefined || person === undefined) return [];
  return [{ writes: [recordOf(change.id), joinedAs(campaign, person).asked], of: 'change' }];
}

/** What putting a person into a campaign writes: before the answer, and once the record has an id. */
export function joinedAs(campaign: string, person: string, member?: string) {
  const about = member === undefined ? {} : { member };
  const pair = { object: 'CampaignMember', id: `${fullId(campaign)}/${fullId(person)}`, field: 'Id', ...about };
  return {
    asked: { ...pair, value: null } satisfies Write,
    // The pair then means this record only: whoever is taken out and put back by hand is another one.
    made: (record: string): Write[] => [
      { ...recordOf(record), ...about },
      { ...pair, value: fullId(record) ?? record },
    ],
  };
}

function recordOf(id: string): Write {
  return { object: 'CampaignMember', id: fullId(id) ?? id, field: 'ours', value: true };
}
