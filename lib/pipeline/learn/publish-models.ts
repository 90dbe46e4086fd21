import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import type { Models } from '../../domain/learned/model.ts';
import { type ScanWork, startScan } from '../define/scan.ts';
import { afterEveryWriter, decideAgain, SCAN_DELAY_SECONDS } from '../define/switch-definitions.ts';
import type { Archive, Clock, Queue, StateStore } from '../ports.ts';
import type { Resolved, ResolveOptions, Work } from '../resolve/resolve-profile.ts';
import { modelsKey, moveModelsPointer, readModelsPointer, scoreScanId } from './models.ts';

/** Parts in which everybody is scored. */
const SCAN_PARTS = 8;

export interface PublishModelsDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'putJson'>;
  readonly recompute: Queue;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Publishes models: the document, then a scan to come that scores everybody, then the pointer; in that order for the reasons of
 * `publishDefinitions`. Models as of an earlier instant never take the place of later ones. Returns whether these hold now.
 */
export async function publishModels(deps: PublishModelsDeps, models: Models): Promise<boolean> {
  for (;;) {
    const current = await readModelsPointer(deps.state);
    if (current?.version === models.version) return true;
    if (current !== undefined && current.asOf >= models.asOf) return false;
    await deps.archive.putJson(modelsKey(models.version), models as unknown as Json);
    const moves = current?.moves ?? 0;
    const scan = {
      id: scoreScanId(models.version, moves),
      what: 'score',
      parts: SCAN_PARTS,
      of: SCAN_PARTS,
      startedAt: formatInstant(deps.clock.now().getTime()),
      about: { version: models.version, moves },
    };
    await startScan(deps, scan, SCAN_DELAY_SECONDS);
    if (await moveModelsPointer(deps, models, current)) return true;
  }
}

/** The scan after that: decides everybody again. Whose segments stay the same is not written. */
export function scoreWork(
  deps: Pick<PublishModelsDeps, 'state' | 'clock'>,
  resolve: (batch: readonly Work[], options: ResolveOptions) => Promise<Resolved>,
): ScanWork {
  return {
    async readiness({ about }) {
      const pointer = await readModelsPointer(deps.state);
      const holds = pointer?.version === about.version && pointer?.moves === Number(about.moves) + 1;
      return holds ? afterEveryWriter(deps.clock, pointer.at) : { outdated: 'other models are published' };
    },
    people: (_scan, people, found) => decideAgain(resolve, people, {}, found),
  };
}
