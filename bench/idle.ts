import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { DUE_SHARDS } from '../lib/adapters/dynamodb/profile-items.ts';
import { costOf, type Inventory } from '../lib/domain/cost/cost.ts';
import type { Definitions } from '../lib/domain/definitions.ts';
import { synthesise } from '../lib/infra/synthesise.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { acmeDefinitions } from './resolve-worker.ts';

/** What an account pays in a month in which nothing happens, from the template of examples/acme. */
export async function* bench({ note }: BenchOptions): AsyncIterable<Measurement> {
  note('idle: the template of examples/acme');
  const workspace = await acmeDefinitions();
  const { idle } = costOf(await inventoryOf(workspace), Object.keys(workspace.connections).length, DUE_SHARDS);
  for (const { what, quantity, dollars } of idle.lines) {
    const value = Math.round(quantity);
    yield { job: 'idle', metric: 'of them in a month', value, unit: 'of them', of: { what } };
    yield { job: 'idle', metric: 'dollars a month', value: rounded(dollars), unit: 'dollars', of: { what } };
  }
  const all = { job: 'idle', metric: 'dollars of an idle month', value: rounded(idle.dollars), unit: 'dollars' };
  yield { ...all, target: { most: 10 }, of: { workspace: 'examples/acme' } };
  const metric = 'dollars of an idle month, less what is free';
  yield { ...all, metric, value: rounded(idle.lessFree), of: { workspace: 'examples/acme' } };
}

/** What the template of a workspace holds that is paid for by the month. */
export async function inventoryOf(workspace: Definitions): Promise<Inventory> {
  const outdir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    const { template } = await synthesise({ workspace, outdir });
    const [inventory] = Object.values(template.Resources).flatMap(({ Properties }) => inventoryIn(Properties));
    if (inventory === undefined) throw new Error('no function knows what is deployed');
    return inventory;
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/** The variable by which the api function knows what is paid for by the month. */
function inventoryIn(properties: unknown): Inventory[] {
  const told = variables.safeParse(properties);
  return told.success ? [JSON.parse(told.data.Environment.Variables.INVENTORY) as Inventory] : [];
}

const variables = z.object({ Environment: z.object({ Variables: z.object({ INVENTORY: z.string() }) }) });
