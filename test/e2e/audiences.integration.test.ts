import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Examination } from '../../lib/pipeline/doctor/check.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import type { VerifyRun } from '../../lib/pipeline/verify/verify-run.ts';
import { type AudienceStage, LIST, MINUTE, openAudienceStage } from './audience-stage.ts';
import { fewestCalls, loadAudience, pushUnderFire, sentWithoutNeed } from './push-under-fire.ts';

/** A line of a function's log. */
interface Line {
  readonly cause?: string;
  readonly causes?: readonly string[];
  readonly run?: string;
}

const TAG = 'Quiet readers';
const QUIET = 'quiet-readers-to-newsletter';
const FRESH = 'fresh-buyers-to-shop';
const READERS = Array.from({ length: 12 }, (_, n) => `p${n}@example.com`);
const PEOPLE = 10_000;
const DEATHS = 10;
const HOUR = 60 * MINUTE;

let on: AudienceStage;
beforeAll(async () => {
  on = await openAudienceStage({
    readers: READERS,
    // A segment that asks for what its own audience writes: with echoes it would never come to rest.
    quietReaders: {
      when: { all: [{ subscribed: 'email' }, { not: { trait: 'mailchimp.tags', contains: TAG } }] },
    },
    quietMaxAdd: 5,
    segments: [
      {
        segment: 'fresh-buyers',
        when: {
          all: [{ did: 'Order Completed', within: '2 hours' }, { not: { did: 'Cart Opened', within: '1 hours' } }],
        },
      },
    ],
    audiences: [
      { audience: FRESH, segment: 'fresh-buyers', target: { tag: 'Fresh' }, when: 'realtime' },
      { audience: 'everybody-to-shop', segment: 'fresh-buyers', target: { tag: 'Everybody' }, when: undefined },
    ],
  });
});
afterAll(() => on?.close());

/** Lets the held push go on as the command line does; console.integration.test.ts does it by clicking. */
async function approve(people: number): Promise<void> {
  const says = `${people} would be added; at most 5 may be`;
  const [run] = (await on.call('GET', `/api/audiences/${QUIET}/runs`)) as readonly PushRun[];
  expect(run).toMatchObject({ state: 'held', holds: [{ guard: 'max-add', says }] });
  await on.call('POST', `/api/runs/${encodeURIComponent(run?.id ?? '')}/approve`, {
    hash: run?.plan?.hash ?? '',
    by: 'ops',
  });
}

describe('an audience on the stage', () => {
  it('pushes when somebody approved it, once and without an echo, and finds and heals what people did to the list', async () => {
    const { stage, newsletter } = on;
    const check = async (body: object): Promise<VerifyRun> => {
      await on.call('POST', '/api/verify', { audience: QUIET, ...body });
      await stage.idle();
      return (await on.call('GET', `/api/audiences/${QUIET}/verify`)) as VerifyRun;
    };
    const push = async (): Promise<void> => {
      await on.call('POST', '/api/push', { audience: QUIET });
      await stage.idle();
    };
    await push();
    expect(newsletter.tagged(LIST, TAG)).toEqual([]);
    await approve(READERS.length);
    await stage.idle();
    expect(newsletter.tagged(LIST, TAG)).toEqual([...READERS].sort());
    expect(
      newsletter.calls.filter(({ method, path }) => method === 'POST' && /segments\/\d+$/.test(path)),
    ).toHaveLength(1);

    // The scheduled pull reads every member again, because each was tagged.
    await stage.runUntil(on.now() + 16 * MINUTE);
    const { runs } = (await on.call('GET', '/api/runs')) as { runs: { stream?: string; echoes?: number }[] };
    expect(runs.filter(({ stream, echoes = 0 }) => stream === 'members' && echoes > 0)).toMatchObject([{ echoes: 12 }]);
    expect(await on.call('POST', '/api/push/dry-run', { audience: QUIET })).toMatchObject({
      audiences: [{ add: 0, remove: 0, unchanged: 12 }],
    });
    expect(await check({})).toMatchObject({ state: 'finished', listed: 12, believed: 12, agree: 12, differences: {} });

    newsletter.untag(LIST, 'p0@example.com', TAG);
    newsletter.setStatus(LIST, 'p1@example.com', 'unsubscribed');
    newsletter.untag(LIST, 'p2@example.com', TAG);
    newsletter.setStatus(LIST, 'p2@example.com', 'cleaned');
    newsletter.deletePermanently(LIST, 'p3@example.com');
    newsletter.putMember(LIST, { email: 'stranger@example.org' });
    newsletter.tag(LIST, 'stranger@example.org', TAG);
    const differences = { 'removed-by-hand': 1, unsubscribed: 1, cleaned: 1, forgotten: 1, 'added-by-hand': 1 };
    await stage.runUntil(on.now() + MINUTE);
    expect(await check({})).toMatchObject({ state: 'finished', listed: 10, agree: 8, differences, healed: 0 });

    await stage.runUntil(on.now() + MINUTE);
    expect(await check({ heal: 'restore' })).toMatchObject({ state: 'finished', differences, healed: 5 });
    await push();
    const left = READERS.filter((email) => !['p1@example.com', 'p2@example.com', 'p3@example.com'].includes(email));
    expect(newsletter.tagged(LIST, TAG)).toEqual([...left].sort());
    expect(newsletter.member(LIST, 'p1@example.com')?.status).toBe('unsubscribed');

    newsletter.deleteTag(LIST, TAG);
    await stage.runUntil(on.now() + MINUTE);
    expect(await check({ heal: 'restore' })).toMatchObject({
      state: 'list-missing',
      error: { code: 'verify/list-missing' },
    });
    expect(newsletter.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/segments'))).toHaveLength(
      1,
    );
    expect([stage.refusals, stage.failures]).toEqual([[], []]);
  });
});

