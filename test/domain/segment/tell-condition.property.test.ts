import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { readTree } from '../../../lib/domain/segment/condition.ts';
import { type Told, tellCondition, tellInLine, titledNames } from '../../../lib/domain/segment/tell-condition.ts';
import { leavesOf } from '../../../lib/domain/segment/tree.ts';
import type { Condition } from '../../../lib/domain/segment.ts';
import { makeChance, randomConditions } from './random-cases.ts';

const ANCHOR = Date.parse('2026-10-25T00:00:00Z');
const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 300);

function leafLines({ parts, ...line }: Told): Told[] {
  return parts.length === 0 ? [{ ...line, parts }] : parts.flatMap(leafLines);
}

/** Three conditions, of which the later ones may refer to the former. */
const conditions = fc
  .integer({ min: 0, max: 2 ** 31 })
  .map((seed) => randomConditions(makeChance(seed), ANCHOR) as unknown as Readonly<Record<string, Condition>>);

describe('tellCondition', () => {
  it('tells every leaf at the path at which receipts name it, whatever the condition is', () => {
    fc.assert(
      fc.property(conditions, (named) => {
        for (const when of Object.values(named)) {
          const read = readTree(when);
          if (!read.ok) throw new Error('the generator makes readable conditions only');

          const lines = leafLines(tellCondition(when));

          expect(lines.map(({ path }) => path)).toEqual(leavesOf(read.tree).map(({ path }) => path));
          expect(lines.every(({ text }) => text !== '' && !/undefined|\[object/.test(text))).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('tells in other words what means something else', () => {
    const seen = new Map<string, { readonly when: Condition; readonly root: number }>();
    const pool: Condition[] = [];
    fc.assert(
      fc.property(conditions, (named) => {
        pool.push(...Object.values(named).filter((when) => !JSON.stringify(when).includes('"segment"')));
      }),
      { numRuns: RUNS },
    );
    const program = compile(
      pool.map((when, at) => ({ segment: `s${at}`, when })),
      { timezone: 'Europe/Berlin' },
    );

    // Equal questions are one node of a program: two nodes are two meanings, and need two sentences.
    for (const [at, when] of pool.entries()) {
      const root = program.roots[at] ?? -1;
      const line = tellInLine(when);
      const known = seen.get(line);
      if (known !== undefined && known.root !== root) expect([line, when]).toEqual([line, known.when]);
      seen.set(line, { when, root });
    }

    expect(seen.size).toBeGreaterThan(RUNS);
  });

  it.each<readonly [Condition, Condition]>([
    [
      { trait: 'size', is: 5 },
      { trait: 'size', is: '5' },
    ],
    [
      { trait: 'size', is: true },
      { trait: 'size', is: 'true' },
    ],
    [
      { trait: 'size', is: 'known' },
      { trait: 'size', exists: true },
    ],
    [
      { trait: 'size', in: ['a, b'] },
      { trait: 'size', in: ['a', 'b'] },
    ],
    [
      { trait: 'size', in: ['a or b'] },
      { trait: 'size', in: ['a', 'b'] },
    ],
    [
      { trait: 'size', is: 'a, letter by letter' },
      { trait: 'size', is: 'a', case: 'exact' },
    ],
    [
      { trait: 'size', matches: 'a' },
      { trait: 'size', matches: 'a/' },
    ],
    [{ did: 'Bought', count: { at_least: 2 } }, { did: 'Bought at least 2 times' }],
    [
      { did: 'Bought', where: { kind: { is: 'a' } } },
      { did: 'Bought', where: { kind: { is: 'a', case: 'exact' } } },
    ],
    [
      { did: 'Bought', followed_by: { did: 'Paid', within: '1 day' } },
      { did: 'Bought followed by Paid', within: '1 day' },
    ],
    [
      { has_been: { trait: 'born', within_last: '9 days', for: '3 days', calendar: 'UTC' } },
      { has_been: { trait: 'born', within_last: '9 days', for: '3 days' }, calendar: 'UTC' },
    ],
    [
      { has_been: { trait: 'born', within_last: '9 days', calendar: 'UTC' }, for: '3 days' },
      { has_been: { trait: 'born', within_last: '9 days', for: '3 days', calendar: 'UTC' } },
    ],
    [{ segment: 'a, and b' }, { all: [{ segment: 'a' }, { segment: 'b' }] }],
    [{ not: { any: [{ segment: 'a' }, { segment: 'b' }] } }, { any: [{ not: { segment: 'a' } }, { segment: 'b' }] }],
  ])('tells %j otherwise than %j', (one, other) => {
    expect(tellInLine(one)).not.toBe(tellInLine(other));
    expect(JSON.stringify(tellCondition(one))).not.toBe(JSON.stringify(tellCondition(other)));
  });

  it('says titles, and the names of the file where two titles are the same', () => {
    const when: Condition = {
      all: [
        { trait: 'address.country', in: ['DE', 'AT'] },
        { any: [{ segment: 'a' }, { segment: 'b' }, { not: { segment: 'c' } }] },
      ],
    };
    const titles: Readonly<Record<string, string>> = {
      'address.country': 'country',
      a: 'Readers',
      b: 'Readers',
      c: 'Lapsing customers',
    };
    const names = titledNames(when, { trait: (path) => titles[path], segment: (id) => titles[id] });

    expect(tellInLine(when, names)).toBe(
      'country is DE or AT, and (in segment a, or in segment b, or not (in segment Lapsing customers))',
    );
    expect(tellCondition(when, names)).toEqual({
      path: 'when',
      text: 'all of these:',
      parts: [
        { path: 'when.all[0]', text: 'country is DE or AT', parts: [] },
        {
          path: 'when.all[1]',
          text: 'at least one of these:',
          parts: [
            { path: 'when.all[1].any[0]', text: 'in segment a', parts: [] },
            { path: 'when.all[1].any[1]', text: 'in segment b', parts: [] },
            {
              path: 'when.all[1].any[2]',
              text: 'none of this:',
              parts: [{ path: 'when.all[1].any[2].not', text: 'in segment Lapsing customers', parts: [] }],
            },
          ],
        },
      ],
    });
  });

  it('is total over what is no condition', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const told = [tellCondition(value as Condition), tellInLine(value as Condition)];

        expect(told).toHaveLength(2);
      }),
    );
  });
});
