import { connectionOf, type SweptChange } from '../domain/change.ts';
import { formatInstant } from '../domain/instant.ts';
import { changesMessage } from './changes-message.ts';
import { AFTER_EVERY_WRITER_SECONDS } from './delay.ts';
import { isLiving } from './gather.ts';
import { pack } from './pack.ts';
import type { Clock, ProfileStore, Queue, StateStore } from './ports.ts';
import type { LongJob, Step } from './run-job.ts';
import { isFolded } from './sync-run.ts';

export interface SweepDeps {
  readonly state: StateStore;
  readonly profiles: ProfileStore;
  readonly changes: Queue;
  readonly clock: Clock;
}

/** How far a sweep has come: everybody is walked over twice, a page of people a step. */
export interface Sweeping {
  readonly look: 1 | 2;
  /** The last person of the page that was done; absent = none yet. */
  readonly after?: string;
  /** Everybody was walked over; what was sent is waited for. */
  readonly walked?: boolean;
}

/** What a job that read streams again knows of them when it comes to sweeping. */
export interface SweepingJob extends LongJob {
  readonly parts: readonly SweptPart[];
  /** Messages sent so far; each is waited for. */
  readonly sent: number;
  readonly sweeping?: Sweeping;
}

interface SweptPart {
  readonly connection: string;
  readonly stream?: string;
  /** Activities made of pages from this hour on, all of which are read, go if not made again; absent = all stay. */
  readonly sweeps?: string;
  /** Objects of the archive that were read. */
  readonly objects: number;
}

const LOOK_AGAIN_SECONDS = 5;
/** A page that was being archived when the replay was asked for may be missing from the listing. */
const ARCHIVED_WITHIN_MS = 2 * 60_000;

/**
 * Asks, record by record, for the activities to be taken away that a full replay did not make again. Comes after everything
 * that was read is folded, so that nobody seems to have done nothing in between.
 */
export async function sweepStep<Job extends SweepingJob>(deps: SweepDeps, id: string, job: Job): Promise<Step<Job>> {
  const sweeping = job.sweeping ?? { look: 1 };
  if (sweeping.walked !== true) return { job: await sweepPage(deps, id, job, sweeping) };
  if (!(await isFolded(deps.state, { id, sent: { 0: job.sent } }))) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
  if (sweeping.look === 2) return { job: { ...job, over: true } };
  const again: Job = { ...job, state: 'finished', sweeping: { look: 2 } };
  // For what a writer was about to write when the first look came by.
  return { job: again, waitSeconds: AFTER_EVERY_WRITER_SECONDS };
}

async function sweepPage<Job extends SweepingJob>(
  deps: SweepDeps,
  id: string,
  job: Job,
  sweeping: Sweeping,
): Promise<Job> {
  const until = formatInstant(Date.parse(job.startedAt) - ARCHIVED_WITHIN_MS);
  // A stream that told activities and has no pages lost its archive: that nothing was made again tells nothing.
  const swept = job.parts.flatMap(({ connection, stream, sweeps, objects }) =>
    stream === undefined || sweeps === undefined || objects === 0 ? [] : [{ connection, stream, since: sweeps, until }],
  );
  for await (const { people, after } of deps.profiles.scan(0, 1, sweeping.after)) {
    const fragments = people.filter(isLiving).flatMap((profile) => Object.keys(profile.fragments));
    const changes = fragments.flatMap((fragment) =>
      swept
        .filter(({ connection }) => connection === connectionOf(fragment))
        .map(({ connection: _, ...what }): SweptChange => ({ kind: 'swept', fragment, at: job.startedAt, ...what })),
    );
    const { groups } = pack(changes);
    await deps.changes.send(
      groups.map((group, at) =>
        changesMessage({ origin: 'replay', changes: group, run: { id, number: job.sent + at } }),
      ),
    );
    const sent = job.sent + groups.length;
    const { look } = sweeping;
    return { ...job, sent, sweeping: after === undefined ? { look, walked: true } : { look, after } };
  }
  return { ...job, sweeping: { look: sweeping.look, walked: true } };
}