describe('a realtime audience', () => {
  it('has every change in the tool within a minute on the clock of the stage, and is reconciled at night', async () => {
    const { stage, shop } = on;
    const [ann, bob] = ['ann@example.com', 'bob@example.com'];
    for (const email of [ann, bob]) shop.putMember(LIST, { email });
    /** The instant at which the tool was told of an address, after another instant. */
    const heardAt = (op: 'add' | 'remove', email: string, since: number): number => {
      const field = op === 'add' ? 'members_to_add' : 'members_to_remove';
      const heard = shop.calls.find(({ at, body }) => at >= since && ((body[field] ?? []) as string[]).includes(email));
      return heard?.at ?? Number.NaN;
    };
    // A window closes a few seconds after the sweep of a minute: it is seen closed by the next one, the longest there is.
    await stage.runUntil(Math.ceil(on.now() / MINUTE) * MINUTE + 5_000);
    const buy = on.now();
    await on.collect(ann, ['Order Completed']);
    await on.collect(bob, ['Order Completed', 'Cart Opened']);
    await stage.runUntil(buy + 5 * MINUTE);
    expect(shop.tagged(LIST, 'Fresh')).toEqual([ann]);
    await stage.runUntil(buy + 90 * MINUTE);
    expect(shop.tagged(LIST, 'Fresh')).toEqual([ann, bob]);
    const again = on.now();
    await on.collect(bob, ['Cart Opened']);
    await stage.runUntil(buy + 2 * HOUR + 5 * MINUTE);
    expect(shop.tagged(LIST, 'Fresh')).toEqual([]);

    // What time changes is decided by the sweep of the next whole minute.
    const swept = (flip: number) => Math.ceil(flip / MINUTE) * MINUTE;
    const seconds = {
      entersByEvent: (heardAt('add', ann, buy) - buy) / 1_000,
      leavesByEvent: (heardAt('remove', bob, again) - again) / 1_000,
      entersByTime: (heardAt('add', bob, buy) - swept(buy + HOUR)) / 1_000,
      leavesByTime: (heardAt('remove', ann, buy) - swept(buy + 2 * HOUR)) / 1_000,
    };
    expect(Object.values(seconds).filter((late) => !(late > 0 && late <= 60))).toEqual([]);
    // One id leads from the log of the collector through the fold to the push that told the tool.
    const lines = (name: string, message: string) =>
      stage.logs(name).flatMap((line) => (line.includes(`"message":"${message}"`) ? [JSON.parse(line) as Line] : []));
    const collected = lines('collect', 'collected').map(({ cause }) => cause);
    const told = lines('activate-audience', 'members told').filter(({ run }) => run?.startsWith(FRESH));
    const joined = collected.filter((cause) => told.some(({ causes = [] }) => causes.includes(cause ?? '')));
    expect(joined.length).toBeGreaterThanOrEqual(2);
    const folded = lines('resolve-profile', 'folded').flatMap(({ causes = [] }) => causes);
    expect(joined.filter((cause) => !folded.includes(cause ?? ''))).toEqual([]);

    const { checks } = (await on.call('GET', '/api/doctor')) as Examination;
    expect(checks.filter(({ id, status }) => status === 'fail' && id !== 'sweep')).toEqual([]);
    await on.call('POST', '/api/doctor/sign-in', {});
    await stage.idle();
    const signed = ((await on.call('GET', '/api/doctor')) as Examination).checks.filter(({ id }) => id === 'sign-in');
    expect(signed.map(({ of, status }) => [of, status])).toEqual([
      ['newsletter', 'ok'],
      ['shop', 'ok'],
    ]);

    const { runs } = (await on.call('GET', '/api/runs?what=push')) as { readonly runs: readonly PushRun[] };
    const nightly = runs.filter(({ audience, touched }) => audience === FRESH && touched !== true);
    expect(nightly).toMatchObject([{ state: 'finished', id: `${FRESH}.2026-11-20T03:00:00Z` }]);
    expect(stage.refusals).toEqual([]);
  });
});

describe('a push under fire', () => {
  it('ends with the list that is wanted, everybody with one outcome, nobody sent without need', async () => {
    await loadAudience(on, 'everybody-to-shop', PEOPLE);
    const { deaths, failures, heard, run, outcomes } = await pushUnderFire(on, 'everybody-to-shop', {
      seed: 7,
      deaths: DEATHS,
    });

    expect(deaths).toBeGreaterThanOrEqual(DEATHS);
    expect(failures).toBeGreaterThan(2);
    expect(run).toMatchObject({ state: 'finished' });
    expect(on.shop.tagged(LIST, 'Everybody', { anyStatus: true })).toHaveLength(PEOPLE);
    expect(outcomes).toHaveLength(PEOPLE);
    expect(new Set(outcomes.map(({ profile }) => profile)).size).toBe(PEOPLE);
    expect(outcomes.filter(({ status }) => status !== 'applied' && status !== 'unchanged')).toEqual([]);
    // A death costs at most the batch that was under way, a 500 at most one more try.
    expect(sentWithoutNeed(heard)).toBe(0);
    expect(heard.length).toBeLessThanOrEqual(fewestCalls(PEOPLE) + deaths + failures);
    expect(on.stage.refusals).toEqual([]);
  }, 300_000);
});
