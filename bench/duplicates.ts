import { weightsAmong } from '../lib/domain/duplicate/estimate.ts';
import { pairsAmong, suggestAmong } from '../lib/domain/duplicate/suggest.ts';
import { defaultWeights, type Weights } from '../lib/domain/duplicate/weights.ts';
import { exactRule, fixedScore } from './duplicate-rules.ts';
import { type FebrlSet, febrlFolder, pairOf, readFebrl } from './febrl.ts';
import { type BenchOptions, costOf, type Measurement, rounded } from './measurement.ts';

/** The threshold of a workspace that says nothing. */
export const THRESHOLD = 0.85;

/** Pairs found, against pairs that are. */
export interface Found {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Duplicates found in FEBRL's people, pair by pair, beside what is picked instead. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  if (febrlFolder === undefined) {
    note('duplicates: FEBRL_DATA names no folder with dataset1.csv to dataset3.csv');
    return;
  }
  for (const set of readFebrl(febrlFolder).slice(0, quick ? 1 : 3)) {
    note(`duplicates: ${set.name}`);
    const people = set.records.map(({ person }) => person);
    let weights = defaultWeights;
    const estimating = await costOf(() => {
      weights = weightsAmong(people);
    });
    const ways: Readonly<Record<string, () => ReadonlySet<string>>> = {
      'estimated weights': () => suggestedIn(set, weights),
      'default weights': () => suggestedIn(set, defaultWeights),
      'fixed score': () => fixedScore(set.records, THRESHOLD),
      'exact rule': () => exactRule(set.records),
    };
    for (const [way, find] of Object.entries(ways)) {
      const { precision, recall, f1 } = judge(find(), set);
      const of = { data: set.name, records: people.length, way };
      const promised = way === 'estimated weights';
      yield line('precision', precision, 'part of 1', of, promised ? { least: 0.999 } : undefined);
      yield line('recall', recall, 'part of 1', of);
      yield line('F1', f1, 'part of 1', of, promised ? { least: 0.99 } : undefined);
    }
    const met = new Set(pairsAmong(people).pairs.map(([a, b]) => pairOf(a.id, b.id)));
    const of = { data: set.name, records: people.length };
    yield line('true pairs that share a block', judge(met, set).recall, 'part of 1', of);
    yield line('pairs compared for each person', met.size / people.length, 'pairs', of);
    yield line('processor time of an estimate', estimating.cpu / 1_000, 'ms', of);
  }
}

/** Pairs that are suggested among the people of a set. */
export function suggestedIn({ records }: FebrlSet, weights: Weights): ReadonlySet<string> {
  const people = records.map(({ person }) => person);
  return new Set(suggestAmong(people, THRESHOLD, weights).suggestions.map(({ people: [a, b] }) => pairOf(a, b)));
}

export function judge(found: ReadonlySet<string>, { truth }: FebrlSet): Found {
  const right = [...found].filter((pair) => truth.has(pair)).length;
  const [precision, recall] = [right / found.size, right / truth.size];
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

function line(
  metric: string,
  value: number,
  unit: string,
  of: Readonly<Record<string, string | number>>,
  target?: NonNullable<Measurement['target']>,
): Measurement {
  const more = target === undefined ? {} : { target };
  return { job: 'duplicates', metric, value: rounded(value), unit, ...more, of };
}
