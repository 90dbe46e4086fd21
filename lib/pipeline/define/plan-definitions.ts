import { createHash } from 'node:crypto';
import type { AnyConnector } from '../../connectors/define.ts';
import { canonicalText } from '../../domain/canonical.ts';
import { checkDefinitions, withSimulators } from '../../domain/check-definitions.ts';
import { changesBetween, type DefinitionChange, leavesList } from '../../domain/compare-definitions.ts';
import { type Declared, type DeployChange, declaredChanges, declaredIn } from '../../domain/declared.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { addPreviews, type Estimate, estimate, type Preview } from '../../domain/preview.ts';
import { JOB_KEPT_MS, newJobId } from '../jobs/job.ts';
import type { Job } from '../jobs/jobs.ts';
import type { Archive, Clock, Queue, StateStore } from '../ports.ts';
import { definitionsKey, loadDefinitions, type Pointer, readPointer } from './definitions.ts';
import { isSample, readPreview } from './preview-people.ts';
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
  readonly connectors: Readonly<Record<string, AnyConnector>>;
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

/** One definition that differs, with whom it moves. */
export interface PlannedDefinition extends DefinitionChange {
  readonly entering?: number;
  readonly leaving?: number;
  readonly staying?: number;
  /** In words → how many of those who move. */
  readonly reasons?: Readonly<Record<string, number>>;
  /** With a sample: the ends of the 95 % interval of each count. */
  readonly intervals?: Readonly<Record<string, Estimate>>;
  /** People who stay on the tool's list of an audience that is removed or bound to another list. */
  readonly left?: number;
  readonly note?: string;
}

export interface PlannedAudience {
  readonly id: string;
  readonly add: number;
  readonly remove: number;
  readonly unchanged: number;
  readonly blocked: Readonly<Record<string, number>>;
  /** The fewest calls that the destination's batch size allows. */
  readonly calls: number;
}

/** What publishing a workspace would change. The hash names both definitions and the state of what is published. */
export interface Plan {
  readonly hash: string;
  readonly workspace: string;
  readonly candidate: string;
  /** What it was compared with; null = nothing was published. */
  readonly base: Pointer | null;
  readonly madeAt: string;
  readonly deploy: readonly DeployChange[];
  readonly definitions: readonly PlannedDefinition[];
  readonly audiences: readonly PlannedAudience[];
  /** Whether everybody was counted, or a random sample. */
  readonly counted: { readonly how: 'everybody' | 'sample'; readonly people: number; readonly of: number };
  /** Whether stored activities must be read to fill what segments newly ask for, and how many there are. */
  readonly history: { readonly needed: boolean } & Preview['history'];
  /** What applying takes, in units of DynamoDB: everybody is read and written once. */
  readonly cost: { readonly reads: number; readonly writes: number; readonly activities: number };
}

