import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { ComputedRules } from '../../../lib/domain/computed/rules.ts';
import { type Compiled, compileDefinitions } from '../../../lib/domain/decide.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { openLearned } from '../../../lib/domain/learned/learned.ts';
import type { Model, Models } from '../../../lib/domain/learned/model.ts';
import type { LearnedRules } from '../../../lib/domain/learned/rules.ts';
import type { SegmentDefinition } from '../../../lib/domain/segment.ts';
import type { Clock } from '../../../lib/pipeline/ports.ts';
import { sweepDue } from '../../../lib/pipeline/resolve/sweep-due.ts';
import { definitionsOf } from '../../domain/segment/compare.ts';
import { type Chance, makeChance, randomCase, randomConditions } from '../../domain/segment/random-cases.ts';
import { openResolver } from '../delivering.ts';
import { openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { type MemoryStores, openMemoryStores } from '../memory-stores.ts';
import { definitions } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 300);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a history lived through', () => {
  it('ends in what evaluating everything from scratch at its end says', { timeout: 3_000_000 }, async () => {
    let flips = 0;
    let merges = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const chance = makeChance(seed);
      const { compiled, deliveries, end } = randomHistory(chance);
      const live = openMemoryStores();
      flips += await liveThrough(live, compiled, deliveries, end, chance);
      merges += live.pointers().length;
      const scratch = openMemoryStores();
      const { resolve } = openWorker(scratch, compiled, () => end);
      await resolve([{ changes: deliveries.map(({ change }) => change), profiles: [], accounts: [] }]);

      expect({ seed, people: decisionsIn(live) }).toEqual({ seed, people: decisionsIn(scratch) });
    }
    // The histories are about something: answers turned by time alone, and people were joined.
    expect(flips).toBeGreaterThan(RUNS / 2);
    expect(merges).toBeGreaterThan(RUNS / 10);
  });
});

interface Delivery {
  readonly at: number;
  readonly change: Change;
}

/** Lives through a history: each delivery at its time, sweeps when something is due or up to a minute later. */
async function liveThrough(
  stores: MemoryStores,
  compiled: Compiled,
  deliveries: readonly Delivery[],
  end: number,
  chance: Chance,
): Promise<number> {
  let now = Math.min(...deliveries.map(({ at }) => at));
  const worker = openWorker(stores, compiled, () => now);
  const waiting = [...deliveries].sort((a, b) => a.at - b.at);
  let flips = 0;
  for (;;) {
    const due = Math.min(...[...stores.living(), ...stores.pointers()].map(({ dueAt }) => dueAt ?? Infinity));
    const next = waiting[0]?.at ?? Infinity;
    if (Math.min(due, next) > end) break;
    if (next <= due) {
      now = Math.max(now, next);
      const { change } = waiting.shift() as Delivery;
      await worker.resolve([{ changes: [change], profiles: [], accounts: [] }]);
      continue;
    }
    now = Math.max(now, Math.min(end, due + chance.pick([0, 0, 1, 60_000])));
    flips += await worker.sweep();
  }
  now = end;
  await worker.sweep();
  return flips;
}

/** The real resolve-profile and sweep-due on memory stores; `sweep` resolves what it was sent at once. */
function openWorker(stores: MemoryStores, compiled: Compiled, now: () => number) {
  const clock: Clock = {
    now: () => new Date(now()),
    wait: () => new Promise((done) => setImmediate(done)),
    random: () => 0.5,
  };
  const queue = openMemoryQueue();
  const { resolve } = openResolver(stores, { compiled: async () => compiled, clock });
  const sweep = sweepDue({
    profiles: stores.profiles,
    state: openMemoryState(),
    recompute: queue,
    clock,
    log: () => {},
  });
  return {
    resolve,
    async sweep(): Promise<number> {
      await sweep(new AbortController().signal);
      let written = 0;
      for (const { body } of queue.take()) {
        const { profiles } = body as { profiles: string[] };
        written += (await resolve([{ changes: [], profiles, accounts: [] }])).written;
      }
      return written;
    },
  };
}

/** Who is in what, and until when nothing changes, by the records that make the person up: ids differ between stores. */
function decisionsIn(stores: MemoryStores) {
  const people = stores.living().filter(({ fragments }) => Object.keys(fragments).length > 0);
  return people
    .map(({ fragments, memberships, flipsAt }) => ({
      records: Object.keys(fragments).sort().join(),
      segments: Object.keys(memberships).sort(),
      flipsAt: flipsAt === null ? null : new Date(flipsAt).toISOString(),
    }))
    .sort((a, b) => (a.records < b.records ? -1 : 1));
}

