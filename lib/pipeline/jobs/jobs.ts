import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Heal } from '../../domain/truth.ts';
import { type FindDeps, findPerson } from '../describe/find-person.ts';
import { importPart } from '../imports/import-state.ts';
import type { Clock, MembershipStore, Queue, StateStore } from '../ports.ts';
import { latestPush } from '../push/push-run.ts';
import { summariseAudience } from '../push/summaries.ts';
import { type Merges, sendUnmerge } from '../resolve/merges.ts';
import { isSettled, readStream } from '../sync/sync-run.ts';
import { latestVerify } from '../verify/verify-run.ts';
import { askedBy, JOB_KEPT_MS, type JobStanding, newJobId } from './job.ts';

/** Nothing else tells who undid a piece of evidence: kept as long as what else the team said. */
const RULING_KEPT_MS = 400 * 24 * 3_600_000;

export interface JobDeps extends FindDeps {
  readonly state: StateStore;
  readonly memberships: MembershipStore;
  readonly changes: Queue;
  readonly sync: Queue;
  readonly push: Queue;
  readonly clock: Clock;
}

/** A job as it is told. */
export interface Job extends JobStanding {
  readonly id: string;
  readonly parts: readonly JsonObject[];
}

/** Asks for pulls of streams; the job ends when their runs have ended and are folded. */
export async function startPull(
  deps: JobDeps,
  streams: readonly { readonly connection: string; readonly stream: string }[],
  full: boolean,
  by?: string,
): Promise<Job> {
  const scheduledAt = formatInstant(deps.clock.now().getTime());
  const job = await keepJob(deps, {
    what: 'pull',
    startedAt: scheduledAt,
    ...askedBy(by),
    parts: streams.map((one) => ({ ...one, scheduledAt, ...(full ? { full } : {}) })),
  });
  await deps.sync.send(streams.map((one) => ({ body: { ...one, scheduledAt, ...(full ? { full } : {}) } })));
  return job;
}

/** Asks for pushes of audiences; the job ends when their runs have ended. */
export async function startPush(deps: JobDeps, audiences: readonly string[], by?: string): Promise<Job> {
  const scheduledAt = formatInstant(deps.clock.now().getTime());
  const parts = audiences.map((audience) => ({ audience, scheduledAt }));
  const job = await keepJob(deps, { what: 'push', startedAt: scheduledAt, ...askedBy(by), parts });
  await deps.push.send(parts.map((body) => ({ body })));
  return job;
}

/** Undoes a piece of evidence; the job ends when the two records are in two people, and stays as what says who ruled it. */
export async function startUnmerge(deps: JobDeps, merges: Merges, edge: string, by?: string): Promise<Job> {
  const { fragment, from, at } = await sendUnmerge(deps, merges, edge);
  const job = { what: 'unmerge', startedAt: at, ...askedBy(by), parts: [{ edge, fragment, from }] } as const;
  return keepJob(deps, job, RULING_KEPT_MS);
}

/** Asks for checks of lists; the job ends when their runs have ended. */
export async function startVerify(
  deps: JobDeps,
  audiences: readonly string[],
  heal: Heal | undefined,
  by?: string,
): Promise<Job> {
  const scheduledAt = formatInstant(deps.clock.now().getTime());
  const asked = heal === undefined ? {} : { heal };
  const parts = audiences.map((audience) => ({ audience, scheduledAt, ...asked }));
  const job = await keepJob(deps, { what: 'verify', startedAt: scheduledAt, ...askedBy(by), parts });
  await deps.push.send(audiences.map((verify) => ({ body: { verify, scheduledAt, ...asked } })));
  return job;
}

/** How a job stands now. Undefined when nobody knows it (any more). */
export async function readJob(deps: JobDeps, definitions: Definitions, id: string): Promise<Job | undefined> {
  const document = await deps.state.get('job', id);
  if (document === undefined) return undefined;
  const { what, state: told, startedAt, by, parts: toldParts, error } = document.body as unknown as Omit<Job, 'id'>;
  // Long work notes itself how it stands.
  if (told !== undefined)
    return {
      ...{ id, what, state: told, startedAt, ...askedBy(by), parts: toldParts },
      ...(error === undefined ? {} : { error }),
    };
  const asked = document.body as unknown as Omit<Job, 'state'>;
  const parts = await Promise.all(
    asked.parts.map((part) => {
      if (asked.what === 'unmerge') return unmergePart(deps, part);
      if (asked.what === 'verify') return verifyPart(deps, part);
      if (asked.what === 'import') return importPart(deps.state, part);
      return asked.what === 'pull' ? pullPart(deps, part) : pushPart(deps, definitions, part);
    }),
  );
  const states = parts.map(({ state }) => state);
  const state = states.includes('running') ? 'running' : states.includes('failed') ? 'failed' : 'finished';
  return { ...asked, id, state, parts };
}

