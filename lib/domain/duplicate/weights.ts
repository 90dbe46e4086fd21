import { type Field, fields, levelOf, levels, type Pattern } from './agreement.ts';

/** How often a level is met, as parts of one: among pairs that are one person, that live or work together, and all others. */
export interface FieldWeights {
  readonly same: readonly number[];
  readonly together: readonly number[];
  readonly others: readonly number[];
}

/**
 * What agreement is worth. Fellegi and Sunter (1969) know two kinds of pairs; a third stands for people of one household
 * or company, who share a last name, an address or a number and are two (mixtures of more than two kinds: Larsen and
 * Rubin 2001).
 */
export interface Weights {
  /** Parts of all pairs. The rest are strangers. */
  readonly share: { readonly same: number; readonly together: number };
  readonly fields: Readonly<Record<Field, FieldWeights>>;
}

/** Fields that people of one household or company share; in all others they are as strangers are. */
export const sharedTogether: ReadonlySet<Field> = new Set(['last_name', 'phone', 'address', 'company']);

const apart = (same: readonly number[], others: readonly number[]): FieldWeights => ({
  same,
  together: others,
  others,
});

/**
 * What holds until there is an estimate: for about 20,000 people, of whom one in ten has another record. Strangers: so
 * many names, birthdays, numbers and towns there are in a European country; the rest are round numbers on the careful side.
 */
export const defaultWeights: Weights = {
  share: { same: 1e-5, together: 2e-5 },
  fields: {
    last_name: {
      same: [0.9, 0.05, 0.02, 0.03],
      together: [0.8, 0.05, 0.000002, 0.149998],
      others: [0.001, 0.004, 0.000002, 0.994998],
    },
    first_name: apart([0.8, 0.12, 0.03, 0.05], [0.008, 0.012, 0.01, 0.97]),
    birthday: apart([0.85, 0.1, 0.05], [0.00004, 0.001, 0.99896]),
    email: apart([0.5, 0.15, 0.35], [0.00002, 0.0002, 0.99978]),
    phone: { same: [0.6, 0.05, 0.35], together: [0.4, 0.02, 0.58], others: [0.00001, 0.0001, 0.99989] },
    address: {
      same: [0.47, 0.12, 0.02, 0.15, 0.1, 0.14],
      together: [0.81, 0.08, 0.01, 0.05, 0.03, 0.02],
      others: [0.00001, 0.00001, 0.001, 0.0005, 0.02, 0.97848],
    },
    company: { same: [0.7, 0.1, 0.2], together: [0.6, 0.05, 0.35], others: [0.002, 0.003, 0.995] },
    number: apart([0.9, 0.06, 0.04], [0.000001, 0.00005, 0.999949]),
  },
};

/** One thing that speaks for two people being one, or against it (negative), in bits: one bit doubles the odds. */
export interface Reason {
  /** `together`: so much is taken away because they may as well share a household or a company. */
  readonly about: Field | 'together';
  readonly agreement: string;
  readonly bits: number;
}

/** How alike two people are. */
export interface Likeness {
  /** The probability that they are one, 0 to 1. */
  readonly score: number;
  /** The match weight: log2 of the odds. */
  readonly bits: number;
  /** In the order of fields. With the odds of any two people they add up to `bits`. */
  readonly reasons: readonly Reason[];
}

/** Bits; less than that is not named as a reason. */
const WORTH_SAYING = 0.1;

/** What a pattern is worth. */
export function likenessOf(pattern: Pattern, weights: Weights): Likeness {
  const { same, together } = weights.share;
  const strangers = 1 - same - together;
  const reasons: Reason[] = [];
  let bits = Math.log2(same / strangers);
  let besides = Math.log2(together / strangers);
  for (const [at, field] of fields.entries()) {
    const level = levelOf(pattern, at);
    if (level === undefined) continue;
    const of = weights.fields[field];
    const worth = Math.log2((of.same[level] ?? 0) / (of.others[level] ?? 0));
    besides += Math.log2((of.together[level] ?? 0) / (of.others[level] ?? 0));
    bits += worth;
    reasons.push({ about: field, agreement: levels[field][level] ?? '', bits: rounded(worth) });
  }
  const less = -Math.log2(1 + 2 ** besides);
  bits += less;
  if (less < -WORTH_SAYING) reasons.push({ about: 'together', agreement: 'likely', bits: rounded(less) });
  return { score: Math.round(1_000_000 / (1 + 2 ** -bits)) / 1_000_000, bits: rounded(bits), reasons };
}

/** A hundredth of a bit. */
function rounded(bits: number): number {
  return Math.round(bits * 100) / 100 + 0;
}