const weighing = { halfLifeMs: 10 * DAY, least: 1 };
const computed: ComputedRules = {
  channel: {
    ...weighing,
    from: [
      { did: 'Opened', channel: 'email', weight: 1 },
      { did: 'Bought', channel: 'web', weight: 1 },
    ],
  },
  best_hour: { ...weighing, from: [{ did: 'Clicked', weight: 1 }], timezone: 'Europe/Berlin' },
  email_engagement: { ...weighing, sent: ['Opened'], from: [{ did: 'Clicked', weight: 0.5 }] },
};
const ofComputed: readonly SegmentDefinition[] = [
  { segment: 'by-mail', when: { trait: 'computed.channel', is: 'email' } },
  { segment: 'in-the-afternoon', when: { trait: 'computed.best_hour', gt: 11 } },
  { segment: 'engaged', when: { trait: 'computed.email_engagement', gte: 0.3 } },
];

const learned: LearnedRules = {
  at: { expression: 'cron(30 3 * * ? *)', words: 'nightly at 03:30' },
  rfm: { did: 'Bought', value: 'amount', withinMs: 30 * DAY },
  lifetime_value: { did: 'Opened', value: 'amount', horizonMs: 30 * DAY },
};
const ofLearned: readonly SegmentDefinition[] = [
  { segment: 'bought-lately', when: { trait: 'learned.rfm.recency', gte: 3 } },
  { segment: 'alive', when: { trait: 'learned.alive', gte: 0.5 } },
];

/** Models as of an instant, with numbers that part these few people. */
function modelsAt(asOf: number): Models {
  const rules = new Map(openLearned(learned).parts.map(({ name, rule }) => [name, rule]));
  const trained = (name: string, model: Model) => ({
    version: 'v',
    rule: rules.get(name) ?? '',
    trainedAt: asOf,
    model,
  });
  const cuts = { recency: [-20, -10, -5, -1], frequency: [2, 3, 4, 5], monetary: [10, 20, 30, 40] };
  const purchases = { r: 0.3, alpha: 1, a: 0.8, b: 1.2 };
  return {
    version: 'm',
    asOf,
    parts: {
      rfm: trained('rfm', { kind: 'rfm', ...cuts }),
      lifetime_value: trained('lifetime_value', { kind: 'lifetime_value', ...purchases }),
    },
  };
}

/** Random rules, and what tools told about a few records: out of order, some twice, addresses that join and part them. */
function randomHistory(chance: Chance) {
  const { anchor, person, stranger } = randomCase(chance, 1);
  // A share of people depends on the profile's id, which is not the same in two stores.
  let conditions = randomConditions(chance, anchor);
  while (JSON.stringify(conditions).includes('"bucket"')) conditions = randomConditions(chance, anchor);
  const segments = [...definitionsOf(conditions), ...ofComputed, ...ofLearned];
  const models = modelsAt(anchor + chance.pick([-5, 0, 3]) * DAY);
  const compiled = compileDefinitions({ ...definitions, segments, computed, learned, audiences: [] }, { models });
  const records = ['crm:contact:1', 'crm:contact:2', 'mail:member:a'];
  const changes: Change[] = [...person.activities, ...stranger].map(({ id, name, at, properties }) => ({
    kind: 'activity',
    fragment: chance.pick(records),
    at: new Date(at).toISOString(),
    id,
    name,
    properties: properties as JsonObject,
  }));
  for (let count = 0; count < 7; count += 1) changes.push(randomTelling(chance, records, anchor, person.traits));
  const deliveries = changes.flatMap((change) => {
    const told = Date.parse(change.at);
    const deliver = () => ({ at: told + chance.pick([0, 0, 1, HOUR, 2 * DAY, 9 * DAY, -HOUR, -DAY]), change });
    return chance.happens(0.25) ? [deliver(), deliver()] : [deliver()];
  });
  const end = Math.max(...deliveries.map(({ at }) => at)) + chance.pick([0, 1, HOUR, 3 * DAY, 40 * DAY]);
  return { compiled, deliveries, end };
}

function randomTelling(
  chance: Chance,
  records: readonly string[],
  anchor: number,
  traits: Readonly<Record<string, unknown>>,
): Change {
  const fragment = chance.pick(records);
  const at = new Date(anchor + (chance.whole(120) - 80) * 3 * HOUR).toISOString();
  if (chance.happens(0.1)) return { kind: 'gone', fragment, at };
  if (chance.happens(0.15)) {
    const from = chance.pick(records.filter((record) => record !== fragment));
    const identifier = { type: 'email', value: chance.pick(['ann@example.com', 'bob@example.com']) };
    return { kind: 'unmerge', fragment, from, identifier, at };
  }
  const kept = Object.entries(traits).filter(() => chance.happens(0.5));
  const address = chance.pick(['ann@example.com', 'bob@example.com', 'cyd@example.com']);
  const state = chance.pick(['granted', 'denied'] as const);
  const topic = chance.pick(['email', 'advertising']);
  return {
    kind: 'profile',
    fragment,
    at,
    ...(chance.happens(0.7) ? { identifiers: [{ type: 'email', value: address }] } : {}),
    traits: Object.fromEntries(kept.map(([path, value]) => [path, chance.happens(0.1) ? null : value])) as JsonObject,
    ...(chance.happens(0.4) ? { consent: [{ address, topic, state, at, source: 'a form', by: 'person' }] } : {}),
  };
}
