import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activity } from '../../lib/connectors/mailchimp/activity.stream.ts';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { memberIdOf } from '../../lib/connectors/mailchimp/member.ts';
import type { ActivityChange } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import { LIST, openRig, type Rig } from '../vendors/mailchimp/open.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let rig: Rig;
let api: MailchimpClient;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  for (const email of ['Ann@example.com', 'bob@example.com', 'cy@example.com']) rig.vendor.putMember(LIST, { email });
  rig.vendor.sendCampaign(LIST, { id: 'spring', title: 'Spring', subject: 'Prices' });
  rig.pass(HOUR);
});
afterEach(() => rig.close());

describe('activity', () => {
  it('brings opens, clicks and bounces as activities of the member', async () => {
    rig.vendor.click('spring', 'ann@example.com', 'https://example.com/prices');
    rig.vendor.bounce('spring', 'cy@example.com', 'soft');
    rig.pass(HOUR);

    const { changes } = await read(undefined);

    expect(changes).toEqual([
      {
        kind: 'activity',
        fragment: `newsletter:member:${memberIdOf('ann@example.com')}`,
        at: '2026-11-21T09:00:00.000Z',
        mapping: 1,
        identifiers: [
          { type: 'email', value: 'Ann@example.com' },
          { type: 'mailchimp.member_id', value: memberIdOf('ann@example.com') },
        ],
        id: expect.stringMatching(/^mailchimp:[0-9a-f]{32}$/),
        name: 'Email Link Clicked',
        properties: {
          campaign_id: 'spring',
          campaign_title: 'Spring',
          subject: 'Prices',
          url: 'https://example.com/prices',
        },
      },
      expect.objectContaining({
        name: 'Email Bounced',
        properties: { campaign_id: 'spring', campaign_title: 'Spring', subject: 'Prices', bounce_type: 'soft' },
      }),
    ]);
  });

  it('finds an open that comes weeks after the sending', async () => {
    const first = await read(undefined);
    rig.pass(20 * DAY);
    rig.vendor.open('spring', 'bob@example.com');
    rig.pass(HOUR);

    const next = await read(first.checkpoint);

    expect(next.changes.map(({ name, at }) => [name, at])).toEqual([['Email Opened', '2026-12-11T09:00:00.000Z']]);
  });

  it('gives what it reads twice the same id', async () => {
    rig.vendor.open('spring', 'bob@example.com');
    rig.pass(60_000);
    const first = await read(undefined);
    rig.pass(60_000);

    const again = await read(first.checkpoint);

    expect(again.changes).toEqual(first.changes);
  });

  it('leaves campaigns alone that are older than the lookback', async () => {
    rig.pass(31 * DAY);
    rig.vendor.open('spring', 'bob@example.com');
    rig.pass(HOUR);

    expect((await read(undefined)).changes).toEqual([]);
    expect(rig.vendor.calls.map(({ path }) => path)).toEqual(['/3.0/campaigns']);
  });

  it('goes on when a campaign is deleted after it was listed', async () => {
    rig.vendor.sendCampaign(LIST, { id: 'summer' });
    rig.vendor.open('summer', 'bob@example.com');
    rig.vendor.open('spring', 'bob@example.com');
    rig.pass(HOUR);
    const names: string[] = [];
    for await (const page of activity.read(api, 'newsletter', undefined, options())) {
      rig.vendor.deleteCampaign('summer');
      names.push(...page.changes.map((change) => (change.kind === 'activity' ? change.name : '')));
    }

    expect(names).toEqual(['Email Opened']);
  });

  it('puts an act that the reference does not list into quarantine', async () => {
    rig.vendor.act('spring', 'bob@example.com', 'forwarded');
    rig.pass(HOUR);

    const pages = [];
    for await (const page of activity.read(api, 'newsletter', undefined, options())) pages.push(page);

    expect(pages.flatMap((page) => page.rejected.map(({ code }) => code))).toEqual(['mapping/unknown-activity']);
  });
});

function options() {
  return { pageSize: 2, signal: new AbortController().signal, now: rig.now() };
}

async function read(from: Json | undefined): Promise<{ changes: ActivityChange[]; checkpoint: Json | undefined }> {
  const changes: ActivityChange[] = [];
  let checkpoint: Json | undefined;
  for await (const page of activity.read(api, 'newsletter', from, options())) {
    for (const change of page.changes) if (change.kind === 'activity') changes.push(change);
    checkpoint = page.checkpoint;
  }
  return { changes, checkpoint };
}
