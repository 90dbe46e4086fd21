import { DUE_SHARDS } from '../lib/adapters/dynamodb/profile-items.ts';
import { type CostPart, costOf } from '../lib/domain/cost/cost.ts';
import { prices } from '../lib/domain/cost/prices.ts';
import { boughtInstead, month } from './bought-instead.ts';
import { inventoryOf } from './idle.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { acmeDefinitions } from './resolve-worker.ts';

const GIGABYTE = 2 ** 30;
/** Of one person with all rows that are theirs: a small profile, identifiers, memberships. */
const BYTES_OF_A_PERSON = 6 * 1_024;

/** Dollars at list prices, stage by stage, from what the other benches measured; and what others ask for the same month. */
export async function* bench({ note }: BenchOptions): AsyncIterable<Measurement> {
  note('cost: the template of examples/acme');
  const workspace = await acmeDefinitions();
  const { idle, activities, push } = costOf(
    await inventoryOf(workspace),
    Object.keys(workspace.connections).length,
    DUE_SHARDS,
  );
  yield* ofPart('a million activities', activities);
  yield* ofPart('a night of an audience of a million, of whom 10,000 differ', push);
  const kept = ((month.people * BYTES_OF_A_PERSON) / GIGABYTE) * prices.of['gigabytes in tables, a month each'];
  const parts = {
    'while nothing happens': idle.dollars,
    'ten million activities': (month.activities / activities.of) * activities.dollars,
    'thirty nights of an audience of a million': month.nights * push.dollars,
    'a million people kept': kept,
  };
  for (const [part, dollars] of Object.entries(parts)) yield line('dollars a month', dollars, { part });
  const ours = Object.values(parts).reduce((sum, dollars) => sum + dollars, 0);
  yield line('dollars of the month', ours, { product: 'Tributary, at AWS’s list prices' });
  yield line('times as much', 1, { product: 'Tributary, at AWS’s list prices' }, 'ratio');
  for (const { product, dollars } of boughtInstead) {
    if (dollars === undefined) continue;
    yield line('dollars of the month', dollars, { product });
    yield line('times as much', dollars / ours, { product }, 'ratio');
  }
}

function* ofPart(what: string, { lines, dollars }: CostPart): Iterable<Measurement> {
  for (const { stage, what: spent, quantity, dollars: each } of lines) {
    const of = { for: what, stage, spent_on: spent };
    yield line('of them', quantity, of, 'of them');
    yield line('dollars', each, of);
  }
  const stages = new Map<string, number>();
  for (const { stage, dollars: each } of lines) stages.set(stage, (stages.get(stage) ?? 0) + each);
  for (const [stage, each] of stages) yield line('dollars of a stage', each, { for: what, stage });
  yield line('dollars altogether', dollars, { for: what });
}

function line(metric: string, value: number, of: NonNullable<Measurement['of']>, unit = 'dollars'): Measurement {
  return { job: 'cost', metric, value: rounded(value), unit, of };
}
