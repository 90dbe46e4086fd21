import type { Definitions } from '../../domain/definitions.ts';
import { scoreWork } from '../learn/publish-models.ts';
import { sampleWork } from '../learn/sample-people.ts';
import { thenEstimate, weightsWork } from '../resolve/duplicate-weights.ts';
import type { Resolved, ResolveOptions, Work } from '../resolve/resolve-profile.ts';
import type { WorkDeps } from '../resolve/work.ts';
import { startNightly } from '../review/start-review.ts';
import { previewWork } from './preview-people.ts';
import { type RecountDeps, recountWork } from './recount.ts';
import { type ScanDeps, workScan } from './scan.ts';
import { switchWork } from './switch-definitions.ts';

type PreviewDeps = Parameters<typeof previewWork>[0] & Parameters<typeof sampleWork>[0];
type WeightsDeps = Parameters<typeof weightsWork>[0];

/** Every kind of work that walks over everybody, as the messages of the recompute queue ask for it. */
export function walkEverybody(
  deps: ScanDeps & PreviewDeps & RecountDeps & WeightsDeps & { readonly definitions: () => Promise<Definitions> },
  resolve: (batch: readonly Work[], options: ResolveOptions) => Promise<Resolved>,
): Pick<WorkDeps, 'scan' | 'recount'> {
  const works = {
    switch: switchWork(deps, resolve),
    plan: previewWork(deps),
    recount: thenEstimate(deps, recountWork(deps)),
    learn: sampleWork(deps),
    score: scoreWork(deps, resolve),
    weights: weightsWork(deps),
  };
  return { scan: workScan(deps, works), recount: (scheduledAt) => startNightly(deps, scheduledAt) };
}
