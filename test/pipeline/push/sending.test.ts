import { describe, expect, it } from 'vitest';
import type { MembershipBatch, Outcome, SentBatch } from '../../../lib/connectors/contract.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { findPush } from '../../../lib/pipeline/push/push-run.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const people = (count: number) => Array.from({ length: count }, (_, n) => `p_${String(n).padStart(2, '0')}`);
const addressOf = (id: string) => `${id}@example.com`;

/** A list on which everybody of `people(8)` is, of whom some leave, some stay and some change their address. */
async function openChanging() {
  const rig = openRig({ maxMembers: 3 });
  for (const id of people(8)) rig.want(id, wantedAs(addressOf(id)));
  await rig.push();
  for (const id of people(4)) rig.want(id, unwanted);
  rig.want('p_04', wantedAs('new@example.com'));
  for (const id of people(12).slice(8)) rig.want(id, wantedAs(addressOf(id)));
  rig.batches.length = 0;
  rig.clock.pass(DAY);
  return rig;
}

type Rig = Awaited<ReturnType<typeof openChanging>>;

/** Makes the worker die at the n-th thing it does to the world, before or after it takes effect: it never goes on. */
function dieAt(rig: Rig, nth: number, when: 'before' | 'after') {
  let done = 0;
  let die = () => {};
  const dead = new Promise<void>((resolve) => {
    die = resolve;
  });
  const stop = async (): Promise<void> => {
    die();
    await new Promise(() => {});
  };
  const mortal = <Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>) => {
    return async (...given: Given): Promise<Result> => {
      done += 1;
      const dies = done === nth;
      if (dies && when === 'before') await stop();
      const result = await work(...given);
      if (dies) await stop();
      return result;
    };
  };
  const { state, memberships, archive, push } = rig.deps;
  Object.assign(state, { put: mortal(state.put) });
  Object.assign(memberships, { settle: mortal(memberships.settle) });
  Object.assign(archive, { put: mortal(archive.put) });
  Object.assign(push, { send: mortal(push.send) });
  const { before } = rig.rig;
  rig.rig.before = mortal(before);
  return { dead, things: () => done };
}

describe('a run whose worker dies', () => {
  it.each(['before', 'after'] as const)(
    'ends with the right list and one outcome each, wherever it dies (%s)',
    async (when) => {
      let most = 1;
      for (let nth = 1; nth <= most; nth += 1) {
        const rig = await openChanging();
        const { dead, things } = dieAt(rig, nth, when);
        const command = { scheduledAt: '2026-11-22T02:00:00.000Z' };
        await Promise.race([rig.push(command), dead]);
        // The message comes again when its visibility timeout has passed.
        rig.clock.pass(12 * MINUTE);
        await rig.push(command);
        await rig.drain();
        most = Math.max(most, things());

        const where = `at ${nth} ${when}`;
        expect([...rig.list].sort(), where).toEqual([...people(12).slice(5).map(addressOf), 'new@example.com'].sort());
        expect(await rig.run(), where).toMatchObject({ state: 'finished' });
        const outcomes = (await rig.outcomes()).map(({ profile, op }) => `${op} ${profile}`);
        expect(new Set(outcomes).size, where).toBe(outcomes.length);
        expect(outcomes, where).toHaveLength(4 + 1 + 1 + 4);
        // Who was under way at the death is sent once more, nobody else.
        const sends = new Map<string, number>();
        for (const { op, members } of rig.batches) {
          for (const { memberId } of members) sends.set(`${op} ${memberId}`, (sends.get(`${op} ${memberId}`) ?? 0) + 1);
        }
        expect(Math.max(...sends.values()), where).toBeLessThanOrEqual(2);
        expect([...sends.values()].filter((count) => count > 1).length, where).toBeLessThanOrEqual(3);
        expect((await rig.remembers()).size, where).toBe(8);
      }
      expect(most).toBeGreaterThan(10);
    },
  );
});

describe('fields of what an addition makes', () => {
  it('are as they stand when it is sent, and go with additions only', async () => {
    const rig = openRig();
    const wanted = (reason: string) => ({ ...wantedAs(addressOf('p_00')), fields: { Reason__c: reason } });
    rig.want('p_00', wanted('lead'));
    rig.want('p_00', wanted('customer'));
    await rig.push();
    rig.clock.pass(DAY);
    rig.want('p_00', wanted('partner'));
    await rig.push();
    rig.clock.pass(DAY);
    rig.want('p_00', unwanted);
    await rig.push();

    const sent = rig.batches.map(({ op, members }) => [op, members.map(({ fields }) => fields)]);
    expect(sent).toEqual([
      ['add', [{ Reason__c: 'customer' }]],
      ['remove', [undefined]],
    ]);
  });
});

