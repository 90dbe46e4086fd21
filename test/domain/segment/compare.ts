import { expect } from 'vitest';
import { compile, type Program } from '../../../lib/domain/segment/compile.ts';
import { parseCondition } from '../../../lib/domain/segment/condition.ts';
import {
  type Evaluation,
  evaluate,
  evaluateMembers,
  evaluateOne,
  HORIZON_MS,
} from '../../../lib/domain/segment/evaluate.ts';
import { explain } from '../../../lib/domain/segment/receipt.ts';
import { sentence } from '../../../lib/domain/segment/sentence.ts';
import type { PersonView } from '../../../lib/domain/segment/view.ts';
import type { Condition, SegmentDefinition } from '../../../lib/domain/segment.ts';
import { arrive, viewPerson } from './arrival.ts';
import { breakInstants } from './breaks.ts';
import { holds, type Person } from './brute-force.ts';
import { type Chance, makeChance, randomCase } from './random-cases.ts';

const INSTANTS_EACH = 4;
const BREAKS_TRIED = 5;

/**
 * Compares the evaluator with the definition of the language on random rules, people and instants, for every `step`-th
 * seed from `first` on, until so many answers were compared: each a membership and its flip. Throws at a difference.
 */
export function compareCases(cases: number, first: number, step: number): number {
  let compared = 0;
  for (let seed = first; compared < cases; seed += step) compared += compareSeed(seed);
  return compared;
}

/** Definitions of random conditions, each known to be well formed. */
export function definitionsOf(conditions: Readonly<Record<string, unknown>>): SegmentDefinition[] {
  return Object.entries(conditions).map(([segment, when]) => {
    const parsed = parseCondition(when);
    if (!parsed.ok) throw new Error(`${segment}: ${JSON.stringify(parsed.problems)}`);
    return { segment, when: when as Condition };
  });
}

/**
 * One random person, and a stranger whose records are joined to hers at some of the instants and not at others, as a
 * merge and its undoing leave them. Activities come shuffled, some twice, and are cut on the way.
 */
function compareSeed(seed: number): number {
  const chance = makeChance(seed);
  const { conditions, person: one, stranger, instants } = randomCase(chance, INSTANTS_EACH);
  const definitions = definitionsOf(conditions);
  const program = compile(definitions, { timezone: 'Europe/Berlin', cap: chance.pick([256, 256, 3]) });
  let compared = 0;
  for (const now of instants) {
    const joined = chance.happens(0.4);
    const person = joined ? { ...one, activities: [...one.activities, ...stranger] } : one;
    const keep = arrive(program, { one: one.activities, stranger }, now, chance);
    const view = viewPerson(program, person, keep(joined ? ['one', 'stranger'] : ['one']));
    const evaluation = evaluate(program, view, now);
    expect(evaluation.overflowed).toEqual([]);
    compareWays(program, view, evaluation, now);
    compared += compareAnswers({ seed, program, conditions, person, now, chance }, evaluation);
  }
  return compared;
}

/** Members alone, one segment alone, and the sentence say what the whole evaluation says. */
function compareWays(program: Program, view: PersonView, evaluation: Evaluation, now: number): void {
  const members = new Uint8Array(program.segments.length);
  evaluateMembers(program, view, now, members);
  expect([...members].map((member) => member === 1)).toEqual([...evaluation].map(([, { member }]) => member));
  const [last] = program.compiled.slice(-1);
  if (last !== undefined) expect(evaluateOne(program, last, view, now)).toEqual(evaluation.get(last.id));
}

interface Case {
  readonly seed: number;
  readonly program: Program;
  readonly conditions: Readonly<Record<string, Record<string, unknown>>>;
  readonly person: Person;
  readonly now: number;
  readonly chance: Chance;
}

/** Right now, right until the flip, another answer at the flip; and none in between at instants that could be one. */
function compareAnswers({ seed, program, conditions, person, now, chance }: Case, evaluation: Evaluation): number {
  const tried = breakInstants(conditions, person, now);
  const some = tried
    .filter((_, index) => index < 3 || chance.happens(BREAKS_TRIED / tried.length))
    .flatMap((at) => [at - 1, at]);
  for (const [segment, { member, flipsAt }] of evaluation) {
    const when = conditions[segment] ?? {};
    const ask = (at: number): boolean => holds(when, person, at, conditions);
    const where = (at: number): string =>
      `seed ${seed} ${segment} at ${new Date(at).toISOString()}, now ${new Date(now).toISOString()}: ${JSON.stringify(when)}`;
    if (ask(now) !== member) throw new Error(`member ${member}, ${where(now)}`);
    const end = flipsAt ?? now + HORIZON_MS;
    if (flipsAt !== null && ask(flipsAt) === member) throw new Error(`no flip, ${where(flipsAt)}`);
    if (flipsAt !== null && ask(flipsAt - 1) !== member) throw new Error(`late flip, ${where(flipsAt)}`);
    for (const at of some) {
      if (at > now && at < end && ask(at) !== member) throw new Error(`missed flip, said ${flipsAt}, ${where(at)}`);
    }
    const told = sentence(explain(program, segment, viewPerson(program, person), now));
    if (told.held !== member) throw new Error(`sentence, ${where(now)}`);
  }
  return evaluation.size;
}
