import { createRequire } from 'node:module';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledOnce } from '../setup/bundled-once.ts';
import { type CollectingStage, openCollectingStage, writeKeys } from './collecting-stage.ts';

/** The former client of Segment for Node, which many servers still run; it has no types. */
interface FormerAnalytics {
  track(message: object): void;
  identify(message: object): void;
  flush(): Promise<unknown>;
}
const Former = createRequire(import.meta.url)('analytics-node') as new (
  writeKey: string,
  options: object,
) => FormerAnalytics;

/** The limit of a poll: a busy machine takes its time. */
const patient = { timeout: 60_000, interval: 100 };

let site: CollectingStage;

beforeAll(async () => {
  site = await openCollectingStage({ bundle: bundledOnce });
});

afterAll(() => site.close());

describe('the clients for servers, as they are', () => {
  it('@segment/analytics-node: all six calls become one person', async () => {
    const analytics = new Analytics({ writeKey: writeKeys.server, host: site.url, flushAt: 3 });
    const anonymousId = 'segment-node-anonymous';

    analytics.page({ anonymousId, category: 'docs', name: 'start' });
    analytics.screen({ anonymousId, name: 'Home' });
    analytics.identify({
      userId: 'segment-node',
      anonymousId,
      traits: { email: 'node@example.com', firstName: 'Nola' },
    });
    analytics.track({ userId: 'segment-node', event: 'Plan Chosen', properties: { plan: 'pro' } });
    analytics.group({
      userId: 'segment-node',
      groupId: 'g1',
      traits: { name: 'Acme', employees: 12, industry: 'Tools' },
    });
    analytics.alias({ userId: 'segment-node', previousId: 'segment-node-earlier' });
    analytics.track({ anonymousId: 'segment-node-earlier', event: 'Name Of Our Own' });
    await analytics.closeAndFlush();

    await expect.poll(async () => (await site.person('node@example.com'))?.activities.total, patient).toBe(4);
    await site.stage().idle();
    expect(await site.person('user_id=segment-node')).toMatchObject({
      traits: {
        first_name: 'Nola',
        email: 'node@example.com',
        company: { name: 'Acme', employees: 12, industry: 'Tools' },
      },
      fragments: [
        'web:anonymous:segment-node-anonymous',
        'web:anonymous:segment-node-earlier',
        'web:user:segment-node',
      ],
    });
  });

  it('analytics-node, the former one', async () => {
    const analytics = new Former(writeKeys.server, { host: site.url });

    analytics.identify({ userId: 'former', traits: { email: 'former@example.com', lastName: 'Old' } });
    analytics.track({ userId: 'former', event: 'Invoice Paid', properties: { value: 12.5 } });
    await analytics.flush();

    await expect
      .poll(async () => (await site.person('former@example.com'))?.activities.latest, patient)
      .toMatchObject([
        { name: 'Invoice Paid', properties: { value: 12.5, context: { source: 'server', library: 'analytics-node' } } },
      ]);
  });

  it('@rudderstack/rudder-sdk-node, which compresses and calls it a form', async () => {
    const analytics = new RudderAnalytics(writeKeys.server, { dataPlaneUrl: site.url });

    analytics.identify({ userId: 'rudder-node', traits: { email: 'rudder@example.com', plan: 'team' } });
    analytics.track({ userId: 'rudder-node', event: 'Report Made', properties: { pages: 3 } });
    await analytics.flush();

    await expect.poll(async () => (await site.person('rudder@example.com'))?.activities.total, patient).toBe(1);
    expect(await site.person('rudder@example.com')).toMatchObject({ traits: { plan: 'team' } });
  });

  it('lose nothing while the stage is down and comes back', async () => {
    const problems: unknown[] = [];
    const analytics = new Analytics({ writeKey: writeKeys.server, host: site.url, flushAt: 1, maxRetries: 50 });
    const former = new Former(writeKeys.server, { host: site.url, retryCount: 12, flushAt: 5 });
    const rudder = new RudderAnalytics(writeKeys.server, {
      dataPlaneUrl: site.url,
      retryCount: 60,
      axiosRetryConfig: { retryDelay: () => 1_000 },
    });
    analytics.on('error', (problem) => problems.push(problem));

    analytics.track({ userId: 'patient', event: 'Sent Before', messageId: 'patient-before' });
    await expect.poll(async () => (await site.person('user_id=patient'))?.activities.total, patient).toBe(1);
    await site.stop();
    for (let n = 0; n < 5; n += 1) {
      analytics.track({ userId: 'patient', event: 'Sent Meanwhile', messageId: `patient-${n}` });
      former.track({ userId: 'patient', event: 'Sent Meanwhile', messageId: `patient-former-${n}` });
      rudder.track({ userId: 'patient', event: 'Sent By Rudder', properties: { n } });
    }
    const flushed = Promise.all([former.flush(), rudder.flush()]);
    await site.start();
    await flushed;
    await analytics.closeAndFlush();

    await expect.poll(async () => (await site.person('user_id=patient'))?.activities.total, patient).toBe(16);
    expect(problems).toEqual([]);
  });
});
