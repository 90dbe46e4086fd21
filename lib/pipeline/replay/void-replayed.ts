import { connectionOf, type VoidedChange } from '../../domain/change.ts';
import { isNoted } from '../../domain/voided.ts';
import { changesMessage } from '../changes-message.ts';
import { AFTER_EVERY_READER_SECONDS, AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
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
 * may have come or moved to another person behind its back: so a second, when such writers are over. Then pulls no longer
 * count as read by the replay, and when the last of them is over a third goes to whoever had the word, because a row may
 * again have been missing, and to records that came between.
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
 * themselves; of a partial one, what a former mapping took for identifiers of the records that were read. Comes after
 * everything that was read is folded, so that nobody seems to be nobody in between.
 */
export async function voidStep<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job): Promise<JobStep<Job>> {
  const voiding = job.voiding ?? { look: 1 };
  if (voiding.walked !== true) return { job: await voidPage(deps, id, job, voiding) };
  if (!(await isFolded(deps.state, { id, sent: { 0: job.sent } }))) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
  if (voiding.look === 3) return { job: { ...job, over: true } };
  const look = voiding.look === 1 ? 2 : 3;
  const waitSeconds = AFTER_EVERY_WRITER_SECONDS + (look === 3 ? AFTER_EVERY_READER_SECONDS : 0);
  return { job: { ...job, state: 'finished', voiding: { look } }, waitSeconds };
}

async function voidPage<Job extends VoidingJob>(deps: VoidDeps, id: string, job: Job, voiding: Voiding): Promise<Job> {
  const { parts, startedAt: until } = job;
  // A stream that has no pages lost its archive: that nothing was made again tells nothing.
  const read = parts.flatMap(({ connection, stream, voids, objects, records = [] }) =>
    stream === undefined || objects === 0 ? [] : [{ connection, stream, voids, records }],
  );
  for await (const { people, after } of deps.profiles.scan(0, 1, voiding.after)) {
    const fragments = people.filter(isLiving).flatMap((profile) => Object.entries(profile.fragments));
    const changes = fragments.flatMap(([fragment, held]) => {
      const word = { kind: 'voided', fragment, at: until, until } as const;
      const wasRead = (held.read ?? Number.NEGATIVE_INFINITY) >= Date.parse(until);
      const own = read.filter(({ connection }) => connection === connectionOf(fragment));
      const isToldAgain = own.some(({ voids, records }) => voids !== undefined && records.includes(objectOf(fragment)));
      const record = isToldAgain ? { record: true as const } : {};
      return own.flatMap(({ stream, voids, records }): VoidedChange[] => {
        if (voids !== undefined) {
          const full = { ...word, stream, since: voids, ...record };
          if (voiding.look < 3 || isNoted(held.voided, full)) return [full];
        }
        // Of a stream of which not all was read, or a record that came late: only what is older than its reading is void.
        if (!wasRead || !records.includes(objectOf(fragment))) return [];
        return [{ ...word, stream, since: until, record: true, part: true }];
      });
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
