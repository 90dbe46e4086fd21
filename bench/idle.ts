import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DUE_SHARDS } from '../lib/adapters/dynamodb/profile-items.ts';
import { synthesise, type TemplateResource } from '../lib/infra/synthesise.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { acmeDefinitions } from './resolve-worker.ts';

const MINUTES = 730 * 60;
/** Lambda keeps five long polls of twenty seconds open at an idle queue ("Scaling and processing" in its guide). */
const POLLS = (5 * MINUTES * 60) / 20;
/** Half a unit for each shard of this hour's and the last hour's index. */
const SWEEP_READS = MINUTES * DUE_SHARDS * 2 * 0.5;
/** A sweep that finds nobody, generously. */
const SWEEP_GIGABYTE_SECONDS = MINUTES * 0.25 * 0.5;

/** What one costs, in dollars: AWS's public prices of us-east-1 in November 2026. */
const prices = {
  'secrets, a month each': 0.4,
  'alarms, a month each': 0.1,
  'dashboards, a month each': 3,
  'empty polls of queues': 0.4 / 1_000_000,
  'schedules that fire': 1 / 1_000_000,
  'calls of functions': 0.2 / 1_000_000,
  'gigabyte-seconds of functions': 0.000_013_333_4,
  'read units of the sweep': 0.125 / 1_000_000,
} as const;

type Priced = keyof typeof prices;

/** What every account has for nothing each month, for all that runs in it together. */
const free: Partial<Readonly<Record<Priced, number>>> = {
  'alarms, a month each': 10,
  'dashboards, a month each': 3,
  'empty polls of queues': 1_000_000,
  'schedules that fire': 14_000_000,
  'calls of functions': 1_000_000,
  'gigabyte-seconds of functions': 400_000,
};

/** What an account pays in a month in which nothing happens, from the template of examples/acme. */
export async function* bench({ note }: BenchOptions): AsyncIterable<Measurement> {
  note('idle: the template of examples/acme');
  const outdir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    const workspace = await acmeDefinitions();
    const { template } = await synthesise({ workspace, outdir });
    const resources = Object.values(template.Resources);
    const connections = Object.keys(workspace.connections).length;
    const counts = countsOf(resources, connections);
    let [total, left] = [0, 0];
    for (const what of Object.keys(counts) as Priced[]) {
      const dollars = counts[what] * prices[what];
      total += dollars;
      left += Math.max(0, counts[what] - (free[what] ?? 0)) * prices[what];
      yield {
        job: 'idle',
        metric: 'of them in a month',
        value: Math.round(counts[what]),
        unit: 'of them',
        of: { what },
      };
      yield { job: 'idle', metric: 'dollars a month', value: rounded(dollars), unit: 'dollars', of: { what } };
    }
    const all = { job: 'idle', metric: 'dollars of an idle month', value: rounded(total), unit: 'dollars' };
    yield { ...all, target: { most: 10 }, of: { workspace: 'examples/acme' } };
    const metric = 'dollars of an idle month, less what is free';
    yield { ...all, metric, value: rounded(left), of: { workspace: 'examples/acme' } };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

function countsOf(resources: readonly TemplateResource[], connections: number): Readonly<Record<Priced, number>> {
  const many = (type: string): number => resources.filter(({ Type }) => Type === type).length;
  return {
    // Those of the connections are made by hand, one each.
    'secrets, a month each': many('AWS::SecretsManager::Secret') + connections,
    'alarms, a month each': many('AWS::CloudWatch::Alarm'),
    'dashboards, a month each': many('AWS::CloudWatch::Dashboard'),
    'empty polls of queues': many('AWS::Lambda::EventSourceMapping') * POLLS,
    'schedules that fire': MINUTES,
    'calls of functions': MINUTES,
    'gigabyte-seconds of functions': SWEEP_GIGABYTE_SECONDS,
    'read units of the sweep': SWEEP_READS,
  };
}
