import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { campaigns } from '../../lib/connectors/mailchimp/campaigns.stream.ts';
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

describe('campaigns', () => {
  it('bring who was sent what, who left by it and why, and who complained', async () => {
    rig.vendor.bounce('spring', 'cy@example.com', 'hard');
    rig.vendor.unsubscribe('spring', 'bob@example.com', 'No longer interested');
    rig.vendor.complain('spring', 'ann@example.com');
    rig.pass(HOUR);

    const { changes } = await read(undefined);

    const about = { campaign_id: 'spring', campaign_title: 'Spring', subject: 'Prices' };
    const sent = { name: 'Email Sent', at: '2026-11-21T08:00:00.000Z' };
    expect(changes).toMatchObject([
      { ...sent, fragment: `newsletter:member:${memberIdOf('ann@example.com')}`, properties: about },
      { ...sent, properties: { ...about, delivery: 'sent' } },
      { ...sent, properties: { ...about, delivery: 'hard' } },
      {
        name: 'Unsubscribed',
        at: '2026-11-21T09:00:00.000Z',
        properties: { ...about, reason: 'No longer interested' },
      },
      { name: 'Email Marked as Spam', at: '2026-11-21T09:00:00.000Z', properties: about },
    ]);
  });

  it('cost one call in a quiet run, and read recipients of new campaigns only', async () => {
    rig.pass(2 * DAY);
    const first = await read(undefined);
    rig.pass(3 * DAY);
    const quiet = await pathsOf(() => read(first.checkpoint));
    rig.vendor.sendCampaign(LIST, { id: 'summer' });
    rig.pass(HOUR);

    const next = await pathsOf(() => read(first.checkpoint));

    expect(quiet).toEqual(['/3.0/reports']);
    expect(new Set(next)).toEqual(new Set(['/3.0/reports', '/3.0/reports/summer/sent-to']));
  });

  it('find somebody who leaves weeks after the sending, once', async () => {
    rig.pass(2 * DAY);
    const first = await read(undefined);
    rig.pass(20 * DAY);
    rig.vendor.unsubscribe('spring', 'bob@example.com');
    rig.pass(2 * DAY);
    const second = await read(first.checkpoint);
    rig.pass(3 * DAY);

    const third = await read(second.checkpoint);

    expect(second.changes.map(({ name, at }) => [name, at])).toEqual([['Unsubscribed', '2026-12-13T09:00:00.000Z']]);
    expect(third.changes).toEqual([]);
  });
});

async function pathsOf(run: () => Promise<unknown>): Promise<string[]> {
  const before = rig.vendor.calls.length;
  await run();
  return rig.vendor.calls.slice(before).map(({ path }) => path);
}

async function read(from: Json | undefined): Promise<{ changes: ActivityChange[]; checkpoint: Json | undefined }> {
  const changes: ActivityChange[] = [];
  let checkpoint: Json | undefined;
  const options = { pageSize: 2, signal: new AbortController().signal, now: rig.now() };
  for await (const page of campaigns.read(api, 'newsletter', from, options)) {
    for (const change of page.changes) if (change.kind === 'activity') changes.push(change);
    checkpoint = page.checkpoint;
  }
  return { changes, checkpoint };
}
