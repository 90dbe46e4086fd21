import { inject } from 'vitest';
import type { BundleDirs } from '../../lib/infra/bundle.ts';

/** The functions as bundled for this run, the way `synthesise` and the stage are told of them. */
export async function bundledOnce(): Promise<BundleDirs> {
  return inject('bundles');
}
