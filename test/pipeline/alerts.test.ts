import { describe, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { compareRates } from '../../lib/domain/push-rates.ts';
import { emptyTally } from '../../lib/domain/tally.ts';
import { type Alert, closeAlerts, openAlerts, raiseAlert } from '../../lib/pipeline/alerts.ts';
import { csvLine } from '../../lib/pipeline/push/outcomes.ts';
import { touchRealtime } from '../../lib/pipeline/push/touch-audiences.ts';
import { noteRound } from '../../lib/pipeline/rounds.ts';
import { LEASE_MS } from '../../lib/pipeline/run-list.ts';
import { noteSourceSize, shrunkSources } from '../../lib/pipeline/sync/source-size.ts';
import { watchAlerts } from '../../lib/pipeline/watch-alerts.ts';
import { watchSchedules } from '../../lib/pipeline/watch-schedules.ts';
import { openHandClock, openMemoryQueue, openMemoryState } from './memory-state.ts';
import { definitions, NOW } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function openDeps() {
  const told: string[] = [];
  const clock = openHandClock(NOW);
  const notify = async ({ subject }: { subject: string }) => {
    told.push(subject);
  };
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = (_: string, fields = {}) => void lines.push(fields);
  return { state: openMemoryState(), clock, log, lines, notify, told, workspace: 'acme' };
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
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toMatchObject([
      { kind: 'failed', subject: 'crm/contacts', todo: 'look' },
    ]);
    deps.clock.pass(DAY);
    await raiseAlert(deps, { ...failed, run: 'r3' });
    expect(deps.told).toHaveLength(2);

    await closeAlerts(deps, 'crm/contacts', ['failed', 'silent']);
    await closeAlerts(deps, 'crm/contacts', ['failed', 'silent']);

    expect(deps.told).toHaveLength(3);
    expect(deps.told.at(-1)).toContain('well again');
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toEqual([]);
  });
});

describe('alerts that are open', () => {
  const held: Alert = { kind: 'held', subject: 'to-tool', says: 'too many', todo: 'see docs/errors.md', run: 'p' };

  it('are counted by kind each time somebody looks, until they are over', async () => {
    const deps = openDeps();
    const watch = watchAlerts(deps);
    const counted = async () => {
      deps.lines.length = 0;
      await watch();
      return deps.lines.map(({ kind, workspace, 'Pipeline/alert/open': open }) => [workspace, kind, open]);
    };
    expect(await counted()).toEqual([]);

    await raiseAlert(deps, held);
    await raiseAlert(deps, { ...held, subject: 'other' });
    await raiseAlert(deps, { ...held, kind: 'failed', subject: 'crm/contacts' });
    expect(await counted()).toEqual([
      ['acme', 'failed', 1],
      ['acme', 'held', 2],
    ]);
    expect(await counted()).toHaveLength(2);

    for (const subject of ['to-tool', 'other', 'crm/contacts']) await closeAlerts(deps, subject, ['held', 'failed']);
    expect(await counted()).toEqual([]);
  });

  it('are told again each day, though no run raises them again', async () => {
    const deps = openDeps();
    const watch = watchAlerts(deps);
    await raiseAlert(deps, held);
    const [since] = (await openAlerts(deps.state, NOW)).map((alert) => alert.since);

    for (let minute = 0; minute < 2 * DAY; minute += 10 * MINUTE) {
      deps.clock.pass(10 * MINUTE);
      await watch();
    }

    expect(deps.told).toEqual(Array.from({ length: 3 }, () => 'Tributary: to-tool is held and waits for an approval'));
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toMatchObject([{ since, run: 'p' }]);
  });

  it('end by themselves where nothing else would, and are news when they come again', async () => {
    const deps = openDeps();
    const dropped: Alert = { kind: 'failed', subject: 'a dropped file (1)', says: 'x', todo: 'y', endsAfterMs: DAY };
    await raiseAlert(deps, dropped);
    deps.clock.pass(DAY);
    await watchAlerts(deps)();
    expect(deps.told).toHaveLength(1);
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toEqual([]);

    await raiseAlert(deps, dropped);

    expect(deps.told).toHaveLength(2);
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toHaveLength(1);
  });

  it('are over when what they are about is not defined any more', async () => {
    const { watch, ...deps } = openWatch();
    const about = ['to-tool', 'gone', 'verify gone', 'crm/gone', 'a dropped file (1)', 'erasure in crm', 'daily round'];
    for (const subject of about) await raiseAlert(deps, { ...held, subject });
    deps.told.length = 0;

    await watch();
    expect(deps.told).toEqual([]);

    deps.clock.pass(2 * HOUR);
    await watch();
    expect(deps.told.sort()).toEqual([
      'Tributary: crm/gone is not defined any more',
      'Tributary: gone is not defined any more',
      'Tributary: verify gone is not defined any more',
    ]);
  });

  it('are over when what is silent has no schedule any more', async () => {
    const { watch, defined, ...deps } = openWatch();
    const [audience] = defined.audiences;
    if (audience === undefined) throw new Error('the world has an audience');
    await watch();
    deps.clock.pass(27 * HOUR);
    await watch();
    expect(deps.told.splice(0)).toEqual(['Tributary: to-tool did not run']);

    defined.audiences = [{ ...audience, when: undefined }];
    deps.clock.pass(2 * HOUR);
    await watch();

    expect(deps.told).toEqual(['Tributary: to-tool is not scheduled any more']);
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toEqual([]);
  });

  it('are kept, counted and told again each minute while whoever is on call cannot be told', async () => {
    const deps = openDeps();
    const lines: string[] = [];
    const away = {
      ...deps,
      notify: async () => {
        throw new Error('the topic is gone');
      },
      log: (message: string) => void lines.push(message),
    };
    await raiseAlert(away, held);
    deps.clock.pass(60_000);
    await watchAlerts(away)();
    expect(lines).toEqual(['nobody could be told', 'alert', 'alerts open', 'nobody could be told', 'alert']);

    deps.clock.pass(60_000);
    await watchAlerts(deps)();
    deps.clock.pass(60_000);
    await watchAlerts(deps)();

    expect(deps.told).toHaveLength(1);
    expect(await openAlerts(deps.state, deps.clock.now().getTime())).toHaveLength(1);
  });

  it('lead to where the documents are read, when the operator said where', async () => {
    const texts: string[] = [];
    const deps = { ...openDeps(), notify: async ({ text }: { text: string }) => void texts.push(text) };

    await raiseAlert(deps, held);
    await raiseAlert({ ...deps, docsUrl: 'https://git.example.com/docs' }, { ...held, subject: 'other' });

    expect(texts[0]).toContain('Runbook: docs/runbook.md#alert-held\n');
    expect(texts[0]).toContain('see docs/errors.md');
    expect(texts[1]).toContain('Runbook: https://git.example.com/docs/runbook.md#alert-held\n');
    expect(texts[1]).toContain('see https://git.example.com/docs/errors.md');
  });
});

