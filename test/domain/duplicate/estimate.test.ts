import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byField, fields, levels } from '../../../lib/domain/duplicate/agreement.ts';
import type { Comparable } from '../../../lib/domain/duplicate/comparable.ts';
import { type Estimate, estimateWeights } from '../../../lib/domain/duplicate/estimate.ts';
import { suggestAmong } from '../../../lib/domain/duplicate/suggest.ts';
import { addTallies, boundedTally, emptyTally, type Tally, tallyAmong } from '../../../lib/domain/duplicate/tally.ts';
import { defaultWeights, likenessOf, type Weights } from '../../../lib/domain/duplicate/weights.ts';
import { person } from './people.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 60);

const anyPattern = fc
  .tuple(...fields.map((field) => fc.constantFrom('-', ...levels[field].map((_, at) => String(at)))))
  .map((characters) => characters.join(''));

const anyTally: fc.Arbitrary<Tally> = fc
  .record({
    met: fc.dictionary(anyPattern, fc.oneof(fc.nat(5), fc.nat(1_000_000)), { maxKeys: 40 }),
    strangers: fc.tuple(
      ...fields.map((field) =>
        fc.array(fc.nat(5_000), { minLength: levels[field].length, maxLength: levels[field].length }),
      ),
    ),
    most: fc.oneof(fc.nat(100), fc.nat(1_000_000_000_000)),
    sampled: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
  })
  .map(({ met, strangers, most, sampled }) => ({
    pairs: most,
    met,
    strangers: {
      pairs: sampled,
      levels: byField((field) => strangers[fields.indexOf(field)] ?? []),
    },
  }));

const everyPart = ({ share, fields: of }: Weights): readonly number[] => [
  share.same,
  share.together,
  1 - share.same - share.together,
  ...fields.flatMap((field) => [...of[field].same, ...of[field].together, ...of[field].others]),
];

function neverFalls({ course }: Estimate): boolean {
  return course.every((value, at) => at === 0 || value >= (course[at - 1] ?? 0) - 1e-9 * Math.abs(value));
}

