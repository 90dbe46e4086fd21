import { expect } from 'vitest';
import type { RawRequest, WebhookSource } from '../../lib/connectors/contract-deliveries.ts';
import { type Check, CONNECTION, type Rig, withRig } from './rig.ts';
import type { Scenario, WebhookScenario } from './scenario.ts';

/** Webhooks: proof first, then deliveries with a key that is the same however often they come. */
export function webhookChecks(scenario: Scenario, told: WebhookScenario): readonly Check[] {
  const on = (check: (webhook: WebhookSource<unknown, unknown>, rig: Rig) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      const { webhook } = scenario.connector;
      if (webhook === undefined) throw new Error('the connector has no webhook, which its scenario describes');
      await check(webhook, rig);
    });
  return [
    {
      name: 'accepts a request with a good proof',
      run: on(async (webhook, rig) => {
        const answer = webhook.verify(rawRequest(told.signed), rig.config, rig.secret, rig.now());

        expect(answer).toEqual({ ok: true });
      }),
    },
    {
      name: 'refuses a broken proof and a missing one',
      run: on(async (webhook, rig) => {
        const answers = [told.tampered, told.unsigned].map((request) =>
          webhook.verify(rawRequest(request), rig.config, rig.secret, rig.now()),
        );

        expect(answers).toEqual([
          { ok: false, reason: 'bad-proof' },
          { ok: false, reason: 'missing-proof' },
        ]);
      }),
    },
    ...(told.stale === undefined
      ? []
      : [{ name: 'refuses a good proof of long ago', run: on(refusesStale(told.stale)) }]),
    {
      name: 'gives each delivery a key of its own that stays the same',
      run: on(async (webhook, rig) => {
        const once = webhook.parse(rawRequest(told.signed), CONNECTION, rig.config);
        const again = webhook.parse(rawRequest(told.signed), CONNECTION, rig.config);

        expect(once.length).toBeGreaterThan(0);
        expect(new Set(once.map(({ deliveryId }) => deliveryId)).size).toBe(once.length);
        expect(again).toEqual(once);
      }),
    },
    {
      name: 'hints only at streams that can read single records again',
      run: on(async (webhook, rig) => {
        const hints = webhook
          .parse(rawRequest(told.signed), CONNECTION, rig.config)
          .flatMap((one) => ('hint' in one ? [one.hint] : []));

        const rereadable = scenario.connector.streams
          .filter(({ reread }) => reread !== undefined)
          .map(({ name }) => name);
        expect(hints.filter(({ stream }) => !rereadable.includes(stream))).toEqual([]);
        expect(hints.filter(({ ids }) => ids.length === 0)).toEqual([]);
      }),
    },
    {
      name: 'says of which records its deliveries are the truth',
      run: on(async (webhook, rig) => {
        const deliveries = webhook.parse(rawRequest(told.signed), CONNECTION, rig.config);
        const changes = deliveries.flatMap((one) =>
          'change' in one && one.change.kind !== 'account' ? [one.change] : [],
        );
        const objects = changes.flatMap(({ kind, fragment }) =>
          kind === 'activity' ? [] : [fragment.split(':')[1] ?? ''],
        );

        // What a replay may take away depends on it.
        expect(objects.filter((object) => webhook.tells?.includes(object) !== true)).toEqual([]);
      }),
    },
    {
      name: 'takes a delivery that only a secret in the URL proves as a hint, never as the truth',
      run: on(async (webhook, rig) => {
        const truths = webhook.parse(rawRequest(told.signed), CONNECTION, rig.config).filter((one) => 'change' in one);

        if (webhook.proof === 'url-secret') expect(truths).toEqual([]);
        else expect(['hmac', 'public-key']).toContain(webhook.proof);
      }),
    },
    {
      name: 'rejects a body it cannot read, without repeating it',
      run: on(async (webhook, rig) => {
        const unreadable = told.unreadable ?? { ...told.signed, body: '\u0000 neither a form nor XML nor JSON' };

        const failure = await rig.errorOf(async () => webhook.parse(rawRequest(unreadable), CONNECTION, rig.config));

        expect(failure).toMatchObject({ kind: 'rejected' });
      }),
    },
    ...(told.meaningless === undefined
      ? []
      : [{ name: 'quarantines what means nothing, and says why', run: on(quarantines(told.meaningless)) }]),
    {
      name: 'answers the vendor with success once the deliveries are queued',
      run: on(async (webhook) => {
        const answer = webhook.acknowledge?.(rawRequest(told.signed)) ?? { status: 200, body: '' };

        expect(Math.floor(answer.status / 100)).toBe(2);
      }),
    },
  ];
}

function refusesStale(stale: WebhookScenario['signed']) {
  return async (webhook: WebhookSource<unknown, unknown>, rig: Rig): Promise<void> => {
    const answer = webhook.verify(rawRequest(stale), rig.config, rig.secret, rig.now());

    expect(answer).toEqual({ ok: false, reason: 'stale' });
  };
}

function quarantines(request: WebhookScenario['signed']) {
  return async (webhook: WebhookSource<unknown, unknown>, rig: Rig): Promise<void> => {
    const once = webhook.parse(rawRequest(request), CONNECTION, rig.config);

    const rejections = once.flatMap((one) => ('rejection' in one ? [one.rejection] : []));
    for (const { reason } of rejections) rig.note(reason);
    expect(rejections.length).toBeGreaterThan(0);
    expect(rejections.length, 'a delivery is used or quarantined, never half of both').toBe(once.length);
    expect(rejections.filter(({ code, reason }) => !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(code) || reason === '')).toEqual(
      [],
    );
    expect(webhook.parse(rawRequest(request), CONNECTION, rig.config)).toEqual(once);
  };
}

function rawRequest(request: WebhookScenario['signed']): RawRequest {
  return { ...request, query: request.query ?? {}, body: new TextEncoder().encode(request.body) };
}
