import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../../lib/domain/segment/condition.ts';
import { leafExamples } from '../../../lib/domain/segment/examples.ts';
import { operatorNames } from '../../../lib/domain/segment/operator.ts';
import { conditionSchema } from '../../../lib/domain/segment/schema.ts';
import { makeChance, randomCase } from './random-cases.ts';

const valid = new Ajv2020({ allErrors: false, strictTypes: false, strictRequired: false }).compile(conditionSchema);
const examples = Object.values(leafExamples).flat();

const broken: readonly unknown[] = [
  undefined,
  null,
  'everyone',
  [],
  {},
  { all: [] },
  { all: {} },
  { all: [{ trait: 'a', is: 'b' }], any: [{ trait: 'a', is: 'b' }] },
  { not: [{ trait: 'a', is: 'b' }] },
  { trait: 'a' },
  { trait: '', is: 'b' },
  { trait: 'a', is: 'b', is_not: 'c' },
  { trait: 'a', is: null },
  { trait: 'a', is: ['b'] },
  { trait: 'a', in: 'b' },
  { trait: 'a', in: [] },
  { trait: 'a', in: [null] },
  { trait: 'a', exists: 'yes' },
  { trait: 'a', gt: '3' },
  { trait: 'a', between: [1] },
  { trait: 'a', between: [1, '2026-01-01T00:00:00Z'] },
  { trait: 'a', before: '2026-01-01' },
  { trait: 'a', within_last: '30 dayz' },
  { trait: 'a', within_last: '0 days' },
  { trait: 'a', gt: 3, case: 'exact' },
  { trait: 'a', is: 'b', case: 'folded' },
  { trait: 'a', is: 'b', calendar: 'Europe/Berlin' },
  { trait: 'a', equals: 'b' },
  { did: 'A', within: 30 },
  { did: 'A', within: '30 days', from: '3 days ago', to: '1 day ago' },
  { did: 'A', from: '3 days ago' },
  { did: 'A', to: '3 days ago' },
  { did: 'A', from: '3 days', to: '1 day ago' },
  { did: 'A', count: 3 },
  { did: 'A', count: {} },
  { did: 'A', count: { at_least: -1 } },
  { did: 'A', count: { at_least: 1.5 } },
  { did: 'A', count: { exactly: 1, at_least: 1 } },
  { did: 'A', count: { at_least: 1 }, sum: { property: 'v', gt: 1 } },
  { did: 'A', sum: { gt: 1 } },
  { did: 'A', sum: { property: 'v' } },
  { did: 'A', sum: { property: 'v', is: 'x' } },
  { did: 'A', sum: { property: 'v', gt: 1, case: 'exact' } },
  { did: 'A', first: { is: 'x' } },
  { did: 'A', last: { between: [1, 2] } },
  { did: 'A', regularly: { in: 0, of: '4 weeks' } },
  { did: 'A', regularly: { in: 1, of: '4 weeks' }, within: '3 days' },
  { did: 'A', calendar: 'Europe/Berlin' },
  { did: 'A', where: { kind: 'shoes' } },
  { did: 'A', where: { kind: { is: 'shoes', in: ['hats'] } } },
  { did: 'A', followed_by: { did: 'B' } },
  { did: 'A', followed_by: { did: 'B', within: '1 day', count: 2 } },
  { has_been: { trait: 'a', is: 'b' } },
  { has_been: { trait: 'a', is: 'b', for: '3 days' }, for: '3 days' },
  { has_been: { trait: 'a', for: '3 days' } },
  { segment: '' },
  { segment: 'a', is: 'b' },
  { consent: 3 },
  { bucket: { salt: 'a', from: '0%' } },
  { bucket: { salt: 'a', from: 0, to: '10%' } },
  { bucket: { salt: 'a', from: '0%', to: '110%' } },
];

/** What only the parser can see: it needs more than the shape of the text. */
const brokenInMeaning: readonly unknown[] = [
  { trait: 'a', matches: '(a)\\1' },
  { trait: 'a', before: '2026-02-30T00:00:00Z' },
  { trait: 'a', between: [2, 1] },
  { trait: 'a', within_last: '3 days', calendar: 'Europe/Atlantis' },
  { trait: 'a', within_last: '3 hours', calendar: 'Europe/Berlin' },
  { did: 'A', count: { at_least: 3, at_most: 2 } },
  { did: 'A', from: '1 day ago', to: '3 days ago' },
  { did: 'A', regularly: { in: 5, of: '4 weeks' } },
  { bucket: { salt: 'a', from: '20%', to: '10%' } },
];

describe('conditionSchema', () => {
  it.each(examples.map((example) => [JSON.stringify(example), example]))('and parser accept %s', (_text, example) => {
    expect({ schema: valid(example), parser: parseCondition(example).ok }).toEqual({ schema: true, parser: true });
  });

  it.each(broken.map((condition) => [JSON.stringify(condition), condition]))(
    'and parser refuse %s',
    (_text, condition) => {
      expect({ schema: valid(condition), parser: parseCondition(condition).ok }).toEqual({
        schema: false,
        parser: false,
      });
    },
  );

  it.each(brokenInMeaning.map((condition) => [JSON.stringify(condition), condition]))(
    'leaves to the parser to refuse %s',
    (_text, condition) => {
      expect({ schema: valid(condition), parser: parseCondition(condition).ok }).toEqual({
        schema: true,
        parser: false,
      });
    },
  );

  it('accepts whatever the parser accepts', () => {
    for (let seed = 1; seed < 500; seed += 1) {
      for (const condition of Object.values(randomCase(makeChance(seed), 0).conditions)) {
        expect(parseCondition(condition)).toMatchObject({ ok: true });
        expect(valid(condition), JSON.stringify(condition)).toBe(true);
      }
    }
  });

  it('has an example of every operator', () => {
    const written = JSON.stringify(examples);

    expect(operatorNames.filter((name) => !written.includes(`"${name}":`))).toEqual([]);
  });
});
