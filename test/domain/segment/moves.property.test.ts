import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { evaluate } from '../../../lib/domain/segment/evaluate.ts';
import type { Moves } from '../../../lib/domain/segment/moves.ts';
import { viewPerson } from './arrival.ts';
import type { Person } from './brute-force.ts';
import { definitionsOf } from './compare.ts';
import { type Chance, makeChance, randomCase } from './random-cases.ts';

const cases = Number(process.env.SEGMENT_CASES ?? 100_000) / 5;
const STEPS = 12;

describe('the index of what a change moves', () => {
  it('leaves out only segments whose answers stand until they flip', { timeout: 3_000_000 }, () => {
    const compared = { moved: 0, standing: 0 };
    for (let seed = 1; compared.standing < cases; seed += 1) liveThrough(seed, compared);

    expect(compared.moved).toBeGreaterThan(cases / 10);
  });
});

/** Takes one random person through random steps, and holds every answer that the index does not name to the one before. */
function liveThrough(seed: number, compared: { moved: number; standing: number }): void {
  const chance = makeChance(seed);
  const [a, b] = [randomCase(chance, 1), randomCase(chance, 1)];
  const [others, more] = [renamed(b.conditions, 'b'), renamed(randomCase(chance, 1).conditions, 'c')];
  const program = compile(definitionsOf({ ...a.conditions, ...others, ...more }), { timezone: 'Europe/Berlin' });
  let person = a.person;
  let now = a.instants[0] ?? 0;
  let before = [...evaluate(program, viewPerson(program, person), now)];
  for (let step = 0; step < STEPS; step += 1) {
    const flips = before.map(([, { flipsAt }]) => flipsAt ?? Number.POSITIVE_INFINITY);
    now += chance.pick([0, 0, 1, 3_600_000, 86_400_000, 30 * 86_400_000]);
    const next = Math.min(...flips);
    if (chance.happens(0.3) && Number.isFinite(next)) now = Math.max(now, next - chance.pick([0, 1]));
    const change = randomChange(chance, person, b.person);
    person = change.person;
    const after = [...evaluate(program, viewPerson(program, person), now)];
    const moved = new Set(change.moved.flatMap(([kind, name]) => program.moves[kind](name)));
    for (const [position, [segment, answer]] of after.entries()) {
      if (moved.has(position)) compared.moved += 1;
      if (moved.has(position) || (flips[position] ?? 0) <= now) continue;
      const [, { member, flipsAt }] = before[position] ?? [segment, answer];
      // Ten years on is as far as a flip is looked for, and that instant moves.
      const expected = { member, flipsAt: flipsAt ?? answer.flipsAt };
      const where = `seed ${seed} step ${step} ${JSON.stringify(change.moved)}`;
      expect({ where, segment, ...answer }).toEqual({ where, segment, ...expected });
      compared.standing += 1;
    }
    before = after;
  }
}

type Moved = readonly (readonly [kind: keyof Moves, name: string])[];

/** One thing about a person becomes what it is about another one, or nothing does. */
function randomChange(chance: Chance, person: Person, other: Person): { person: Person; moved: Moved } {
  const kind = chance.pick(['trait', 'trait', 'since', 'activity', 'topic', 'segment', 'nothing']);
  if (kind === 'trait') {
    const path = chance.pick(['plan', 'score', 'tags', 'born', 'renewal', 'address', 'odd']);
    const values = [other.traits[path], person.traits[path], 'shoes', 2, null] as const;
    const traits = { ...person.traits, [path]: chance.pick(values) as Json };
    return { person: { ...person, traits }, moved: [['traits', path]] };
  }
  if (kind === 'since') {
    const path = chance.pick(['plan', 'address.city']);
    const since = { ...person.since, [path]: other.since[path] ?? 0 };
    return { person: { ...person, since }, moved: [['traits', path]] };
  }
  if (kind === 'activity' && other.activities.length > 0) {
    const found = chance.pick(other.activities);
    const activities = [...person.activities, { ...found, id: `x${person.activities.length}` }];
    return { person: { ...person, activities }, moved: [['activities', found.name]] };
  }
  if (kind === 'topic') {
    const granted = person.granted.length > 0 ? [] : ['email', 'advertising'];
    return {
      person: { ...person, granted },
      moved: [
        ['topics', 'email'],
        ['topics', 'advertising'],
      ],
    };
  }
  if (kind === 'segment') {
    const segments = person.segments.length > 0 ? [] : ['vip'];
    return { person: { ...person, segments }, moved: [['segments', 'vip']] };
  }
  return { person, moved: [] };
}

/** The same conditions under other names. */
function renamed(conditions: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  const text = JSON.stringify(conditions).replaceAll(/"(one|two|three)"/g, `"${prefix}-$1"`);
  return JSON.parse(text) as Record<string, unknown>;
}