interface PlanAbout {
  readonly base: Pointer | null;
  readonly candidate: string;
  readonly deploy: readonly DeployChange[];
  readonly population: number;
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

async function composePlan(
  deps: PlanDeps,
  about: PlanAbout,
  madeAt: string,
  scan: Scan | undefined,
  parts: readonly ScanPart[],
): Promise<Plan> {
  const candidate = await loadDefinitions(deps.archive, about.candidate);
  const base = about.base === null ? undefined : await loadDefinitions(deps.archive, about.base.version);
  const preview = addPreviews(parts.map(({ found }) => readPreview(found)));
  const sampled = scan !== undefined && isSample(scan);
  const of = sampled ? Math.max(about.population, preview.people) : preview.people;
  const scaled = (found: number): number => (sampled ? estimate(found, preview.people, of).count : found);
  const readUnits = parts.reduce((sum, part) => sum + part.readUnits, 0);
  const changes = changesBetween(base, candidate);
  const identity = { candidate: about.candidate, base: about.base };
  return {
    hash: createHash('sha256').update(canonicalText(identity)).digest('hex').slice(0, 16),
    workspace: candidate.workspace,
    candidate: about.candidate,
    base: about.base,
    madeAt,
    deploy: about.deploy,
    definitions: changes.map((change) => planned(change, { base, candidate, preview, of, sampled })),
    audiences: candidate.audiences.map(({ audience, connection }): PlannedAudience => {
      const found = preview.audiences[audience];
      const [add, remove] = [scaled(found?.add ?? 0), scaled(found?.remove ?? 0)];
      const connector = deps.connectors[candidate.connections[connection]?.connector ?? ''];
      const most = connector?.audiences?.batch.maxMembers ?? 1;
      const blocked = Object.entries(found?.blocked ?? {}).map(([reason, count]) => [reason, scaled(count)]);
      return {
        id: audience,
        add,
        remove,
        unchanged: scaled(found?.unchanged ?? 0),
        blocked: Object.fromEntries(blocked) as Record<string, number>,
        calls: Math.ceil(add / most) + Math.ceil(remove / most),
      };
    }),
    counted: { how: sampled ? 'sample' : 'everybody', people: preview.people, of },
    history: {
      needed: preview.history.people > 0,
      people: scaled(preview.history.people),
      ...scaledHistory(preview, of),
    },
    cost: {
      reads: Math.ceil((readUnits / Math.max(1, preview.people)) * of),
      writes: base?.version === candidate.version ? 0 : of,
      activities: scaledHistory(preview, of).activities,
    },
  };
}

function scaledHistory({ people, history }: Preview, of: number) {
  const factor = people === 0 ? 1 : of / people;
  return {
    fragments: Math.round(history.fragments * factor),
    activities: Math.round(history.activities * factor),
  };
}

interface Planning {
  readonly base: Definitions | undefined;
  readonly candidate: Definitions;
  readonly preview: Preview;
  readonly of: number;
  readonly sampled: boolean;
}

function planned(change: DefinitionChange, planning: Planning): PlannedDefinition {
  if (change.kind === 'segment') return { ...change, ...segmentCounts(change.id, planning) };
  if (change.kind === 'audience') return { ...change, ...leftOn(change.id, planning) };
  const note = NOTES[`${change.kind} ${change.id}`] ?? NOTES[change.kind];
  return note === undefined || change.change === 'added' ? change : { ...change, note };
}

/** Changes whose effect on people is not counted say so. */
const NOTES: Readonly<Record<string, string>> = {
  'identity priorities': 'which source wins changes at once, and is counted in segments',
  identity: 'who is one person is decided anew only for records that change from now on; nobody is counted here',
  guardrails: 'holds from the next push on',
  privacy: 'what is stored already expires as it was stored; the archive changes with the next deployment',
  connection: 'holds from the next pull and push on',
};

function segmentCounts(id: string, { preview, of, sampled }: Planning) {
  const found = preview.segments[id] ?? { entering: 0, leaving: 0, staying: 0, reasons: {} };
  const { entering, leaving, staying, reasons } = found;
  if (!sampled) return { entering, leaving, staying, reasons };
  const intervals = {
    entering: estimate(entering, preview.people, of),
    leaving: estimate(leaving, preview.people, of),
    staying: estimate(staying, preview.people, of),
  };
  const scaled = Object.entries(reasons).map(([reason, n]) => [reason, estimate(n, preview.people, of).count]);
  return {
    entering: intervals.entering.count,
    leaving: intervals.leaving.count,
    staying: intervals.staying.count,
    reasons: Object.fromEntries(scaled) as Record<string, number>,
    intervals,
  };
}

function leftOn(id: string, { base, candidate, preview, of, sampled }: Planning) {
  const before = base?.audiences.find(({ audience }) => audience === id);
  const after = candidate.audiences.find(({ audience }) => audience === id);
  if (before === undefined || !leavesList(before, after)) return {};
  const found = preview.audiences[id]?.left ?? 0;
  const left = sampled ? estimate(found, preview.people, of).count : found;
  const note = `people on the present list in ${before.connection} stay there: nobody keeps that list any more`;
  return left === 0 ? { left } : { left, note };
}

function planKey(hash: string): string {
  return `plans/definitions/${hash}.json.gz`;
}
