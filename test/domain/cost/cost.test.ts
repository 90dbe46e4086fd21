import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../../lib/domain/cost/cost.ts';
import { designed, measured } from '../../../lib/domain/cost/measured.ts';
import { functions } from '../../../lib/infra/functions.ts';

interface Line {
  readonly metric: string;
  readonly value: number;
  readonly of: Readonly<Record<string, unknown>>;
}

/** The value that a bench saved, by its metric and what it was of. */
function saved(job: string, metric: string, of: Readonly<Record<string, unknown>>): number | undefined {
  const file = fileURLToPath(new URL(`../../../bench/results/${job}.ndjson`, import.meta.url));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  return parsed.find(
    (line) => line.metric === metric && Object.entries(of).every(([name, value]) => line.of?.[name] === value),
  )?.value;
}

const inventory = fc.record({
  secrets: fc.nat(20),
  alarms: fc.nat(50),
  dashboards: fc.nat(3),
  polledQueues: fc.nat(10),
});

describe('what is measured', () => {
  const ten = { activities_a_batch_and_person: 10 };
  const night = { rows: measured.night.rows, changed: measured.night.changed };
  const facts: readonly (readonly [string, string, string, Readonly<Record<string, unknown>>, number])[] = [
    ['write units of an activity', 'units', 'write units per activity', ten, measured.activity.writeUnits],
    ['read units of an activity', 'units', 'read units per activity', ten, measured.activity.readUnits],
    ['requests of an activity', 'units', 'requests per activity', ten, measured.activity.requests],
    ['CPU of an activity', 'resolve', 'CPU per change', { load: 'activities' }, measured.activity.microseconds],
    [
      'CPU of a collected message',
      'collect',
      'CPU of a message',
      { messages: measured.collected.messages },
      measured.collected.microseconds,
    ],
    ['read units of a night', 'push', 'read units of a night', night, measured.night.readUnits],
    ['write units of a night', 'push', 'write units of a night', night, measured.night.writeUnits],
    ['objects of a night', 'push', 'objects of a night', night, measured.night.objects],
    ['calls of a night', 'push', 'calls per 10,000 adds', { vendor: 'mailchimp' }, measured.night.calls],
    [
      'CPU of one who is pushed',
      'import-and-push',
      'CPU of the functions, a contact',
      { phase: 'push', contacts: 10_000 },
      measured.pushed.milliseconds,
    ],
  ];

  it.each(facts)('%s is what the bench saved', (_, job, metric, of, value) => {
    expect(saved(job, metric, of)).toBe(value);
  });

  it('memory and batches are those of the functions', () => {
    const { collect, 'resolve-profile': resolve, 'sweep-due': sweep, 'activate-audience': push } = functions;

    expect(designed.memoryMb).toEqual({
      collect: collect.memoryMb,
      resolve: resolve.memoryMb,
      sweep: sweep.memoryMb,
      push: push.memoryMb,
    });
    expect(resolve.sources[0]).toMatchObject({ queue: 'changes', batchSize: designed.batch });
  });
});

describe('costOf', () => {
  it('adds up its lines, and what is free makes nothing dearer', () => {
    fc.assert(
      fc.property(inventory, fc.nat(30), fc.integer({ min: 1, max: 64 }), (holds, connections, shards) => {
        const cost = costOf(holds, connections, shards);

        for (const part of [cost.idle, cost.activities, cost.push]) {
          expect(part.dollars).toBeCloseTo(
            part.lines.reduce((sum, { dollars }) => sum + dollars, 0),
            9,
          );
          for (const { dollars } of part.lines) expect(dollars).toBeGreaterThanOrEqual(0);
        }
        expect(cost.idle.lessFree).toBeLessThanOrEqual(cost.idle.dollars);
      }),
    );
  });

  it('tells a secret of each connection, and nothing else by connections', () => {
    const of = (connections: number) =>
      costOf({ secrets: 1, alarms: 0, dashboards: 0, polledQueues: 0 }, connections, 1);

    expect(of(3).idle.dollars - of(0).idle.dollars).toBeCloseTo(3 * 0.4, 9);
    expect(of(3).activities).toEqual(of(0).activities);
  });

  it('takes write units as the largest part of a million activities', () => {
    const { lines } = costOf({ secrets: 1, alarms: 1, dashboards: 1, polledQueues: 1 }, 1, 4).activities;
    const [dearest] = [...lines].sort((a, b) => b.dollars - a.dollars);

    expect(dearest).toMatchObject({ stage: 'resolve', what: 'write units', quantity: 1_683_000 });
  });
});
