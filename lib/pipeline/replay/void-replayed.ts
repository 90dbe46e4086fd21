import { connectionOf, type VoidedChange } from '../../domain/change.ts';
import { isNoted } from '../../domain/voided.ts';
import { changesMessage } from '../changes-message.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import type { JobStep, LongJob } from '../jobs/run-job.ts';
import { pack } from '../pack.ts';
import type { Clock, ProfileStore, Queue, StateStore } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import { isFolded } from '../sync/sync-run.ts';
import { objectOf } from './whole-records.ts';

export interface VoidDeps {
  readonly state: StateStore;
  readonly profiles: ProfileStore;
  readonly changes: Queue;
  readonly clock: Clock;
}

/** How far the walk has come: everybody is walked over three times, a page of people a step. */
export interface Voiding {
  readonly look: Look;
  /** The last person of the page that was done; absent = none yet. */
  readonly after?: string;
  /** Everybody was walked over; what was sent is waited for. */
  readonly walked?: boolean;
}

/**
 * The first takes away what is void. A writer may have put a profile before it and the activity's row after it, or a record
 * that the first did not see: so a second, when they are over. Where that was the first for a record, a row may again be
 * missing: so a third, for whom the second or the first told. Of records that came since then nothing is void.
 */
type Look = 1 | 2 | 3;

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
  /** What was made of pages from this hour on, all of which are read, goes if not made again; absent = not all are read. */
  readonly voids?: string;
  /** Kinds of records that nothing but what was read here tells. */
  readonly records?: readonly string[];
  /** Objects of the archive that were read. */
  readonly objects: number;
}

const LOOK_AGAIN_SECONDS = 5;

/**
 * Asks, record by record, for what a full replay did not make again to be taken away: activities, and what records said of
 * themselves; of a partial one, what a former mapping took for identifiers of the records that were read. Comes after everything that was read is folded, so that nobody seems to be nobody in between.
 */
export async function voidStep<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job): Promise<JobStep<Job>> {
  const voiding = job.voiding ?? { look: 1 };
  if (voiding.walked !== true) return { job: await voidPage(deps, id, job, voiding) };
  if (!(await isFolded(deps.state, { id, sent: { 0: job.sent } }))) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
  if (voiding.look === 3) return { job: { ...job, over: true } };
  const again: Job = { ...job, state: 'finished', voiding: { look: voiding.look === 1 ? 2 : 3 } };
  return { job: again, waitSeconds: AFTER_EVERY_WRITER_SECONDS };
}

async function voidPage<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job, voiding: Voiding): Promise<Job> {
  const { parts, startedAt: until } = job;
  // A stream that has no pages lost its archive: that nothing was made again tells nothing.
  const voided = parts.flatMap(({ connection, stream, voids, objects, records = [] }) =>
    stream === undefined || objects === 0
      ? []
      : [{ connection, records, what: { stream, until, ...partOf(voids, until) } }],
  );
  for await (const { people, after } of deps.profiles.scan(0, 1, voiding.after)) {
    const fragments = people.filter(isLiving).flatMap((profile) => Object.entries(profile.fragments));
    const changes = fragments.flatMap(([fragment, held]) => {
      const wasRead = (held.read ?? Number.NEGATIVE_INFINITY) >= Date.parse(until);
      const own = voided.filter(
        ({ connection, records, what }) =>
          connection === connectionOf(fragment) &&
          // Who did not read all can say of a record that was read what is void of it, and of no other.
          (what.part !== true || (wasRead && records.includes(objectOf(fragment)))) &&
          (voiding.look < 3 || isNoted(held.voided, what)),
      );
      const record = own.some(({ records }) => records.includes(objectOf(fragment))) ? { record: true as const } : {};
      return own.map(({ what }): VoidedChange => ({ kind: 'voided', fragment, at: job.startedAt, ...what, ...record }));
    });
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

function partOf(voids: string | undefined, until: string): Pick<VoidedChange, 'since' | 'part'> {
  return voids === undefined ? { since: until, part: true } : { since: voids };
}