/** Looks after the schedules of a workspace with one nightly audience, whose rounds begin as they should. */
function openWatch({ roundsBegin = true } = {}) {
  const deps = openDeps();
  const [audience] = definitions.audiences;
  if (audience === undefined) throw new Error('the world has an audience');
  const nightly = { expression: 'cron(0 2 * * ? *)', words: 'nightly at 02:00' };
  const defined: { -readonly [part in keyof Definitions]: Definitions[part] } = {
    ...definitions,
    audiences: [{ ...audience, when: nightly }],
  };
  const watch = watchSchedules({ ...deps, definitions: async () => defined });
  return {
    ...deps,
    defined,
    audience,
    nightly,
    async watch() {
      if (roundsBegin) for (const round of ['care', 'recount'] as const) await noteRound(deps, round);
      await watch();
    },
  };
}

describe('a schedule that starts nothing', () => {
  it('is missed after its period and some patience, and forgiven when it runs', async () => {
    const { watch, ...deps } = openWatch();

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

  it('is missed where it begins a round of the night or checks a list', async () => {
    const { watch, ...deps } = openWatch({ roundsBegin: false });
    deps.defined.audiences = [{ ...deps.audience, verify: { when: deps.nightly, heal: 'report' } }];

    await watch();
    deps.clock.pass(27 * HOUR);
    await watch();
    expect(deps.told.sort()).toEqual([
      'Tributary: daily round did not run',
      'Tributary: nightly recount did not run',
      'Tributary: verify to-tool did not run',
    ]);

    await noteRound(deps, 'care');
    const run = { id: 'v', audience: 'to-tool', state: 'finished', startedAt: deps.clock.now().toISOString() };
    await deps.state.put('verify', 'to-tool', { run, leaseUntil: 0 }, 0);
    deps.clock.pass(HOUR);
    await watch();
    expect(deps.told.slice(3).sort()).toEqual([
      'Tributary: daily round is well again',
      'Tributary: verify to-tool is well again',
    ]);
  });

  it.each([
    ['is held by a worker', 'running', 30 * HOUR, LEASE_MS],
    ['waits for its quota until midnight', 'running', 30 * HOUR, 9 * HOUR],
    ['waits for its sources', 'waiting', 30 * HOUR, 0],
    ['was let go of a moment ago, and its message is on its way', 'running', 30 * HOUR, -10 * MINUTE],
  ])('is not missed while a run of it %s', async (_, state, begunAgo, heldFor) => {
    const { watch, ...deps } = openWatch();
    const now = deps.clock.now().getTime();
    const run = { id: 'r', audience: 'to-tool', state, startedAt: new Date(now - begunAgo).toISOString() };
    const [leaseUntil, waitUntil] = heldFor === LEASE_MS ? [now + heldFor, undefined] : [0, now + heldFor];
    await deps.state.put('push', 'to-tool', { run, leaseUntil, ...(waitUntil === undefined ? {} : { waitUntil }) }, 0);

    await watch();
    expect(deps.told).toEqual([]);

    deps.clock.pass(Math.max(0, heldFor) + 21 * MINUTE);
    await watch();
    expect(deps.told).toEqual(['Tributary: to-tool did not run']);
  });

  it('is not missed for its period when a run that took longer has just ended', async () => {
    const { watch, ...deps } = openWatch();
    const at = (hoursAgo: number) => new Date(deps.clock.now().getTime() - hoursAgo * HOUR).toISOString();
    const run = { id: 'r', audience: 'to-tool', state: 'finished', startedAt: at(30), endedAt: at(1) };
    await deps.state.put('push', 'to-tool', { run, leaseUntil: 0 }, 0);

    await watch();
    expect(deps.told).toEqual([]);

    deps.clock.pass(26 * HOUR);
    await watch();
    expect(deps.told).toEqual(['Tributary: to-tool did not run']);
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
