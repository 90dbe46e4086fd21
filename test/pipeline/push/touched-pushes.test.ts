import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../lib/connectors/contract.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const touch: Partial<PushCommand> = { touched: true };
const realtime = { audience: { when: 'realtime' } } as const;

function openTouched(given: Parameters<typeof openRig>[0] = {}) {
  const rig = openRig({ ...realtime, ...given });
  rig.want('p_1', wantedAs('ann@example.com'));
  return rig;
}

/** The first call goes wrong; those after it do not. */
function failFirst(rig: ReturnType<typeof openRig>, error: TributaryError): void {
  let calls = 0;
  rig.rig.before = async () => {
    calls += 1;
    if (calls === 1) throw error;
  };
}

const tooMany = () => new TributaryError('rate-limited', 'test/quota', 'too many', { retryAfterMs: 10 * MINUTE });

describe('a touch that meets a run under way', () => {
  it('takes up a touched run whose worker died', async () => {
    const rig = openTouched();
    await rig.dieAtTool(touch);
    rig.clock.pass(12 * MINUTE);

    await rig.push(touch);
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished' });
    expect([...rig.list]).toEqual(['ann@example.com']);
    expect(rig.told('p_1')).toMatchObject({ in: true, outcome: 'applied' });
  });

  it('does not end with the touch that took it up after a death, should that come again while its worker is dying', async () => {
    const rig = openTouched();
    await rig.dieAtTool(touch);
    await rig.push(touch);
    rig.queue.take(); // Whoever this came to lost the run to somebody else, and was done with it.
    rig.clock.pass(12 * MINUTE);
    await rig.dieAtTool(touch);

    await rig.push(touch); // And is done by that: the queue shows it no more.
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished' });
    expect([...rig.list]).toEqual(['ann@example.com']);
  });

  it('goes on with a firing’s run whose message has given up, so that whoever is to leave a list does', async () => {
    const rig = openTouched();
    await rig.push(touch);
    rig.clock.pass(HOUR);
    const { ensure } = rig.destination;
    rig.destination.ensure = async () => {
      throw new TributaryError('transient', 'test/down', 'the tool is down');
    };
    rig.want('p_2', wantedAs('bob@example.com'));
    const firing = { scheduledAt: rig.clock.now().toISOString() };
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(rig.push(firing)).rejects.toMatchObject({ code: 'test/down' });
      rig.clock.pass(12 * MINUTE);
    }
    rig.destination.ensure = ensure;
    rig.want('p_1', unwanted);

    await rig.push(touch);
    expect((await rig.run()).state).toBe('running');
    rig.clock.pass(10 * MINUTE);
    await rig.push(touch);
    await rig.drain();

    expect([...rig.list]).toEqual(['bob@example.com']);
  });

  it('leaves one message that carries the run on, however often it comes while the worker that died still has it', async () => {
    const rig = openTouched();
    await rig.dieAtTool(touch);
    for (let n = 0; n < 20; n += 1) await rig.push(touch);
    const { id } = await rig.run();
    const sent = rig.queue.take();
    expect(sent).toEqual([{ body: { audience: 'to-tool', run: id }, delaySeconds: 180 }]);

    await rig.queue.send(sent);
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished' });
    expect([...rig.list]).toEqual(['ann@example.com']);
  });

  it('sends no message however often it comes while the run waits, and the run ends with one', async () => {
    const rig = openTouched();
    failFirst(rig, tooMany());
    await rig.push({ scheduledAt: '2026-11-22T02:00:00.000Z' });
    const [goesOn] = rig.queue.take();
    rig.want('p_2', wantedAs('bob@example.com'));
    for (let n = 0; n < 20; n += 1) await rig.push(touch);
    expect(rig.queue.take()).toEqual([]);

    rig.clock.pass(10 * MINUTE);
    await rig.push(goesOn?.body as Partial<PushCommand>);
    expect(await rig.run()).toMatchObject({ state: 'finished' });
    const sent = rig.queue.take();
    expect(sent).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 15 }]);
    rig.clock.pass(15_000);
    await rig.push(touch);

    expect([...rig.list].sort()).toEqual(['ann@example.com', 'bob@example.com']);
    expect(rig.queue.take()).toEqual([]);
  });

  it('carries a touched run on whose own message was lost, by one message however often it comes', async () => {
    const rig = openTouched();
    failFirst(rig, tooMany());
    await rig.push(touch);
    rig.queue.take(); // The worker died before it was sent.
    for (let n = 0; n < 20; n += 1) await rig.push(touch);

    const messages = rig.queue.take();
    expect(messages).toHaveLength(1);
    rig.clock.pass(10 * MINUTE);
    await rig.push(messages[0]?.body as Partial<PushCommand>);

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 1 } });
  });

  it('is not lost when the run ends before it could leave its note', async () => {
    const rig = openTouched();
    failFirst(rig, tooMany());
    await rig.push({ scheduledAt: '2026-11-22T02:00:00.000Z' });
    const [goesOn] = rig.queue.take();
    rig.clock.pass(10 * MINUTE);
    const { put } = rig.state;
    let raced = false;
    Object.assign(rig.state, {
      put: async (...given: Parameters<typeof put>) => {
        if (given[0] === 'touched-again' && !raced) {
          raced = true;
          await rig.push(goesOn?.body as Partial<PushCommand>);
          rig.want('p_2', wantedAs('bob@example.com'));
        }
        return put(...given);
      },
    });

    await rig.push({ ...touch, scheduledAt: rig.clock.now().toISOString() });

    expect(raced).toBe(true);
    expect([...rig.list].sort()).toEqual(['ann@example.com', 'bob@example.com']);
  });

  it('waits for definitions by one chain of messages', async () => {
    const rig = openTouched({ sources: true });
    await rig.push();
    rig.queue.take();
    for (let n = 0; n < 5; n += 1) await rig.push(touch);

    expect(rig.queue.take()).toEqual([]);
  });
});

