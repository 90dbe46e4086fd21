import type { Definitions } from '../../domain/definitions.ts';
import { type ErasedProfile, isErased, type Remains } from '../../domain/erasure.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Profile } from '../../domain/profile.ts';
import { AFTER_EVERY_STEP_SECONDS } from '../delay.ts';
import { askedBy, newJobId } from '../jobs/job.ts';
import { beginJob, type JobStep, type LongJob, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import { isMerged } from '../resolve/gather.ts';
import { EVERYWHERE, type Found, type PlacesDeps } from './erase-places.ts';
import { amendReceipt, type ErasedPlace, type ErasureReceipt, readReceipt, withPlaces } from './erasure-receipt.ts';
import { idsOfPerson, keysOfPerson } from './what-is-theirs.ts';

export type ForgetDeps = PlacesDeps;

/** What a job of forgetting knows between its steps: ids, no data of the person. */
export interface ForgetJob extends LongJob {
  readonly what: 'forget';
  readonly person: string;
  readonly receipt: string;
  /** The place that comes next; undefined until the person is marked as erased. */
  readonly place?: number;
  /** Places are seen to twice: what a writer who read the person before was still about to write comes in between. */
  readonly look: 1 | 2;
  readonly parts: readonly { readonly receipt: string; readonly done: number; readonly of: number }[];
}

const DAY_MS = 24 * 3_600_000;
/** How long point-in-time recovery keeps a state of the tables. */
const BACKUPS_KEPT_MS = 35 * DAY_MS;
/** S3 removes an object at a midnight (UTC) after its term, and somewhat later (S3 user guide, expiring objects). */
const EXPIRING_MS = 2 * 86_400_000;

/** Asks for a person to be forgotten. The receipt is followed under its id, long after the job has ended. */
export async function startForget(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  person: string,
  by?: string,
): Promise<{ readonly job: string; readonly receipt: string }> {
  const job = newJobId('forget', deps.clock);
  const receipt = job.slice('forget.'.length);
  const startedAt = formatInstant(deps.clock.now().getTime());
  const before = {
    askedAt: startedAt,
    ...askedBy(by),
    state: 'pending',
    profiles: [person],
    audiences: [],
    keys: [],
    places: [],
  } as const;
  await amendReceipt(deps.state, receipt, (held) => held ?? before);
  const parts = [{ receipt, done: 0, of: EVERYWHERE.length + 1 }];
  const begun = { what: 'forget', state: 'running', over: false, startedAt, person, receipt, look: 1, parts } as const;
  await beginJob<ForgetJob>(deps, job, { ...begun, ...askedBy(by) });
  return { job, receipt };
}

/**
 * Forgets a person: the receipt with the keys, then the profile becomes a tombstone by one conditional write, then
 * everything elsewhere, twice. From that write on nothing is found or folded; whoever read the person before cannot write.
 */
export function forgetPerson(deps: ForgetDeps): Worker<ForgetJob> {
  return async function forget(_id, job, signal): Promise<JobStep<ForgetJob>> {
    const at = job.place;
    const erased = at === undefined ? await mark(deps, job) : await readErased(deps, job.person);
    if (erased?.remains === undefined) return { job: { ...job, state: 'finished', over: true } };
    if (at === undefined) return { job: told({ ...job, person: erased.id, place: 0 }) };
    const place = EVERYWHERE[at];
    if (place !== undefined) {
      const receipt = await readReceipt(deps.state, job.receipt);
      if (receipt === undefined) return { job: { ...job, state: 'finished', over: true } };
      const found = await place(
        { deps, erased, remains: erased.remains, receipt, id: job.receipt, look: job.look },
        signal,
      );
      if (found === undefined) return { job }; // Time was short: the same place again.
      await note(deps, job, found);
      return { job: told({ ...job, place: at + 1 }) };
    }
    if (job.look === 1)
      return { job: { ...told(job), state: 'finished', place: 0, look: 2 }, waitSeconds: AFTER_EVERY_STEP_SECONDS };
    await strip(deps, erased);
    return { job: { ...job, over: true } };
  };
}

function told(job: ForgetJob): ForgetJob {
  if (job.look === 2) return job;
  return { ...job, parts: job.parts.map((part) => ({ ...part, done: (job.place ?? 0) + 1 })) };
}

/** Makes the person's profile a tombstone. What it knew of other places stays in it until they are seen to. */
async function mark(deps: ForgetDeps, { person, receipt }: ForgetJob): Promise<ErasedProfile | undefined> {
  const { privacy } = await deps.definitions();
  for (let id = person; ; ) {
    const stored = (await deps.profiles.read([id])).get(id);
    if (stored === undefined) return undefined;
    if (isErased(stored)) return stored;
    if (isMerged(stored)) {
      id = stored.mergedInto;
      continue;
    }
    const remains = remainsOf(stored, await idsOfPerson(deps.profiles, stored));
    const keys = await keysOfPerson(deps, stored, await deps.key());
    const erased = deps.clock.now().getTime();
    await amendReceipt(deps.state, receipt, (before) => firstReceipt(before, remains, { keys, erased, privacy }));
    const tombstone = { id, version: stored.version, erased, remains, outbox: [], dueAt: null } as const;
    if ((await deps.profiles.writeTogether([tombstone], [], [])) === 'written') {
      return { ...tombstone, version: stored.version + 1 };
    }
  }
}

function remainsOf(profile: Profile, profiles: readonly string[]): Remains {
  return {
    fragments: Object.keys(profile.fragments),
    profiles,
    accounts: Object.keys(profile.accounts),
    segments: Object.keys(profile.memberships),
    audiences: Object.keys(profile.wanted),
  };
}

function firstReceipt(
  before: ErasureReceipt | undefined,
  { profiles, audiences }: Remains,
  given: Pick<Definitions, 'privacy'> & { readonly keys: readonly string[]; readonly erased: number },
): ErasureReceipt {
  const { erased, privacy } = given;
  const at = formatInstant(erased);
  const keys = new Set([...(before?.keys ?? []), ...given.keys]);
  const places: readonly ErasedPlace[] = [
    { place: 'profile', state: 'confirmed', at, note: 'a tombstone without data stays' },
    { place: 'identifiers', state: 'confirmed', at, note: 'keys lead to the tombstone; they hold HMACs' },
    { place: 'archive', state: 'pending', at, note: 'rewritten once a day' },
    {
      place: 'checks of lists',
      state: 'pending',
      at,
      until: formatInstant(erased + privacy.activitiesKeptMs + EXPIRING_MS),
      note: 'lists of tools as they were read; expire',
    },
    {
      place: 'plans and outcomes',
      state: 'pending',
      at,
      until: formatInstant(erased + Math.max(privacy.activitiesKeptMs, privacy.archiveKeptMs) + EXPIRING_MS),
      note: 'of pushes, by profile id and without addresses; expire',
    },
    { place: 'backups', state: 'pending', at, until: formatInstant(erased + BACKUPS_KEPT_MS), note: 'expire' },
  ];
  const asked = { askedAt: before?.askedAt ?? at, ...askedBy(before?.by) };
  const next = { ...asked, erasedAt: at, state: 'pending', profiles, audiences } as const;
  return withPlaces({ ...next, keys: [...keys].sort(), places: [] }, places);
}

async function readErased(deps: ForgetDeps, id: string): Promise<ErasedProfile | undefined> {
  const stored = (await deps.profiles.read([id])).get(id);
  return isErased(stored) ? stored : undefined;
}

/** The tombstone without what was remembered for the erasure. */
async function strip(deps: ForgetDeps, { remains: _, ...tombstone }: ErasedProfile): Promise<void> {
  await deps.profiles.writeTogether([tombstone], [], []);
}

async function note(deps: ForgetDeps, { receipt, look }: ForgetJob, found: readonly Found[]): Promise<void> {
  const now = deps.clock.now().getTime();
  await amendReceipt(deps.state, receipt, (before) => {
    if (before === undefined) throw new TypeError('a receipt is kept for ever');
    const held = new Map(before.places.map((one) => [one.place, one]));
    const places = found.map(({ place, state, count = 0, until, note: told }): ErasedPlace => {
      const total = count + (held.get(place)?.count ?? 0);
      const stands = look === 1 && state !== 'impossible' ? 'pending' : (state ?? 'confirmed');
      const words = told ?? (look === 1 ? 'taken away; looked at once more before it is confirmed' : undefined);
      return {
        place,
        state: stands,
        at: formatInstant(now),
        count: total,
        ...(until === undefined ? {} : { until }),
        ...(words === undefined ? {} : { note: words }),
      };
    });
    return withPlaces(before, places);
  });
}
