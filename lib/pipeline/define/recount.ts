import { traitsUnder } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { FacetCounts } from '../../domain/facet/count-facets.ts';
import { isBlank } from '../../domain/fragment.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { viewOf } from '../../domain/person-view.ts';
import type { Profile } from '../../domain/profile.ts';
import { type Counter, openCounter, type Sighting, sight } from '../../domain/review/counter.ts';
import { type Counts, noCounts } from '../../domain/review/counts.ts';
import { openPairs } from '../../domain/review/pairs.ts';
import { wholeEntries } from '../../domain/segment/document.ts';
import { mergeEntries } from '../../domain/segment/entries.ts';
import type { ActivityStore, Clock, Queue, StateStore } from '../ports.ts';
import { fillAlone } from '../resolve/decide-alone.ts';
import { isLiving } from '../resolve/gather.ts';
import { everythingDone, type Versions } from '../resolve/refill.ts';
import { countFacets, countVisits, type VisitCounts } from './count-facets.ts';
import { type Scan, type ScanWork, startScan } from './scan.ts';

/** Everybody counted: the facts of each segment follow from it, see lib/pipeline/review. */
export interface Recount {
  /** When counting began, RFC 3339: who moved later is not in it for certain. */
  readonly at: string;
  readonly people: number;
  readonly readUnits: number;
  /** How many people have each of the seven kinds of data, by source. */
  readonly facets: FacetCounts;
  /** Visits of the last days, whoever told of them. Absent in counts of former releases. */
  readonly visits?: VisitCounts;
  /** Segment id → members. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** What the scan of a recount needs to know. */
export interface RecountAbout {
  /** The version of the definitions by which everybody is counted. */
  readonly definitions: string;
  /** Segments of which a review is made. */
  readonly review: readonly string[];
  /** The job that makes facts and reviews of what is counted. */
  readonly job: string;
}

const PARTS = 8;
const KIND = 'recount';
/** As long as the history of segments. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** Asks for a recount of everybody. Asking twice for one job is asking once. */
export async function startRecount(
  deps: { readonly state: StateStore; readonly recompute: Queue; readonly clock: Pick<Clock, 'now'> },
  startedAt: string,
  about: RecountAbout,
): Promise<void> {
  const scan: Scan = {
    id: recountId(about.job),
    what: 'recount',
    parts: PARTS,
    of: PARTS,
    startedAt,
    about: about as unknown as JsonObject,
  };
  await startScan(deps, scan);
}

/** The scan that counts for a job. */
export function recountId(job: string): string {
  return `recount.${job}`;
}

export interface RecountDeps {
  readonly activities: ActivityStore;
  readonly versions: Versions;
  readonly jobs: Queue;
}

/**
 * The scan of a recount: counts the members in the profiles themselves, which are the truth that rows follow, and what
 * objectives, measures and reviews ask of each person. When everybody is counted its job is told.
 */
export function recountWork(deps: RecountDeps): ScanWork {
  const counterOf = openCounters(deps.versions);
  return {
    findsMuch: true,
    async people(scan, people, found) {
      const counter = await counterOf(scan);
      const { facets, visits, ...before } = found;
      const counts = before.people === undefined ? noCounts() : (before as unknown as Counts);
      const now = Date.parse(scan.startedAt);
      const pairs = openPairs(counter.compiled.program.compiled.length);
      const living = people.filter(isLiving);
      for (const one of living) {
        const seen = await look(deps, counter, one, now);
        seen.add(counts);
        pairs.see(seen.positions);
      }
      pairs.addTo(counts);
      const counted = {
        facets: countFacets(counter.compiled, living, now, facets),
        visits: countVisits(living, now, visits),
      };
      return { ...counts, ...counted } as unknown as JsonObject;
    },
    async end({ about }) {
      await deps.jobs.send([{ body: { job: String(about.job) } }]);
    },
  };
}

/** Keeps what a recount came to. Twice is once. */
export async function keepRecount(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  recount: Recount,
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + KEPT_MS;
  await deps.state.put(KIND, recount.at, recount as unknown as JsonObject, 0, { expiresAt });
}

/** Recounts, newest first. */
export async function readRecounts(state: StateStore, most: number): Promise<readonly Recount[]> {
  return (await state.list(KIND, { most })).map(({ body }) => body as unknown as Recount);
}

/** The counter of a scan, prepared once. */
function openCounters(versions: Versions): (scan: Scan) => Promise<Counter> {
  let held: { readonly scan: string; readonly counter: Counter } | undefined;
  return async function counterOf({ id, about }) {
    if (held?.scan === id) return held.counter;
    const { definitions, review } = about as unknown as RecountAbout;
    const compiled = await versions(definitions);
    if (compiled === undefined) {
      throw new TributaryError('defect', 'definitions/lost', `the definitions ${definitions} are not in the archive`);
    }
    held = { scan: id, counter: openCounter(compiled, review) };
    return held.counter;
  };
}

/** One person, filled and answered from history where their memory is not enough. */
async function look(deps: RecountDeps, counter: Counter, profile: Profile, now: Milliseconds): Promise<Sighting> {
  // Nobody is behind records whose word was void: they are in no segment, and count for no condition.
  const nobody = Object.values(profile.fragments).every(isBlank);
  if (counter.idle || nobody) return sight(counter, profile, undefined, now);
  const { compiled } = counter;
  const { profile: filled } = await fillAlone(deps, profile, compiled, now);
  const kept = {
    ...viewOf(filled, traitsUnder(compiled, filled, now)),
    memberOf: (segment: string) => profile.memberships[segment] !== undefined,
  };
  const first = sight(counter, profile, kept, now);
  if (first.overflowed.length === 0) return first;
  const stored = wholeEntries(compiled.program, await everythingDone(deps.activities, filled));
  const history = (key: string) =>
    mergeEntries(
      stored(key),
      kept.entries(key).filter(([, id]) => id !== ''),
    );
  return sight(counter, profile, { ...kept, history }, now);
}