describe('estimateWeights', () => {
  it('gives probabilities that add up, whatever was counted, and climbs at every round', () => {
    fc.assert(
      fc.property(anyTally, (tally) => {
        const estimate = estimateWeights(tally);
        const { weights } = estimate;

        expect(everyPart(weights).every((part) => part > 0 && part < 1)).toBe(true);
        for (const field of fields) {
          for (const list of Object.values(weights.fields[field]) as readonly number[][]) {
            expect(Math.abs(list.reduce((sum, part) => sum + part, 0) - 1)).toBeLessThan(1e-9);
          }
        }
        expect(neverFalls(estimate)).toBe(true);
        for (const pattern of Object.keys(tally.met)) {
          const { score, bits } = likenessOf(pattern, weights);
          expect(score >= 0 && score <= 1 && Number.isFinite(bits)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('comes from counts alone: in whatever order and parts they were counted', () => {
    fc.assert(
      fc.property(anyTally, anyTally, (a, b) => {
        const turned = Object.fromEntries(Object.entries(a.met).reverse());

        expect(estimateWeights(addTallies([a, b]))).toEqual(estimateWeights(addTallies([b, { ...a, met: turned }])));
      }),
      { numRuns: Math.ceil(RUNS / 3) },
    );
  });

  it('stays with the defaults where nothing was counted', () => {
    const { weights } = estimateWeights(emptyTally());

    for (const field of fields) {
      for (const [at, part] of defaultWeights.fields[field].same.entries()) {
        expect(weights.fields[field].same[at]).toBeCloseTo(part, 6);
      }
    }
  });

  it('finds weights that made the counts', () => {
    const made: Weights = {
      share: { same: 2e-5, together: 1e-9 },
      fields: {
        ...defaultWeights.fields,
        first_name: {
          same: [0.6, 0.3, 0.01, 0.09],
          together: [0.03, 0.02, 0.01, 0.94],
          others: [0.03, 0.02, 0.01, 0.94],
        },
        birthday: { same: [0.7, 0.2, 0.1], together: [1e-4, 2e-3, 0.9979], others: [1e-4, 2e-3, 0.9979] },
      },
    };
    const { weights, matches } = estimateWeights(expectedOf(made, 1e9));

    expect(matches / 20_000).toBeCloseTo(1, 1);
    for (const field of ['first_name', 'birthday', 'address'] as const) {
      for (const [at, part] of made.fields[field].same.entries()) {
        expect(Math.abs((weights.fields[field].same[at] ?? 0) - part)).toBeLessThan(0.02);
      }
    }
  });

  it('does not take families for one person, and finds the slips among them', () => {
    const { people, twice } = town(3_000);
    const { weights } = estimateWeights(tallyAmong(people, 40_000));
    const found = suggestAmong(people, 0.85, weights).suggestions.map((one) => [...one.people].sort().join());

    const right = found.filter((pair) => twice.has(pair)).length;
    expect(right / found.length).toBeGreaterThan(0.98);
    expect(right / twice.size).toBeGreaterThan(0.9);
    expect(weights.share.together).toBeGreaterThan(weights.share.same);
  });
});

describe('boundedTally', () => {
  it('keeps what is met most', () => {
    const tally = { ...emptyTally(), met: { '00------': 3, '01------': 1, '10------': 2 } };

    expect(boundedTally(tally, 2).met).toEqual({ '00------': 3, '10------': 2 });
    expect(boundedTally(tally, 3)).toBe(tally);
  });
});

/** Counts as weights make them on the average: every pattern of last name, first name, birthday and address. */
function expectedOf(weights: Weights, pairs: number): Tally {
  const told = ['last_name', 'first_name', 'birthday', 'address'] as const;
  const met: Record<string, number> = {};
  const unmet = fields.map((field) => levels[field].map(() => 0));
  let strangers = 0;
  const walk = (pattern: string, same: number, together: number, others: number, agrees: boolean): void => {
    const at = pattern.length;
    const field = fields[at];
    if (field === undefined) {
      const count = pairs * (same + together + others);
      if (agrees) met[pattern] = count;
      else {
        strangers += count;
        for (const [position, character] of [...pattern].entries()) {
          const list = unmet[position];
          if (list !== undefined && character !== '-') list[Number(character)] = (list[Number(character)] ?? 0) + count;
        }
      }
      return;
    }
    if (!(told as readonly string[]).includes(field)) {
      walk(`${pattern}-`, same, together, others, agrees);
      return;
    }
    const of = weights.fields[field];
    for (const level of of.same.keys()) {
      const [m, h, u] = [of.same[level] ?? 0, of.together[level] ?? 0, of.others[level] ?? 0];
      walk(`${pattern}${level}`, same * m, together * h, others * u, agrees || level < levels[field].length - 1);
    }
  };
  const { same, together } = weights.share;
  walk('', same, together, 1 - same - together, false);
  return {
    pairs,
    met,
    strangers: { pairs: strangers, levels: byField((field) => unmet[fields.indexOf(field)] ?? []) },
  };
}

/** Families of three in houses of their own, and of every tenth person a second record with slips. */
function town(size: number): { readonly people: Comparable[]; readonly twice: ReadonlySet<string> } {
  let seed = 7;
  const chance = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const pick = (list: readonly string[]): string => list[Math.floor(chance() * list.length)] ?? '';
  const syllables = ['ka', 'lo', 'mi', 'ren', 'sta', 'tor', 'ul', 'vi', 'wen', 'zo', 'ber', 'dan', 'fei', 'gu'];
  const word = (count: number): string => Array.from({ length: count }, () => pick(syllables)).join('');
  const firsts = Array.from({ length: 120 }, () => word(2));
  const lasts = Array.from({ length: 400 }, () => word(3));
  const streets = Array.from({ length: 300 }, () => `${word(3)} street`);
  const people: Comparable[] = [];
  const twice = new Set<string>();
  for (let family = 0; people.length < size; family += 1) {
    const shared = {
      last_name: pick(lasts),
      'address.street': `${1 + Math.floor(chance() * 90)} ${pick(streets)}`,
      'address.postal_code': String(10_000 + Math.floor(chance() * 200)),
    };
    for (let member = 0; member < 3; member += 1) {
      const id = `${family}.${member}`;
      const birthday = `${1940 + Math.floor(chance() * 65)}-0${1 + Math.floor(chance() * 9)}-${10 + Math.floor(chance() * 18)}`;
      const traits = { ...shared, first_name: pick(firsts), ...(chance() < 0.7 ? { birthday } : {}) };
      people.push(person(id, traits));
      if (chance() >= 0.1) continue;
      const slip = { ...traits, first_name: `${traits.first_name}e`, 'address.postal_code': '99999' };
      people.push(person(`${id}.again`, chance() < 0.5 ? slip : { ...traits, last_name: `${shared.last_name}s` }));
      twice.add([id, `${id}.again`].sort().join());
    }
  }
  return { people, twice };
}
