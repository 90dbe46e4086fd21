import type { Change } from '../../domain/change.ts';
import type { Echo, Write } from '../contract.ts';
import { fullId } from './ids.ts';

/**
 * Campaign members that a push made come back in the stream `activities` as if the people had joined by themselves. One is
 * ours when Salesforce gave us its id; while an answer is missing, when it was made within a day after we asked for it.
 */
export function echoes(change: Change): readonly Echo[] {
  if (change.kind !== 'activity' || change.name !== 'Campaign Joined') return [];
  const campaign = fullId(change.properties?.campaign_id);
  const person = fullId(change.fragment.slice(change.fragment.lastIndexOf(':') + 1));
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
