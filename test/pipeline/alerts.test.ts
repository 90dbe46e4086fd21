import { describe, expect, it } from 'vitest';
import { compareRates } from '../../lib/domain/push-rates.ts';
import { emptyTally } from '../../lib/domain/tally.ts';
import { type Alert, closeAlerts, openAlerts, raiseAlert } from '../../lib/pipeline/alerts.ts';
import { csvLine } from '../../lib/pipeline/push/outcomes.ts';
import { touchRealtime } from '../../lib/pipeline/push/touch-audiences.ts';
import { noteSourceSize, shrunkSources } from '../../lib/pipeline/sync/source-size.ts';
import { watchSchedules } from '../../lib/pipeline/watch-schedules.ts';
import { openHandClock, openMemoryQueue, openMemoryState } from './memory-state.ts';
import { definitions, NOW } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function openDeps() {
  const told: string[] = [];
  const clock = openHandClock(NOW);
  const notify = async ({ subject }: { subject: string }) => {
    told.push(subject);
  };
  return { state: openMemoryState(), clock, log: () => {}, notify, told };
}

describe('an alert', () => {
  const failed: Alert = {
    kind: 'failed',
    subject: 'crm/contacts',
    says: 'the pull failed with x',
    todo: 'look',
    run: 'r1',
  };

  it('is told once a day while it goes on, and once when it is over', async () => {
    const deps = openDeps();
    await raiseAlert(deps, failed);
    await raiseAlert(deps, { ...failed, run: 'r2' });
    expect(deps.told).toHaveLength(1);
    expect(await openAlerts(deps.state)).toMatchObject([{ kind: 'failed', subject: 'crm/contacts', todo: 'look' }]);
    deps.clock.pass(DAY);
    await raiseAlert(deps, { ...failed, run: 'r3' });
    expect(deps.told).toHaveLength(2);

    await closeAlerts(deps, 'crm/contacts', ['failed', 'silent']);
    await closeAlerts(deps, 'crm/contacts', ['failed', 'silent']);

    expect(deps.told).toHaveLength(3);
    expect(deps.told.at(-1)).toContain('well again');
    expect(await openAlerts(deps.state)).toEqual([]);
  });
});

describe('a schedule that starts nothing', () => {
  it('is missed after its period and some patience, and forgiven when it runs', async () => {
    const deps = openDeps();
    const [audience] = definitions.audiences;
    if (audience === undefined) throw new Error('the world has an audience');
    const nightly = { ...audience, when: { expression: 'cron(0 2 * * ? *)', words: 'nightly at 02:00' } };
    const watch = watchSchedules({ ...deps, definitions: async () => ({ ...definitions, audiences: [nightly] }) });

    await watch();
    deps.clock.pass(25 * HOUR);
    await watch();
    expect(deps.told).toEqual([]);
    deps.clock.pass(2 * HOUR);
    await watch();
    expect(deps.told).toEqual(['Tributary: to-tool did not run']);

    const run = { id: 'r', audience: 'to-tool', startedAt: deps.clock.now().toISOString() };
    await deps.state.put('push', 'to-tool', { run, leaseUntil: 0 }, 0);
    deps.clock.pass(HOUR);
    await watch();
    expect(deps.told.at(-1)).toContain('well again');
  });
});

describe('the rates of a run', () => {
  const tally = (added: number, unmatched: number, rejected: number) => ({
    ...emptyTally(),
    added,
    unmatched,
    rejected,
  });

  it('are compared with the runs before, and small runs say nothing', () => {
    const { rates } = compareRates(undefined, tally(95, 5, 0));
    expect(compareRates(rates, tally(90, 10, 0)).changes).toEqual([]);
    expect(compareRates(rates, tally(40, 60, 0)).changes).toMatchObject([{ kind: 'match-rate' }]);
    expect(compareRates(rates, tally(85, 0, 15)).changes).toMatchObject([{ kind: 'outcome-mix' }]);
    expect(compareRates(rates, tally(1, 9, 0))).toEqual({ rates, changes: [] });
  });
});

describe('the size of a source', () => {
  const workspace = {
    ...definitions,
    connections: {
      crm: {
        name: 'crm',
        connector: 'fake',
        streams: { contacts: { expression: 'rate(1 day)', words: 'daily' } },
        webhook: false,
        quotaShare: 1,
        config: {},
      },
    },
  };

  it('is what the last read from the beginning brought that was believed, less who is gone since', async () => {
    const deps = openDeps();
    let runs = 0;
    const note = (run: { backfill: boolean; people: number; gone: number }) => {
      runs += 1;
      return noteSourceSize(deps, 'crm/contacts', { id: `r${runs}`, ...run }, 0.8);
    };
    await note({ backfill: true, people: 1_000, gone: 0 });
    expect(await shrunkSources(deps, workspace)).toEqual([]);
    await note({ backfill: true, people: 100, gone: 0 });
    await note({ backfill: true, people: 100, gone: 0 });
    expect(await shrunkSources(deps, workspace)).toEqual([{ source: 'crm/contacts', left: 0.1 }]);
    await note({ backfill: true, people: 990, gone: 0 });
    await note({ backfill: false, people: 5, gone: 198 });
    expect((await shrunkSources(deps, workspace))[0]?.left).toBeCloseTo(0.8);
    deps.clock.pass(2 * DAY);
    expect(await shrunkSources(deps, workspace)).toEqual([]);
  });
});

describe('a change of a realtime audience', () => {
  it('asks for one push for all that change together, and for another afterwards', async () => {
    const deps = openDeps();
    const push = openMemoryQueue();
    const [audience] = definitions.audiences;
    if (audience === undefined) throw new Error('the world has an audience');
    const touch = touchRealtime({
      ...deps,
      push,
      definitions: async () => ({
        audiences: [
          { ...audience, when: 'realtime' },
          { ...audience, audience: 'nightly' },
        ],
      }),
    });
    for (let n = 0; n < 5; n += 1) await touch(new Set(['to-tool', 'nightly']));
    expect(push.take()).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 15 }]);
    deps.clock.pass(11_000);
    await touch(new Set(['to-tool']));
    expect(push.take()).toHaveLength(1);
  });
});

describe('an export as CSV', () => {
  it('quotes what must be quoted and leaves no formula to a spreadsheet', () => {
    const line = {
      profile: '=cmd()',
      op: 'add',
      status: 'refused',
      code: 'a "b", c',
      at: '2026-11-21T00:00:00.000Z',
    } as const;

    expect(csvLine(line)).toBe(`'=cmd(),add,refused,"a ""b"", c",2026-11-21T00:00:00.000Z,,,\r\n`);
  });
});
