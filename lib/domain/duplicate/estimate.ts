import { byField, type Field, fields, levelOf, levels, type Pattern } from './agreement.ts';
import type { Comparable } from './comparable.ts';
import { type Tally, tallyAmong } from './tally.ts';
import { defaultWeights, type FieldWeights, sharedTogether, type Weights } from './weights.ts';

/** Estimated weights and what they rest on. */
export interface Estimate {
  readonly weights: Weights;
  /** Pairs that share a block and are one person, as expected under the weights. */
  readonly matches: number;
  readonly rounds: number;
  /** Log posterior after each round: never falls. */
  readonly course: readonly number[];
}

/** Of fewer people nothing is estimated: the odds of two of them being one would be made of the prior alone. */
export const fewestPeople = 1_000;

/** As many pairs of each kind as the defaults count for: few duplicates move the weights little. */
const PRIOR_PAIRS = 20;
/** As many sampled strangers as the defaults count for. */
const PRIOR_STRANGERS = 1_000;
const MOST_ROUNDS = 300;
const STILL = 1e-10;

/** Weights of some people, estimated from themselves where they are enough for it; the defaults where not. */
export function weightsAmong(people: readonly Comparable[]): Weights {
  return people.length < fewestPeople ? defaultWeights : estimateWeights(tallyAmong(people)).weights;
}

type Kind = 'same' | 'together' | 'others';
const kinds: readonly Kind[] = ['same', 'together', 'others'];

/**
 * Estimates weights by expectation maximisation (Dempster, Laird and Rubin 1977) over a stratified sample of all pairs:
 * those that share a block as they are, the others weighted up to how many there are. Who shares no block counts as two.
 * Defaults are the prior (Dirichlet), so that no probability is ever nought. Pure and deterministic.
 */
export function estimateWeights(tally: Tally, start: Weights = defaultWeights): Estimate {
  const met = Object.entries(tally.met)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const metPairs = met.reduce((sum, [, count]) => sum + count, 0);
  const unmet = Math.max(0, tally.pairs - metPairs);
  const scale = tally.strangers.pairs === 0 ? 0 : unmet / tally.strangers.pairs;
  const course: number[] = [];
  let weights = start;
  let matches = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const counts = openCounts(tally, scale);
    let likelihood = unmet * logStrangers(weights) + logOthers(tally, weights, scale);
    const kept = { same: 0, together: 0 };
    for (const [pattern, count] of met) {
      const parts = partsOf(pattern, weights);
      const whole = parts.same + parts.together + parts.others;
      likelihood += count * Math.log(whole);
      for (const kind of kinds) addPattern(counts, kind, pattern, (count * parts[kind]) / whole);
      kept.same += (count * parts.same) / whole;
      kept.together += (count * parts.together) / whole;
    }
    course.push(likelihood + logPrior(weights, scale));
    matches = kept.same;
    const before = course.at(-2);
    if (before !== undefined && Math.abs((course.at(-1) ?? 0) - before) < STILL * Math.abs(before)) break;
    weights = maximise(counts, kept, metPairs + unmet);
  }
  return { weights, matches, rounds: course.length, course };
}

type Counts = Record<Field, Record<Kind, number[]>>;

/** The prior, and the sampled strangers. */
function openCounts({ strangers }: Tally, scale: number): Counts {
  return byField((field) => {
    const of = defaultWeights.fields[field];
    const sampled = strangers.levels[field];
    return {
      same: of.same.map((part) => PRIOR_PAIRS * part),
      together: of.together.map((part) => PRIOR_PAIRS * part),
      others: of.others.map((part, at) => (sampled[at] ?? 0) * scale + priorStrangers(scale) * part),
    };
  });
}

function priorStrangers(scale: number): number {
  return PRIOR_STRANGERS * Math.max(scale, 1);
}

/** Who is together is as strangers are in what they do not share, so that their pairs count for strangers there. */
function addPattern(counts: Counts, kind: Kind, pattern: Pattern, weight: number): void {
  for (const [at, field] of fields.entries()) {
    const level = levelOf(pattern, at);
    if (level === undefined) continue;
    const list = counts[field][kind === 'together' && !sharedTogether.has(field) ? 'others' : kind];
    list[level] = (list[level] ?? 0) + weight;
  }
}

function maximise(counts: Counts, kept: { same: number; together: number }, pairs: number): Weights {
  return {
    share: { same: (kept.same + 1) / (pairs + 3), together: (kept.together + 1) / (pairs + 3) },
    fields: byField((field): FieldWeights => {
      const { same, together, others } = counts[field];
      const strange = asParts(others);
      return {
        same: asParts(same),
        together: sharedTogether.has(field) ? asParts(together) : strange,
        others: strange,
      };
    }),
  };
}

function partsOf(pattern: Pattern, weights: Weights): Record<Kind, number> {
  const parts = { ...weights.share, others: strangersOf(weights) };
  for (const [at, field] of fields.entries()) {
    const level = levelOf(pattern, at);
    if (level === undefined) continue;
    for (const kind of kinds) parts[kind] *= weights.fields[field][kind][level] ?? 0;
  }
  return parts;
}

function logOthers({ strangers }: Tally, weights: Weights, scale: number): number {
  let sum = 0;
  for (const field of fields) {
    for (const [at, count] of strangers.levels[field].entries()) {
      if (count > 0) sum += count * scale * Math.log(weights.fields[field].others[at] ?? 0);
    }
  }
  return sum;
}

function logPrior({ share, fields: of }: Weights, scale: number): number {
  let sum = Math.log(share.same) + Math.log(share.together) + logStrangers({ share });
  for (const field of fields) {
    const prior = defaultWeights.fields[field];
    for (const at of levels[field].keys()) {
      sum += PRIOR_PAIRS * (prior.same[at] ?? 0) * Math.log(of[field].same[at] ?? 0);
      sum += priorStrangers(scale) * (prior.others[at] ?? 0) * Math.log(of[field].others[at] ?? 0);
      if (!sharedTogether.has(field)) continue;
      sum += PRIOR_PAIRS * (prior.together[at] ?? 0) * Math.log(of[field].together[at] ?? 0);
    }
  }
  return sum;
}

/** Exact where nearly all pairs are strangers, as they are. */
function logStrangers({ share: { same, together } }: Pick<Weights, 'share'>): number {
  return Math.log1p(-same - together);
}

function strangersOf({ share: { same, together } }: Pick<Weights, 'share'>): number {
  return 1 - same - together;
}

function asParts(counts: readonly number[]): readonly number[] {
  const sum = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => count / sum);
}