describe('a run that ends while another message comes', () => {
  it('is told of once', async () => {
    const rig = openTouched({ guardrails: { emptySegment: 'hold' } });
    await rig.push(touch);
    rig.want('p_1', unwanted);
    rig.clock.pass(MINUTE);
    const { notify } = rig.deps;
    let asked = 0;
    Object.assign(rig.deps, {
      notify: async (message: Parameters<typeof notify>[0]) => {
        asked += 1;
        if (asked === 1) await rig.push(touch);
        return notify(message);
      },
    });

    await rig.push(touch);

    expect(await rig.run()).toMatchObject({ state: 'held' });
    expect(rig.notified).toHaveLength(1);
    // The touch is not lost: by then everybody was told, and the held run waits for a person.
    expect(rig.queue.take()).toEqual([{ body: expect.objectContaining(touch), delaySeconds: 30 }]);
  });

  it('is told of by whoever comes when its worker died over that', async () => {
    const rig = openTouched({ guardrails: { emptySegment: 'hold' } });
    await rig.push(touch);
    rig.want('p_1', unwanted);
    rig.clock.pass(MINUTE);
    const { notify } = rig.deps;
    let dying: Promise<never> | undefined;
    Object.assign(rig.deps, {
      notify: async (message: Parameters<typeof notify>[0]) => {
        if (dying === undefined) {
          dying = new Promise(() => {});
          return dying;
        }
        return notify(message);
      },
    });
    void rig.push(touch);
    while (dying === undefined) await new Promise((done) => setImmediate(done));
    expect(rig.notified).toEqual([]);

    rig.clock.pass(MINUTE);
    await rig.push(touch);

    expect(rig.notified).toHaveLength(1);
  });
});

describe('a realtime run that failed', () => {
  it('is followed by one touch when the respite is over', async () => {
    const rig = openTouched();
    failFirst(rig, new TributaryError('config', 'test/broken', 'not allowed'));
    await rig.push(touch);
    expect(await rig.run()).toMatchObject({ state: 'failed' });
    rig.clock.pass(2 * MINUTE);
    for (let n = 0; n < 20; n += 1) await rig.push(touch);
    const messages = rig.queue.take();
    expect(messages).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 181 }]);

    rig.clock.pass(181_000);
    await rig.push(touch);

    expect([...rig.list]).toEqual(['ann@example.com']);
  });

  it('is followed by one touch for what came while it was under way', async () => {
    const rig = openTouched();
    rig.rig.before = async () => {
      await rig.push(touch);
      throw new TributaryError('config', 'test/broken', 'not allowed');
    };

    await rig.push(touch);

    const [goesOn, ...touches] = rig.queue.take();
    expect(goesOn?.body).toEqual({ audience: 'to-tool', run: (await rig.run()).id });
    expect(touches).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 301 }]);
  });
});

describe('a realtime run with members whom the tool did not answer about', () => {
  it.each([
    ['realtime', [{ body: { audience: 'to-tool', touched: true }, delaySeconds: 301 }]],
    [{ expression: 'rate(1 day)', words: 'daily' }, []],
  ] as const)('comes again after a respite, and not at night: %j', async (when, messages) => {
    const rig = openTouched({ audience: { when } });
    const outcome: Outcome = { status: 'retry', code: 'test/later' };
    rig.rig.outcome = () => outcome;

    await rig.push({ scheduledAt: '2026-11-22T02:00:00.000Z' });

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { retry: 1 } });
    expect(rig.queue.take()).toEqual(messages);
  });
});

describe('a realtime run that was held', () => {
  it('is followed by one touch for what came meanwhile, also when it fails', async () => {
    const rig = openTouched({ guardrails: { emptySegment: 'hold' } });
    await rig.push(touch);
    rig.want('p_1', unwanted);
    rig.clock.pass(MINUTE);
    await rig.push(touch);
    expect(await rig.run()).toMatchObject({ state: 'held' });
    await rig.push(touch);
    expect(rig.queue.take()).toEqual([]);
    failFirst(rig, new TributaryError('config', 'test/broken', 'not allowed'));
    await rig.approve();
    const [goesOn] = rig.queue.take();

    await rig.push(goesOn?.body as Partial<PushCommand>);

    expect(await rig.run()).toMatchObject({ state: 'failed' });
    expect(rig.queue.take()).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 301 }]);
  });
});
