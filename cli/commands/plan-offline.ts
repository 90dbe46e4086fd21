import { createHash } from 'node:crypto';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { canonicalText } from '../../lib/domain/canonical.ts';
import { changesBetween, type DefinitionChange } from '../../lib/domain/compare-definitions.ts';
import { compileDefinitions } from '../../lib/domain/decide.ts';
import { declaredChanges, declaredIn } from '../../lib/domain/declared.ts';
import { formatInstant } from '../../lib/domain/instant.ts';
import { emptyPreview, type Preview } from '../../lib/domain/preview.ts';
import { type OfflinePreview, openOfflineComparison } from '../../lib/domain/preview-offline.ts';
import { planOf } from '../../lib/pipeline/define/compose-plan.ts';
import { loadRegions } from '../../lib/pipeline/define/regions.ts';
import { readChanges } from '../changes.ts';
import type { ExitStatus } from '../failure.ts';
import { readNow } from '../now.ts';
import { printJson, type Terminal } from '../terminal.ts';
import { type OfflinePlan, printPlan, readFolder } from './plan.ts';

export interface OfflineOptions {
  /** The workspace to compare with, such as the main branch's. */
  readonly against: string;
  /** Changes to make people of, as `resolve` reads them. Absent: nobody is counted. */
  readonly changes?: string;
  readonly now?: string;
}

const ANEW = 'counted as if all of the file came anew; published, only records that change are decided anew';

/** `tributary plan DIR --against DIR`: what a workspace changes in another one, without a stage. */
export async function runOfflinePlan(terminal: Terminal, dir: string, options: OfflineOptions): Promise<ExitStatus> {
  const now = readNow(options.now);
  const [candidate, base] = [await readFolder(terminal, dir), await readFolder(terminal, options.against)];
  if (candidate === undefined || base === undefined) return 1;
  const [before, after] = [base.definitions, candidate.definitions];
  const regions = await loadRegions();
  const comparison = openOfflineComparison(
    compileDefinitions(before, { regions }),
    compileDefinitions(after, { regions }),
  );
  let status: ExitStatus = 0;
  let found: OfflinePreview = { preview: emptyPreview(), identity: { joined: 0, parted: 0 } };
  const differing = changesBetween(before, after);
  let counts: Pick<OfflinePlan, 'definitions' | 'audiences'> = { definitions: differing, audiences: [] };
  if (options.changes !== undefined) {
    status = await readChanges(terminal, options.changes, (change) => comparison.add(change));
    found = comparison.previewAt(now);
    const { preview } = found;
    const compared = { base: before, candidate: after, preview, of: preview.people, sampled: false };
    const changes = [...differing, ...followingIdentity(differing, preview)];
    const { definitions, audiences } = planOf(compared, await loadConnectors(registry), changes);
    counts = {
      definitions: definitions.map((one) => (one.kind === 'identity' ? { ...one, note: ANEW } : one)),
      audiences,
    };
  }
  const { preview, identity } = found;
  const plan: OfflinePlan = {
    hash: createHash('sha256')
      .update(canonicalText({ candidate: after.version, against: before.version }))
      .digest('hex')
      .slice(0, 16),
    workspace: after.workspace,
    madeAt: formatInstant(now),
    deploy: declaredChanges(declaredIn(before), declaredIn(after)),
    ...counts,
    counted: { how: 'changes', people: preview.people, of: preview.people },
    identity,
  };
  if (terminal.json) printJson(terminal, plan);
  else printPlan(terminal, plan);
  return status;
}

/** Segments whose conditions are as they were, and whose people move because others are one person. */
function followingIdentity(changes: readonly DefinitionChange[], { segments }: Preview): DefinitionChange[] {
  const known = new Set(changes.filter(({ kind }) => kind === 'segment').map(({ id }) => id));
  return Object.entries(segments).flatMap(([id, { entering, leaving }]) =>
    known.has(id) || entering + leaving === 0
      ? []
      : [{ kind: 'segment', id, change: 'follows', follows: ['identity'] }],
  );
}
