import type { Json } from '../json.ts';
import { inWords } from './features.ts';
import type { openReadings } from './feeds.ts';
import type { RfmModel } from './model.ts';
import type { Part } from './part.ts';
import type { RfmRule } from './rules.ts';

const DAY_MS = 86_400_000;

/** Cells by the score of recency (from 5 down) and the mean of the other two (1 up to 5). */
const CELLS = [
  ['New', 'Potential loyal', 'Potential loyal', 'Champions', 'Champions'],
  ['New', 'Potential loyal', 'Potential loyal', 'Loyal', 'Champions'],
  ['Promising', 'About to sleep', 'Needs attention', 'Loyal', 'Loyal'],
  ['Hibernating', 'About to sleep', 'At risk', 'At risk', 'At risk'],
  ['Lost', 'Hibernating', 'At risk', 'Cannot lose', 'Cannot lose'],
] as const;

/** The name of a cell of recency, frequency and monetary value, each 1 to 5. */
export function cellOf(recency: number, frequency: number, monetary: number): string {
  const rest = Math.round((frequency + monetary) / 2);
  return CELLS[5 - recency]?.[rest - 1] ?? 'Lost';
}

/** 1, and one more for every cut that a value reaches: equal values have equal scores. */
export function scoreOf(value: number, cuts: readonly number[]): number {
  return 1 + cuts.filter((cut) => value >= cut).length;
}

export function rfmPart(rule: RfmRule, readings: ReturnType<typeof openReadings>): Omit<Part<RfmModel>, 'rule'> {
  const { feed, doneIn } = readings.read(rule.did, rule.value, rule.withinMs);
  const valuesOf: Part['rowOf'] = (entriesOf, asOf) => {
    const done = doneIn(entriesOf, asOf, rule.withinMs);
    const [last] = done;
    if (last === undefined) return undefined;
    const paid = done.map(({ value }) => value).sort((a, b) => a - b);
    const sum = paid.reduce((total, value) => total + value, 0);
    return { values: [-(asOf - last.at) / DAY_MS, done.length, sum] };
  };
  return {
    name: 'rfm',
    lookBackMs: rule.withinMs,
    hears: [feed.key],
    rowOf: valuesOf,
    tell(model, entriesOf, asOf) {
      const row = valuesOf(entriesOf, asOf);
      if (row === undefined) return [];
      const [ago = 0, count = 0, paid = 0] = row.values;
      const [r, f, m] = [scoreOf(ago, model.recency), scoreOf(count, model.frequency), scoreOf(paid, model.monetary)];
      const within = `within ${rule.withinMs / DAY_MS} days`;
      const told: readonly (readonly [string, Json, string])[] = [
        ['recency', r, `the latest ${feed.activity} ${inWords(-ago)} days before`],
        ['frequency', f, `${count} × ${feed.activity} ${within}`],
        ['monetary', m, `${rule.value} ${inWords(paid)} ${within}`],
      ];
      const whole = told.map(([name, score, says]) => `${name} ${score}: ${says}`).join('; ');
      const both: typeof told = [
        ['score', `${r}${f}${m}`, whole],
        ['cell', cellOf(r, f, m), whole],
      ];
      return [...told, ...both].map(([name, value, because]) => [`learned.rfm.${name}`, { value, because }]);
    },
  };
}
