import { ago, instant, type WorldCrmPerson } from './people.ts';
import type { Random } from './random.ts';

const DAY = 86_400_000;

/** A Salesforce campaign, e.g. a fair or a webinar. */
export interface WorldCrmCampaign {
  readonly key: string;
  readonly name: string;
  readonly startedAt: string;
}

/** Somebody is a member of a campaign, and may have answered. */
export interface WorldCampaignMember {
  readonly campaign: string;
  readonly who: string;
  readonly at: string;
  readonly respondedAt: string | undefined;
}

/** A task of sales: a call, a mail, a to-do. */
export interface WorldTask {
  readonly who: string;
  readonly subtype: 'Call' | 'Email' | 'Task';
  readonly subject: string;
  readonly completed: boolean;
  readonly at: string;
}

/** A meeting. */
export interface WorldMeeting {
  readonly who: string;
  readonly subject: string;
  readonly at: string;
  readonly minutes: number;
}

export interface CrmActivity {
  readonly campaigns: readonly WorldCrmCampaign[];
  readonly campaignMembers: readonly WorldCampaignMember[];
  readonly tasks: readonly WorldTask[];
  readonly meetings: readonly WorldMeeting[];
}

const campaignNames = [
  'Spring fair',
  'Webinar: total cost',
  'Catalogue launch',
  'Autumn fair',
  'Price list early access',
];
const subjects = {
  Call: ['Follow-up call', 'Price enquiry', 'Reference call'],
  Email: ['Quote sent', 'Catalogue sent'],
  Task: ['Prepare quote', 'Send samples'],
} as const;

/** What sales did with people: with customers and prospects more than with the others. */
export function makeCrmActivity(
  random: Random,
  people: readonly WorldCrmPerson[],
  counts: { readonly tasks: number; readonly meetings: number; readonly campaignMembers: number },
  now: number,
): CrmActivity {
  const alive = people.filter(({ deletedAt }) => deletedAt === undefined);
  const worth = { subscriber: 1, lead: 2, prospect: 5, customer: 5, former_customer: 1 } as const;
  const often = alive.flatMap((one) => Array.from({ length: worth[one.person.stage] }, () => one));
  const campaigns = campaignNames.map((name, index) => ({
    key: `campaign-${index + 1}`,
    name,
    startedAt: instant(now - (campaignNames.length - index) * 32 * DAY),
  }));
  return {
    campaigns,
    campaignMembers: makeCampaignMembers(random, often, campaigns, counts.campaignMembers, now),
    tasks: Array.from({ length: counts.tasks }, () => {
      const subtype = random.weighted({ Call: 45, Email: 35, Task: 20 });
      return {
        who: random.pick(often).key,
        subtype,
        subject: random.pick<string>(subjects[subtype]),
        completed: random.chance(0.9),
        at: ago(random, now, 180),
      };
    }),
    meetings: Array.from({ length: counts.meetings }, () => ({
      who: random.pick(often).key,
      subject: random.pick(['Introduction', 'Demonstration', 'Annual review', 'Negotiation']),
      at: ago(random, now, 180),
      minutes: random.pick([30, 60, 90]),
    })),
  };
}

/** Nobody is twice in one campaign: Salesforce refuses it. */
function makeCampaignMembers(
  random: Random,
  often: readonly WorldCrmPerson[],
  campaigns: readonly WorldCrmCampaign[],
  count: number,
  now: number,
): readonly WorldCampaignMember[] {
  const made = new Map<string, WorldCampaignMember>();
  for (let tries = 0; made.size < count && tries < count * 20; tries += 1) {
    const campaign = random.pick(campaigns);
    const who = random.pick(often).key;
    const started = Date.parse(campaign.startedAt);
    const at = started + Math.floor(random.next() * 10 * DAY);
    const responded = Math.min(at + Math.floor(random.next() * 20 * DAY), now - 1000);
    made.set(`${campaign.key}/${who}`, {
      campaign: campaign.key,
      who,
      at: instant(at),
      respondedAt: random.chance(0.35) ? instant(responded) : undefined,
    });
  }
  return [...made.values()];
}
