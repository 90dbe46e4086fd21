import type { Registry } from '../../connectors/define.ts';
import { checkDefinitions, withSimulators } from '../../domain/check-definitions.ts';
import { type Declared, type DeployChange, declaredChanges, declaredIn } from '../../domain/declared.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { JOB_KEPT_MS, newJobId } from '../jobs/job.ts';
import type { Job } from '../jobs/jobs.ts';
import type { Archive, Clock, Queue, StateStore } from '../ports.ts';
import { composePlan, type Plan, type PlanAbout } from './compose-plan.ts';
import { definitionsKey, loadDefinitions, readPointer } from './definitions.ts';
import { readRecounts } from './recount.ts';
import { readParts, readScan, type Scan, type ScanPart, startScan } from './scan.ts';

export interface PlanDeps {
  readonly state: StateStore;
  readonly archive: Archive;
  readonly recompute: Queue;
  readonly clock: Clock;
  /** What the deployed template was synthesised from. Undefined when it is too much to be told in full. */
  readonly deployed: (candidate: Declared) => Declared | undefined;
  /** Batch sizes of destinations, for the calls of a push. */
  readonly connectors: Registry;
}

/** A job that scans everybody: a plan, or the way to other definitions. */
export interface ScanJob extends Job {
  readonly what: 'plan' | 'apply';
  /** `waiting`: for workers that hold the former definitions to end. */
  readonly phase: 'waiting' | 'scanning' | 'finished' | 'overtaken';
  readonly done: number;
  readonly of: number;
  readonly people: number;
  readonly plan?: Plan;
}

/** Above that many people a plan looks at a random sample. */
const WHOLE_UP_TO = 200_000;
const SAMPLE = 50_000;
const PARTS = 8;

/**
 * Begins a plan: the document is checked and kept, then everybody (or a sample, when the latest recount says that they
 * are many) is decided by both definitions. Throws what `checkDefinitions` throws.
 */
export async function startPlan(deps: PlanDeps, document: JsonObject, whole: boolean): Promise<ScanJob> {
  const pointer = await readPointer(deps.state);
  const published = pointer === undefined ? undefined : await loadDefinitions(deps.archive, pointer.version);
  const candidate = checkDefinitions(withSimulators(document, published));
  if (published !== undefined && published.workspace !== candidate.workspace) {
    const message = `this deployment runs the workspace ${published.workspace}, and the plan is of ${candidate.workspace}`;
    throw new TributaryError('config', 'definitions/other-workspace', message);
  }
  await deps.archive.putJson(definitionsKey(candidate.version), candidate as unknown as Json);
  const now = deps.clock.now().getTime();
  const startedAt = formatInstant(now);
  const id = newJobId('plan', deps.clock);
  const population = (await readRecounts(deps.state, 1))[0]?.people ?? 0;
  const about: PlanAbout = {
    base: pointer ?? null,
    candidate: candidate.version,
    deploy: deployChanges(deps, candidate),
    population,
  };
  const body = { what: 'plan', startedAt, about } as unknown as JsonObject;
  await deps.state.put('job', id, body, 0, { expiresAt: now + JOB_KEPT_MS });
  if (pointer !== undefined) {
    const preview = { base: pointer.version, candidate: candidate.version, at: now };
    const scan: Scan = { id, what: 'plan', ...partsFor(population, whole), startedAt, about: preview };
    await startScan(deps, scan);
  }
  return { id, what: 'plan', state: 'running', startedAt, phase: 'scanning', done: 0, of: 0, people: 0, parts: [] };
}

/** What of a candidate is not deployed. */
export function deployChanges(deps: Pick<PlanDeps, 'deployed'>, candidate: Definitions): readonly DeployChange[] {
  const wanted = declaredIn(candidate);
  const deployed = deps.deployed(wanted);
  if (deployed !== undefined) return declaredChanges(deployed, wanted);
  return [{ resource: 'connections, schedules and secrets', change: 'edited', deployed: null, wanted: null }];
}

/** A part of the table is a random part of the people, because ids are hashes: a sample is fewer parts. */
export function partsFor(population: number, whole: boolean): { readonly parts: number; readonly of: number } {
  if (whole || population <= WHOLE_UP_TO) return { parts: PARTS, of: PARTS };
  return { parts: PARTS, of: Math.floor((population / SAMPLE) * PARTS) };
}

/** How a plan stands; with the plan itself when everybody has been counted. Undefined when it is no plan's job. */
export async function readPlanJob(deps: PlanDeps, id: string): Promise<ScanJob | undefined> {
  const job = await deps.state.get('job', id);
  if (job === undefined || job.body.what !== 'plan') return undefined;
  const scan = await readScan(deps.state, id);
  const parts = scan === undefined ? [] : await readParts(deps.state, scan);
  const startedAt = String(job.body.startedAt);
  const about = job.body.about as unknown as PlanAbout;
  const standing = standingOf(parts);
  const done = { id, what: 'plan', startedAt, ...standing } as const;
  if (standing.done < standing.of) return { ...done, state: 'running', phase: 'scanning' };
  const plan = await composePlan(deps, about, startedAt, scan, parts);
  await deps.archive.putJson(planKey(plan.hash), plan as unknown as Json);
  return { ...done, state: 'finished', phase: 'finished', plan };
}

/** Progress of a scan as a job tells it. */
export function standingOf(parts: readonly ScanPart[]) {
  return {
    done: parts.filter(({ done }) => done).length,
    of: parts.length,
    people: parts.reduce((sum, { people }) => sum + people, 0),
    parts: parts.map(({ part, done, people, readUnits }) => ({
      part,
      state: done ? 'finished' : 'running',
      people,
      readUnits,
    })),
  };
}

/** A kept plan by its hash. Throws `api/no-such-plan`. */
export async function readPlan(archive: Archive, hash: string): Promise<Plan> {
  const plan = /^[0-9a-f]{16}$/.test(hash) ? await archive.getJson(planKey(hash)) : undefined;
  if (plan !== undefined) return plan as unknown as Plan;
  throw new TributaryError('rejected', 'api/no-such-plan', 'no plan has that hash; make one with: tributary plan');
}

function planKey(hash: string): string {
  return `plans/definitions/${hash}.json.gz`;
}
