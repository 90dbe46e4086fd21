import { connectionOf, type VoidedChange } from '../../domain/change.ts';
import { formatInstant } from '../../domain/instant.ts';
import { changesMessage } from '../changes-message.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import type { LongJob, JobStep as Step } from '../jobs/run-job.ts';
import { pack } from '../pack.ts';
import type { Clock, ProfileStore, Queue, StateStore } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import { isFolded } from '../sync/sync-run.ts';

export interface VoidDeps {
  readonly state: StateStore;
  readonly profiles: ProfileStore;
  readonly changes: Queue;
  readonly clock: Clock;
}

/** How far the walk has come: everybody is walked over twice, a page of people a step. */
export interface Voiding {
  readonly look: 1 | 2;
  /** The last person of the page that was done; absent = none yet. */
  readonly after?: string;
  /** Everybody was walked over; what was sent is waited for. */
  readonly walked?: boolean;
}

/** What a job that read streams again knows of them when it comes to voiding. */
export interface VoidingJob extends LongJob {
  readonly parts: readonly VoidedPart[];
  /** Messages sent so far; each is waited for. */
  readonly sent: number;
  readonly voiding?: Voiding;
}

interface VoidedPart {
  readonly connection: string;
  readonly stream?: string;
  /** Activities made of pages from this hour on, all of which are read, go if not made again; absent = all stay. */
  readonly voids?: string;
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
export async function voidStep<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job): Promise<Step<Job>> {
  const voiding = job.voiding ?? { look: 1 };
  if (voiding.walked !== true) return { job: await voidPage(deps, id, job, voiding) };
  if (!(await isFolded(deps.state, { id, sent: { 0: job.sent } }))) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
  if (voiding.look === 2) return { job: { ...job, over: true } };
  const again: Job = { ...job, state: 'finished', voiding: { look: 2 } };
  // For what a writer was about to write when the first look came by.
  return { job: again, waitSeconds: AFTER_EVERY_WRITER_SECONDS };
}

async function voidPage<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job, voiding: Voiding): Promise<Job> {
  const until = formatInstant(Date.parse(job.startedAt) - ARCHIVED_WITHIN_MS);
  // A stream that told activities and has no pages lost its archive: that nothing was made again tells nothing.
  const voided = job.parts.flatMap(({ connection, stream, voids, objects }) =>
    stream === undefined || voids === undefined || objects === 0 ? [] : [{ connection, stream, since: voids, until }],
  );
  for await (const { people, after } of deps.profiles.scan(0, 1, voiding.after)) {
    const fragments = people.filter(isLiving).flatMap((profile) => Object.keys(profile.fragments));
    const changes = fragments.flatMap((fragment) =>
      voided
        .filter(({ connection }) => connection === connectionOf(fragment))
        .map(({ connection: _, ...what }): VoidedChange => ({ kind: 'voided', fragment, at: job.startedAt, ...what })),
    );
    const { groups } = pack(changes);
    await deps.changes.send(
      groups.map((group, at) =>
        changesMessage({ origin: 'replay', changes: group, run: { id, number: job.sent + at } }),
      ),
    );
    const sent = job.sent + groups.length;
    const { look } = voiding;
    return { ...job, sent, voiding: after === undefined ? { look, walked: true } : { look, after } };
  }
  return { ...job, voiding: { look: voiding.look, walked: true } };
}