describe('a run whose worker dies when it is over', () => {
  const held = { guardrails: { emptySegment: 'hold' } } as const;
  it.each([
    ['held', held],
    ['held', { ...held, audience: { when: 'realtime' } }],
    ['failed', {}],
    ['failed', { audience: { when: 'realtime' } }],
    ['finished', {}],
  ] as const)('is listed and told of when its message comes again: %s %j', async (state, given) => {
    const group = (priority: number) => ({ group: { name: 'offers', priority } });
    const others = [{ audience: 'to-other', ...group(2) }];
    const rig = openRig({
      ...given,
      audience: { ...group(1), ...('audience' in given ? given.audience : {}) },
      others,
    });
    rig.want('p_00', wantedAs(addressOf('p_00')));
    await rig.push();
    rig.want('p_00', unwanted);
    rig.clock.pass(DAY);
    if (state === 'failed') {
      rig.rig.before = async () => {
        throw new TributaryError('config', 'test/broken', 'not allowed');
      };
    }
    await rig.state.put('push', 'to-other', { leaseUntil: 0, waitsForGroup: true }, 0);
    // Nothing is done any more once the state says that the run is over.
    const { put } = rig.state;
    let die = () => {};
    const dead = new Promise<void>((resolve) => {
      die = resolve;
    });
    Object.assign(rig.state, {
      put: async (...args: Parameters<typeof put>) => {
        const stored = await put(...args);
        const run = args[2].run as { state?: string } | undefined;
        if (args[0] !== 'push' || run?.state !== state) return stored;
        die();
        return new Promise<boolean>(() => {});
      },
    });
    const realtime = 'audience' in given;
    const command = realtime ? { touched: true } : { scheduledAt: '2026-11-22T02:00:00.000Z' };
    await Promise.race([rig.push(command), dead]);
    Object.assign(rig.state, { put });
    const { id } = await rig.run();
    const before = rig.notified.length;
    rig.clock.pass(4 * MINUTE);

    await rig.push(command);
    await rig.push(command);

    expect(await findPush(rig.state, id)).toMatchObject({ state });
    expect(rig.notified.length - before).toBe(state === 'finished' ? 0 : 1);
    const woken = rig.queue.take().filter(({ body }) => JSON.stringify(body).includes('to-other'));
    expect(woken).toHaveLength(state === 'finished' ? 1 : 0);
  });
});

describe('a batch that the tool refuses as a whole', () => {
  it('is cut until the bad rows are found; everybody else goes through', async () => {
    const rig = openRig({ maxMembers: 64 });
    for (const id of people(64)) rig.want(id, wantedAs(addressOf(id)));
    const bad = new Set(['p_07', 'p_40']);
    rig.rig.before = async ({ members }: MembershipBatch) => {
      if (!members.some(({ memberId }) => bad.has(memberId))) return;
      throw new TributaryError('rejected', 'test/invalid-row', 'a row of the batch is invalid');
    };

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 62, rejected: 2 } });
    expect(rig.told('p_07')).toMatchObject({ outcome: 'rejected', code: 'test/invalid-row', in: false });
    expect(rig.batches.length).toBeLessThan(2 * (1 + 2 * 6));
    rig.clock.pass(DAY);
    rig.batches.length = 0;
    await rig.push();
    expect(rig.batches).toEqual([]);
  });
});

describe('a removal that the tool does not take', () => {
  it.each(['rejected', 'refused'] as const)(
    'is tried once by each run until the tool takes it (%s)',
    async (status) => {
      const rig = openRig();
      rig.want('p_00', wantedAs(addressOf('p_00')));
      await rig.push();
      rig.want('p_00', { in: false, reason: 'no-consent' });
      rig.rig.outcome = () => ({ status, code: 'test/not-now' });
      rig.batches.length = 0;

      for (const night of [1, 2]) {
        rig.clock.pass(DAY);
        await rig.push();
        await rig.drain();
        expect(rig.batches.map(({ op }) => op)).toEqual(Array(night).fill('remove'));
        expect(rig.told('p_00')).toMatchObject({ in: true, outcome: status });
      }
      rig.rig.outcome = () => ({ status: 'applied' });
      rig.clock.pass(DAY);
      await rig.push();

      expect([...rig.list]).toEqual([]);
      expect(rig.told('p_00')).toMatchObject({ in: false });
      expect(rig.rows.get('p_00')?.pending).toBe(false);
    },
  );
});

