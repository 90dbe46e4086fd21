import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { askedBy } from '../jobs/job.ts';
import type { Plan } from './compose-plan.ts';
import { loadDefinitions, readPointer } from './definitions.ts';
import { deployChanges, type PlanDeps, readPlan, type ScanJob, standingOf } from './plan-definitions.ts';
import { readParts, readScan } from './scan.ts';
import { moved, publishDefinitions, readSwitch, SCAN_DELAY_SECONDS, switchScanId } from './switch-definitions.ts';

interface ApplyAbout {
  readonly plan: string;
  readonly to: string;
  /** Moves of the pointer before; null = nothing was published. */
  readonly moves: number | null;
}

const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Applies a plan: publishes its definitions on condition that nothing moved since, and leads to the job that decides
 * everybody by them. Asked again, it goes on where it was. `leave` names audiences whose people may stay on the tool's
 * list. Throws `definitions/moved`, `definitions/deploy-first`, `definitions/people-left`.
 */
export async function startApply(
  deps: PlanDeps,
  hash: string,
  { leave, by }: { readonly leave: readonly string[]; readonly by?: string | undefined },
): Promise<ScanJob> {
  const plan = await readPlan(deps.archive, hash);
  const candidate = await loadDefinitions(deps.archive, plan.candidate);
  const pointer = await readPointer(deps.state);
  const id = `apply.${hash}`;
  const already = pointer?.version === plan.candidate && pointer.moves === (plan.base?.moves ?? 0) + 1;
  if (!already) {
    if (pointer?.moves !== plan.base?.moves) throw moved();
    const missing = deployChanges(deps, candidate);
    if (missing.length > 0) {
      const list = missing.map(({ resource }) => resource).join(', ');
      const message = `deploy first: the deployed template differs from the workspace in ${list}`;
      throw new TributaryError('config', 'definitions/deploy-first', message);
    }
    refuseToForget(plan, leave);
    const now = deps.clock.now().getTime();
    const about: ApplyAbout = { plan: hash, to: plan.candidate, moves: plan.base?.moves ?? null };
    const body = { what: 'apply', startedAt: formatInstant(now), ...askedBy(by), about } as unknown as JsonObject;
    // The job first: once the pointer has moved, whoever asks again is led to it.
    await deps.state.put('job', id, body, 0, { expiresAt: now + KEPT_MS });
    await rememberLeft(deps, plan);
    if (pointer?.version !== plan.candidate)
      await publishDefinitions(deps, candidate, { expected: pointer ?? { version: '', moves: 0 }, by });
  }
  const job = await readApplyJob(deps, id);
  if (job === undefined)
    throw new TributaryError('rejected', 'api/no-such-job', 'the job of this plan is no longer kept');
  return job;
}

/** People who would stay on a list that nobody keeps are never forgotten in silence. */
function refuseToForget(plan: Plan, leave: readonly string[]): void {
  const forgotten = plan.definitions.filter(({ id, left }) => (left ?? 0) > 0 && !leave.includes(id));
  if (forgotten.length === 0) return;
  const list = forgotten.map(({ id, left }) => `${left} on the list of ${id}`).join(', ');
  const message =
    `people would stay on lists that nobody keeps any more: ${list}. To take them off, first apply the audience with a ` +
    'segment that nobody is in, and push it; to leave them there, name it with --leave';
  throw new TributaryError('config', 'definitions/people-left', message);
}

/** Lists that were left with people on them stay on record, with where they are. */
async function rememberLeft(deps: PlanDeps, plan: Plan): Promise<void> {
  if (plan.base === null) return;
  const before = await loadDefinitions(deps.archive, plan.base.version);
  for (const { id, left } of plan.definitions.filter((one) => (one.left ?? 0) > 0)) {
    const audience = before.audiences.find((one) => one.audience === id);
    if (audience === undefined) continue;
    const body = { audience: id, connection: audience.connection, target: audience.target, people: left ?? 0 };
    await deps.state.put('left-list', `${plan.hash}.${id}`, { ...body, plan: plan.hash, madeAt: plan.madeAt }, 0);
  }
}

/** How the way to other definitions stands. Undefined when it is no such job. */
export async function readApplyJob(deps: Pick<PlanDeps, 'state' | 'clock'>, id: string): Promise<ScanJob | undefined> {
  const job = await deps.state.get('job', id);
  if (job === undefined || job.body.what !== 'apply') return undefined;
  const about = job.body.about as unknown as ApplyAbout;
  const startedAt = String(job.body.startedAt);
  const pointer = await readPointer(deps.state);
  const { by } = job.body;
  const base = { id, what: 'apply', startedAt, ...askedBy(typeof by === 'string' ? by : undefined) } as const;
  const none = { done: 0, of: 0, people: 0, parts: [] };
  const arrived = pointer?.version === about.to;
  if (about.moves === null)
    return { ...base, ...none, state: arrived ? 'finished' : 'running', phase: arrived ? 'finished' : 'waiting' };
  const from = { version: '', moves: about.moves };
  const scan = await readScan(deps.state, switchScanId(about.to, from));
  if (scan === undefined) {
    // The same version was published before: there was no way to go.
    return { ...base, ...none, state: arrived ? 'finished' : 'running', phase: arrived ? 'finished' : 'waiting' };
  }
  const standing = standingOf(await readParts(deps.state, scan));
  if (standing.done === standing.of) return { ...base, ...standing, state: 'finished', phase: 'finished' };
  const way = pointer === undefined ? undefined : await readSwitch(deps.state, pointer);
  if (way !== undefined && way.moves > about.moves)
    return { ...base, ...standing, state: 'failed', phase: 'overtaken' };
  const waits = deps.clock.now().getTime() < Date.parse(scan.startedAt) + SCAN_DELAY_SECONDS * 1_000;
  return { ...base, ...standing, state: 'running', phase: waits ? 'waiting' : 'scanning' };
}
