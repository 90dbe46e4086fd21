import { describe, expect, it } from 'vitest';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { parseCondition } from '../../../lib/domain/segment/condition.ts';
import { evaluate, evaluateMembers, evaluateSome, HORIZON_MS } from '../../../lib/domain/segment/evaluate.ts';
import { explain } from '../../../lib/domain/segment/receipt.ts';
import { sentence } from '../../../lib/domain/segment/sentence.ts';
import type { Condition } from '../../../lib/domain/segment.ts';
import { arrive, viewPerson } from './arrival.ts';
import { breakInstants } from './breaks.ts';
import { holds } from './brute-force.ts';
import { makeChance, randomCase } from './random-cases.ts';

const cases = Number(process.env.SEGMENT_CASES ?? 20_000);
const firstSeed = Number(process.env.SEGMENT_SEED ?? 1);
const INSTANTS_EACH = 4;
const BREAKS_TRIED = 5;

describe('evaluate', () => {
  it('agrees with the definition of the language, now and until each flip', { timeout: 600_000 }, () => {
    let compared = 0;
    for (let seed = firstSeed; compared < cases; seed += 1) compared += compareSeed(seed);

    expect(compared).toBeGreaterThanOrEqual(cases);
  });
});

/** Compares both evaluators on everything about one random person; returns how many answers were compared. */
function compareSeed(seed: number): number {
  const chance = makeChance(seed);
  const { conditions, person, instants } = randomCase(chance, INSTANTS_EACH);
  const definitions = Object.entries(conditions).map(([segment, when]) => ({ segment, when: when as Condition }));
  for (const { segment, when } of definitions) {
    const parsed = parseCondition(when);
    if (!parsed.ok) throw new Error(`seed ${seed} ${segment}: ${JSON.stringify(parsed.problems)}`);
  }
  const cap = chance.pick([256, 256, 3]);
  const program = compile(definitions, { timezone: 'Europe/Berlin', cap });
  let compared = 0;
  for (const now of instants) {
    const view = viewPerson(program, person, arrive(program, person, now, chance));
    const evaluation = evaluate(program, view, now);
    expect(evaluation.overflowed).toEqual([]);
    const members = new Uint8Array(definitions.length);
    evaluateMembers(program, view, now, members);
    const [last] = [...program.segments.keys()].slice(-1);
    const alone: number[] = [];
    evaluateSome(program, view, now, [last ?? 0], alone);
    if (alone[0] !== evaluation.signed[last ?? 0]) throw new Error(`seed ${seed}: answers differ when asked alone`);
    const tried = breakInstants(conditions, person, now);
    const some = tried
      .filter((_, index) => index < 3 || chance.happens(BREAKS_TRIED / tried.length))
      .flatMap((at) => [at - 1, at]);
    for (const [segment, { member, flipsAt }] of evaluation) {
      const when = conditions[segment] ?? {};
      const ask = (at: number): boolean => holds(when, person, at, conditions);
      const where = (at: number): string =>
        `seed ${seed} ${segment} at ${new Date(at).toISOString()} ${JSON.stringify(when)}`;
      if (ask(now) !== member) throw new Error(`member ${member}: ${where(now)}`);
      const end = flipsAt ?? now + HORIZON_MS;
      if (flipsAt !== null && ask(flipsAt) === member) throw new Error(`no flip: ${where(flipsAt)}, now ${now}`);
      if (flipsAt !== null && ask(flipsAt - 1) !== member) throw new Error(`late flip: ${where(flipsAt)}, now ${now}`);
      for (const at of some) {
        if (at > now && at < end && ask(at) !== member)
          throw new Error(`missed flip: ${where(at)}, now ${new Date(now).toISOString()}, said ${flipsAt}`);
      }
      if ((members[program.positions.get(segment) ?? -1] === 1) !== member) throw new Error(`members: ${where(now)}`);
      const told = sentence(explain(program, segment, viewPerson(program, person), now));
      if (told.held !== member) throw new Error(`sentence: ${where(now)}`);
      compared += 1;
    }
  }
  return compared;
}