async function pullPart(deps: JobDeps, part: JsonObject): Promise<JsonObject> {
  const { run } = (await readStream(deps.state, String(part.connection), String(part.stream))).state;
  if (run === undefined || (run.state !== 'running' && !serves(run, part))) return { ...part, state: 'running' };
  const { state, pages, changes, echoes = 0, rejected, figures, error } = run;
  const done = state === 'finished' && (await isSettled(deps.state, run));
  const stands = state === 'failed' ? 'failed' : done ? 'finished' : 'running';
  const counts = { pages, changes, echoes, rejected, ...(figures === undefined ? {} : { figures }) };
  return { ...part, run: run.id, state: stands, ...counts, ...(error === undefined ? {} : { error }) };
}

async function pushPart(deps: JobDeps, definitions: Definitions, part: JsonObject): Promise<JsonObject> {
  const run = await latestPush(deps.state, String(part.audience));
  const open = run === undefined || run.state === 'running' || run.state === 'waiting';
  if (open || !serves(run, part)) return { ...part, state: 'running', run: (run?.id ?? null) as Json };
  const audience = definitions.audiences.find((one) => one.audience === part.audience);
  const summary = audience === undefined ? {} : { ...(await summariseAudience(deps, audience)).summary };
  return {
    ...part,
    run: run.id,
    state: run.state === 'finished' ? 'finished' : 'failed',
    outcome: run.state,
    ...(run.plan === undefined ? {} : { plan: { ...run.plan } }),
    ...(run.holds === undefined ? {} : { holds: run.holds.map((hold) => ({ ...hold })) }),
    ...summary,
  } as unknown as JsonObject;
}

async function unmergePart(deps: JobDeps, part: JsonObject): Promise<JsonObject> {
  const [one, other] = await Promise.all([part.fragment, part.from].map((id) => findPerson(deps, String(id))));
  const apart = one !== undefined && other !== undefined && one.id !== other.id;
  return { ...part, state: apart ? 'finished' : 'running', ...(apart ? { people: [one.id, other.id] } : {}) };
}

async function verifyPart(deps: JobDeps, part: JsonObject): Promise<JsonObject> {
  const run = await latestVerify(deps.state, String(part.audience));
  const asked = part.heal === undefined || run?.heal === part.heal;
  if (run === undefined || run.state === 'running' || !asked || !serves(run, part))
    return { ...part, state: 'running' };
  return {
    ...part,
    run: run.id,
    state: run.state === 'finished' ? 'finished' : 'failed',
    outcome: run.state,
    differences: run.differences,
  };
}

/**
 * A run that was under way already when the job was asked for serves it too, unless everything is to be read anew. The job's own
 * run does by its id: whoever asked and whoever began it have clocks of their own.
 */
function serves(
  run: { id: string; startedAt: string; endedAt?: string; backfill?: boolean; state?: string },
  part: JsonObject,
): boolean {
  const asked = String(part.scheduledAt);
  if (run.id.endsWith(`.${asked}`)) return true;
  // A held run has no end yet: it is what was asked for if it began for it.
  if (run.state === 'held') return run.startedAt >= asked;
  return part.full === true ? run.backfill === true && run.startedAt >= asked : (run.endedAt ?? '') >= asked;
}

async function keepJob(deps: JobDeps, job: Omit<Job, 'id' | 'state'>, keptMs = JOB_KEPT_MS): Promise<Job> {
  const id = newJobId(job.what, deps.clock);
  const expiresAt = deps.clock.now().getTime() + keptMs;
  await deps.state.put('job', id, job as unknown as JsonObject, 0, { expiresAt });
  return { ...job, id, state: 'running' };
}
