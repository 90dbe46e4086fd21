import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { compile, type Program } from '../../../lib/domain/segment/compile.ts';
import { answerKept, evaluate, evaluateAgain, type Kept, keepAnswers } from '../../../lib/domain/segment/evaluate.ts';
import type { Moved } from '../../../lib/domain/segment/moves.ts';
import { viewPerson } from './arrival.ts';
import type { Person } from './brute-force.ts';
import { definitionsOf } from './compare.ts';
import { type Chance, makeChance, randomCase } from './random-cases.ts';

const cases = Number(process.env.SEGMENT_CASES ?? 100_000) / 5;
const STEPS = 12;
const YEAR = 365 * 86_400_000;

describe('evaluateAgain', () => {
  it('says after any changes and any time what a whole evaluation says', { timeout: 3_000_000 }, () => {
    let compared = 0;
    for (let seed = 1; compared < cases; seed += 1) compared += liveThrough(seed);

    expect(compared).toBeGreaterThanOrEqual(cases);
  });
});

describe('an answer that is kept', () => {
  it('is asked again when ten years have come to where nobody had looked', () => {
    const near = { trait: 'renewal', within_next: '9000 days' };
    const passed = { trait: 'renewal', within_last: '9000 days' };
    const definitions = [
      { segment: 'flips', when: near },
      { segment: 'only seems to', when: { any: [near, passed] } },
    ];
    const program = compile(definitions, { timezone: 'UTC' });
    const traits = { renewal: '2038-01-01T00:00:00.000Z' };
    const view = viewPerson(program, { id: 'p', traits, since: {}, activities: [], segments: [], granted: [] });
    const answers = () => [0, 1].map((position) => answerKept(kept, position));
    const kept = keepAnswers(program, view, Date.parse('2026-01-01T00:00:00Z'));
    expect(answers()).toEqual([
      { member: true, flipsAt: null },
      { member: true, flipsAt: null },
    ]);

    evaluateAgain(program, view, Date.parse('2030-01-01T00:00:00Z'), kept, {});

    expect(answers()).toEqual([
      { member: true, flipsAt: Date.parse(traits.renewal) },
      { member: true, flipsAt: null },
    ]);
  });
});

/** Keeps the answers about one random person through random steps; returns how many answers were compared. */
function liveThrough(seed: number): number {
  const chance = makeChance(seed);
  const [a, b] = [randomCase(chance, 1), randomCase(chance, 1)];
  const [others, more] = [renamed(b.conditions, 'b'), renamed(randomCase(chance, 1).conditions, 'c')];
  const program = compile(definitionsOf({ ...a.conditions, ...others, ...more }), { timezone: 'Europe/Berlin' });
  let person = a.person;
  let now = a.instants[0] ?? 0;
  const kept = keepAnswers(program, viewPerson(program, person), now);
  let compared = compareKept(program, person, kept, now, `seed ${seed} at first`);
  for (let step = 0; step < STEPS; step += 1) {
    now += chance.pick([0, 0, 1, 3_600_000, 86_400_000, 30 * 86_400_000, YEAR]);
    if (chance.happens(0.3) && Number.isFinite(kept.next)) now = Math.max(now, kept.next - chance.pick([0, 1]));
    const change = randomChange(chance, person, b.person);
    person = change.person;
    const overflowed = evaluateAgain(program, viewPerson(program, person), now, kept, change.moved);
    expect(overflowed).toEqual([]);
    compared += compareKept(program, person, kept, now, `seed ${seed} step ${step} ${JSON.stringify(change.moved)}`);
  }
  return compared;
}

function compareKept(program: Program, person: Person, kept: Kept, now: number, where: string): number {
  const whole = evaluate(program, viewPerson(program, person), now);
  for (const [position, [segment, answer]] of [...whole].entries()) {
    expect({ where, segment, ...answerKept(kept, position) }).toEqual({ where, segment, ...answer });
  }
  return whole.size;
}

/** One thing about a person becomes what it is about another one, or nothing does. */
function randomChange(chance: Chance, person: Person, other: Person): { person: Person; moved: Moved } {
  const kind = chance.pick(['trait', 'trait', 'since', 'activity', 'topic', 'segment', 'nothing']);
  if (kind === 'trait') {
    const path = chance.pick(['plan', 'score', 'tags', 'born', 'renewal', 'address', 'odd']);
    const values = [other.traits[path], person.traits[path], 'shoes', 2, null] as const;
    const traits = { ...person.traits, [path]: chance.pick(values) as Json };
    return { person: { ...person, traits }, moved: { traits: [path] } };
  }
  if (kind === 'since') {
    const path = chance.pick(['plan', 'address.city']);
    const since = { ...person.since, [path]: other.since[path] ?? 0 };
    return { person: { ...person, since }, moved: { traits: [path] } };
  }
  if (kind === 'activity' && other.activities.length > 0) {
    const found = chance.pick(other.activities);
    const activities = [...person.activities, { ...found, id: `x${person.activities.length}` }];
    return { person: { ...person, activities }, moved: { activities: [found.name] } };
  }
  if (kind === 'topic') {
    const granted = person.granted.length > 0 ? [] : ['email', 'advertising'];
    return { person: { ...person, granted }, moved: { topics: ['email', 'advertising'] } };
  }
  if (kind === 'segment') {
    const segments = person.segments.length > 0 ? [] : ['vip'];
    return { person: { ...person, segments }, moved: { segments: ['vip'] } };
  }
  return { person, moved: {} };
}

/** The same conditions under other names. */
function renamed(conditions: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  const text = JSON.stringify(conditions).replaceAll(/"(one|two|three)"/g, `"${prefix}-$1"`);
  return JSON.parse(text) as Record<string, unknown>;
}
