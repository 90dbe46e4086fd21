import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SynthesiseOptions } from '../infra/synthesise.ts';

/** What synthesis leaves: a template, and where the code of each function lies, by logical id. */
export interface Assembly {
  readonly template: object;
  readonly codeDirs: Readonly<Record<string, string>>;
}

/** A workspace to synthesise, or an assembly that has been already. */
export type AssembledFrom = Pick<SynthesiseOptions, 'workspace' | 'bundle'> | { readonly assembly: Assembly };

/** The assembly to run. What is written for it is taken away by the step added to `ending`. */
export async function assemblyOf(from: AssembledFrom, ending: (() => void)[]): Promise<Assembly> {
  if ('assembly' in from) return from.assembly;
  const outdir = mkdtempSync(join(tmpdir(), 'tributary-assembly-'));
  ending.push(() => rmSync(outdir, { recursive: true, force: true }));
  // The CDK takes seconds to load, and a stage of a ready assembly does without it.
  const { synthesise } = await import('../infra/synthesise.ts');
  return await synthesise({ ...from, outdir });
}
