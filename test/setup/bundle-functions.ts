import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type BundleDirs, bundleFunctions, dirsOf } from '../../lib/infra/bundle.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly bundles: BundleDirs;
  }
}

const outdir = mkdtempSync(join(tmpdir(), 'tributary-bundles-'));

/** Bundles the functions once for all stages of a run. Vitest calls it before the first file. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('bundles', dirsOf(await bundleFunctions({ outdir })));
}

/** Vitest calls it after the last file. */
export function teardown(): void {
  rmSync(outdir, { recursive: true, force: true });
}