describe('a tool that answers with a job', () => {
  it('is asked again by messages, and its answers are written when it has ended', async () => {
    const rig = openRig({ maxMembers: 3 });
    for (const id of people(5)) rig.want(id, wantedAs(addressOf(id)));
    let polls = 0;
    const jobs: MembershipBatch[] = [];
    Object.assign(rig.destination, {
      apply: async (_api: unknown, batch: MembershipBatch) => {
        jobs.push(batch);
        return { state: 'pending', job: jobs.length - 1, pollAfterMs: 20 * MINUTE, calls: 1 };
      },
      poll: async (_api: unknown, job: number) => {
        polls += 1;
        if (polls % 2 === 1) return { state: 'pending', job, pollAfterMs: 20 * MINUTE, calls: 1 };
        const outcomes = new Map<string, Outcome>();
        for (const { memberId } of jobs[job]?.members ?? []) {
          outcomes.set(memberId, memberId === 'p_01' ? { status: 'unmatched' } : { status: 'applied' });
        }
        return { state: 'done', outcomes, calls: 1 };
      },
    });

    await rig.push();
    expect(rig.told('p_00')).toMatchObject({ in: true, outcome: 'retry', code: 'push/job-running' });
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 4, unmatched: 1, calls: 6 } });
    expect(jobs.map(({ members }) => members.length)).toEqual([3, 2]);
    expect(await rig.outcomes()).toHaveLength(5);
  });

  it('is asked after the job that it named last', async () => {
    const rig = openRig({ maxMembers: 3 });
    for (const id of people(2)) rig.want(id, wantedAs(addressOf(id)));
    const asked: string[] = [];
    Object.assign(rig.destination, {
      apply: async () => ({ state: 'pending', job: 'upload', pollAfterMs: MINUTE, calls: 1 }),
      poll: async (_api: unknown, job: string) => {
        asked.push(job);
        if (job === 'upload') return { state: 'pending', job: 'merge', pollAfterMs: MINUTE, calls: 1 };
        return { state: 'done', outcomes: new Map(), others: { status: 'applied' }, calls: 1 };
      },
    });

    await rig.push();
    await rig.drain();

    expect(asked).toEqual(['upload', 'merge']);
    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 2 } });
  });
});

describe('a tool with a way for very many', () => {
  it('is used above its limit only, in batches of its own, and who is known at once is not asked after', async () => {
    const rig = openRig({ maxMembers: 2 });
    const sent: number[] = [];
    const asked: string[][] = [];
    Object.assign(rig.destination, {
      bulk: {
        above: 4,
        batch: { maxMembers: 3 },
        calls: 5,
        apply: async (_api: unknown, { members }: MembershipBatch) => {
          sent.push(members.length);
          const outcomes = new Map<string, Outcome>([['p_00', { status: 'unmatched' }]]);
          return { state: 'pending', job: sent.length, pollAfterMs: MINUTE, calls: 4, outcomes };
        },
        poll: async (_api: unknown, _job: unknown, batch: SentBatch) => {
          const members = await batch.members();
          asked.push(members.map(({ memberId, keys }) => `${memberId} ${keys[0]?.value}`));
          const outcomes = new Map<string, Outcome>(members.map(({ memberId }) => [memberId, { status: 'applied' }]));
          return { state: 'done', outcomes, calls: 1 };
        },
      },
    });
    for (const id of people(5)) rig.want(id, wantedAs(addressOf(id)));

    await rig.push();
    await rig.drain();

    expect([sent, rig.batches]).toEqual([[3, 2], []]);
    expect(asked).toEqual(
      [
        ['p_01', 'p_02'],
        ['p_03', 'p_04'],
      ].map((ids) => ids.map((id) => `${id} ${addressOf(id)}`)),
    );
    expect(await rig.run()).toMatchObject({
      state: 'finished',
      plan: { add: 5, calls: 10 },
      tally: { added: 4, unmatched: 1, calls: 10 },
    });

    for (const id of people(4)) rig.want(id, { in: false, reason: 'not-in-segment' });
    rig.clock.pass(MINUTE);
    await rig.push();

    expect(sent).toHaveLength(2);
    expect(rig.batches.map(({ op, members }) => [op, members.length])).toEqual([
      ['remove', 2],
      ['remove', 1],
    ]);
  });
});

describe('a tool that answers for a batch as a whole', () => {
  it('gives everybody the one answer, except whom it names', async () => {
    const rig = openRig({ maxMembers: 3 });
    for (const id of people(3)) rig.want(id, wantedAs(addressOf(id)));
    Object.assign(rig.destination, {
      apply: async () => {
        const outcomes = new Map([['p_01', { status: 'rejected', code: 'tool/bad' }]]);
        return { state: 'done', outcomes, others: { status: 'applied' }, calls: 1 };
      },
    });

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 2, rejected: 1, calls: 1 } });
    expect(rig.told('p_02')).toMatchObject({ in: true, outcome: 'applied' });
  });

  it('does the same when the answer is the end of a job', async () => {
    const rig = openRig({ maxMembers: 3 });
    for (const id of people(3)) rig.want(id, wantedAs(addressOf(id)));
    Object.assign(rig.destination, {
      apply: async () => ({ state: 'pending', job: 1, pollAfterMs: MINUTE, calls: 1 }),
      poll: async () => ({ state: 'done', outcomes: new Map(), others: { status: 'applied' }, calls: 1 }),
    });

    await rig.push();
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 3, calls: 2 } });
  });

  it('is told to what everybody in the batch agreed, and nothing of it with a removal', async () => {
    const needs = { subscribed: 'email', consent: ['ad_user_data'] };
    const rig = openRig({ maxMembers: 3, audience: { needs } });
    for (const id of people(2)) rig.want(id, wantedAs(addressOf(id)));
    await rig.push();
    rig.want('p_00', unwanted);
    rig.clock.pass(DAY);

    await rig.push();

    expect(rig.batches.map(({ op, granted }) => [op, granted])).toEqual([
      ['add', ['email', 'ad_user_data']],
      ['remove', []],
    ]);
  });
});
