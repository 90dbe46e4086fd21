import type { Compiled } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { FacetCounts } from '../../domain/facet/count-facets.ts';
import { composeReview } from '../../domain/review/compose-review.ts';
import { experimentsOf, traitsOf } from '../../domain/review/counter.ts';
import { addUpCounts, type Counts } from '../../domain/review/counts.ts';
import { digestOf } from '../../domain/review/digest.ts';
import { type DayFacts, dayBefore, factsOf } from '../../domain/review/facts.ts';
import { followsBack } from '../../domain/review/measuring.ts';
import { type Overlaps, overlapsOf, overlapsWith } from '../../domain/review/overlaps.ts';
import type { Cost, Coverage, LeafPart, Review } from '../../domain/review/review.ts';
import { tellLeaf } from '../../domain/segment/decisive.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';
import { addUpFacets, addUpVisits, type VisitCounts } from '../define/count-facets.ts';
import { keepRecount, recountId } from '../define/recount.ts';
import { readFound, readParts, readScan } from '../define/scan.ts';
import type { Worker } from '../jobs/run-job.ts';
import type { Archive, Clock, HistoryStore, Notify, StateStore } from '../ports.ts';
import { listPushes } from '../push/push-run.ts';
import type { Versions } from '../resolve/refill.ts';
import { closeDays, factsOn, keepFacts, readFacts } from './day-facts.ts';
import { performanceIn } from './facts-page.ts';
import { keepLatestCount } from './latest-count.ts';
import { keepReview, latestReviews, listReviews } from './reviews.ts';
import type { ReviewJob } from './start-review.ts';
import { readComments, readMarks, versionIn } from './team-words.ts';

export interface ReviewDeps {
  readonly state: StateStore;
  readonly archive: Archive;
  readonly history: HistoryStore;
  readonly versions: Versions;
  readonly clock: Clock;
  readonly notify: Notify;
}

/** Segments whose facts are written in one step, and at the same time. */
const SEGMENTS_IN_STEP = 64;
const AT_ONCE = 8;
/** A message that came before everybody was counted looks again so much later. */
const WAIT_SECONDS = 60;
const DAYS_COMPARED = 400;
const RUNS_COUNTED = 200;

/** What was counted for a job, ready for its steps. */
interface Counted {
  readonly job: string;
  readonly at: string;
  readonly readUnits: number;
  readonly counts: Counts;
  readonly facets: FacetCounts;
  readonly visits: VisitCounts;
  readonly overlaps: Overlaps;
  readonly compiled: Compiled;
}

/**
 * Makes of a finished recount what follows from it, step by step: the facts of each segment, its days that are over, the
 * overlaps, the reviews that are due, and one digest. Every write is the same when it comes twice; whoever dies between the
 * digest and its note sends it again.
 */
export function reviewSegments(deps: ReviewDeps): Worker<ReviewJob> {
  let held: Counted | undefined;
  return async function step(id, job) {
    if (held?.job !== id) held = await readCounted(deps, id, job);
    if (held === undefined) return { job, waitSeconds: WAIT_SECONDS };
    const { compiled } = held;
    const segments = compiled.definitions.segments;
    if (job.counted < segments.length) {
      if (job.counted === 0) await keepWhole(deps, held);
      const some = segments.slice(job.counted, job.counted + SEGMENTS_IN_STEP);
      for (let at = 0; at < some.length; at += AT_ONCE) {
        const counted = held;
        await Promise.all(some.slice(at, at + AT_ONCE).map((one) => writeFacts(deps, counted, one.segment)));
      }
      return { job: { ...job, counted: job.counted + some.length } };
    }
    const segment = job.review[job.reviewed];
    if (segment !== undefined) {
      const review = await reviewSegment(deps, held, segment, job.because);
      if (review !== undefined) await keepReview(deps, review, id);
      const { proposal = null, at = null } = review ?? {};
      const done = { segment, state: review === undefined ? 'failed' : 'finished', proposal, review: at };
      return {
        job: {
          ...job,
          reviewed: job.reviewed + 1,
          parts: job.parts.map((part) => (part.segment === segment ? done : part)),
        },
      };
    }
    // Who asked for a review looks at it; of what was due by itself somebody has to be told.
    if (job.because === 'schedule') await sendDigest(deps, held, id);
    return { job: { ...job, state: 'finished', over: true } };
  };
}

/** Undefined while somebody is not counted yet. */
async function readCounted(deps: ReviewDeps, id: string, job: ReviewJob): Promise<Counted | undefined> {
  const scan = await readScan(deps.state, recountId(id));
  if (scan === undefined) return undefined;
  const parts = await readParts(deps.state, scan);
  if (!parts.every(({ done }) => done)) return undefined;
  const compiled = await deps.versions(job.definitions);
  if (compiled === undefined) {
    throw new TributaryError('defect', 'definitions/lost', `the definitions ${job.definitions} are not in the archive`);
  }
  const found = await Promise.all(parts.map((part) => readFound(deps, part)));
  const counted = found.filter(({ people }) => people !== undefined);
  const counts = addUpCounts(counted.map(({ facets: _, visits: __, ...one }) => one) as unknown as Counts[]);
  const facets = addUpFacets(counted);
  const visits = addUpVisits(counted);
  const readUnits = parts.reduce((sum, part) => sum + part.readUnits, 0);
  const at = scan.startedAt;
  return {
    job: id,
    at,
    readUnits,
    counts,
    facets,
    visits,
    overlaps: overlapsOf(counts, compiled.program.segments, at),
    compiled,
  };
}

async function keepWhole(
  deps: ReviewDeps,
  { job, at, readUnits, counts, facets, visits, overlaps }: Counted,
): Promise<void> {
  const sizes = Object.fromEntries(Object.entries(counts.segments).map(([segment, { size }]) => [segment, size]));
  await keepRecount(deps, { at, people: counts.people, readUnits, facets, visits, sizes });
  await keepLatestCount(deps, job, { overlaps, personas: counts.personas });
}

async function writeFacts(deps: ReviewDeps, counted: Counted, segment: string): Promise<void> {
  const audiences = counted.compiled.definitions.audiences.filter((one) => one.segment === segment);
  const ids = audiences.map(({ audience }) => audience);
  await closeDays(deps, segment, counted.at.slice(0, 10), ids);
  await keepFacts(deps, await countedFacts(deps, counted, segment));
}

async function countedFacts(deps: ReviewDeps, { at, counts, compiled }: Counted, segment: string): Promise<DayFacts> {
  const { definitions, measuring } = compiled;
  const objective = measuring.objectives.get(segment);
  const day = at.slice(0, 10);
  const before =
    objective?.metric === 'retention'
      ? await factsOn(deps.state, segment, dayBefore(day, objective.withinMs))
      : undefined;
  return factsOf(counts, {
    segment,
    at,
    definitions: definitions.version,
    objective,
    hasLabel: measuring.labels.has(segment),
    measures: definitions.measures,
    experiments: experimentsOf(compiled).get(segment) ?? [],
    followed: followsBack(measuring, segment),
    sizeBefore: before?.size,
  });
}

/** Undefined for a segment that is not in the definitions. */
async function reviewSegment(
  deps: ReviewDeps,
  counted: Counted,
  segment: string,
  because: Review['because'],
): Promise<Review | undefined> {
  const { at, overlaps, compiled } = counted;
  const day = at.slice(0, 10);
  const definition = compiled.definitions.segments.find((one) => one.segment === segment);
  const known = await readFacts(deps.state, segment, { to: day, most: DAYS_COMPARED });
  if (definition === undefined) return undefined;
  const facts = await countedFacts(deps, counted, segment);
  const [last] = (await listReviews(deps.state, segment, 2)).filter((one) => one.at < at);
  const since = last?.at.slice(0, 10) ?? known.at(-1)?.day ?? day;
  const before = known.filter((one) => one.day < day && one.day >= since);
  const marks = await readMarks(deps.state, segment, versionIn(compiled.program, segment));
  return composeReview({
    title: definition.title ?? segment,
    because,
    facts,
    before,
    performance: performanceIn(compiled, facts, known),
    overlaps: overlapsWith(segment, overlaps),
    leaves: leavesOf(counted, segment),
    coverage: coverageOf(counted, segment),
    marks: {
      right: marks.filter(({ mark }) => mark === 'right').length,
      wrong: marks.filter(({ mark }) => mark === 'wrong').length,
    },
    comments: await readComments(deps.state, segment),
    cost: await costOf(deps.state, compiled, definition, before.at(-1)?.at ?? ''),
  });
}

function leavesOf({ counts, compiled }: Counted, segment: string): readonly LeafPart[] {
  const compiledSegment = compiled.program.compiled.find(({ id }) => id === segment);
  const { letsIn = [], keepsOut = [] } = counts.leaves[segment] ?? {};
  return (compiledSegment?.leaves ?? []).map((leaf, at) => ({
    path: leaf.path,
    leaf: leaf.path.endsWith('.not') ? `not: ${tellLeaf(leaf)}` : tellLeaf(leaf),
    letsIn: letsIn[at] ?? 0,
    keepsOut: keepsOut[at] ?? 0,
  }));
}

function coverageOf({ counts, compiled }: Counted, segment: string): readonly Coverage[] {
  const compiledSegment = compiled.program.compiled.find(({ id }) => id === segment);
  const members = counts.coverage[segment] ?? {};
  return traitsOf(compiledSegment ?? { leaves: [] }).map((trait) => ({
    trait,
    members: members[trait] ?? 0,
    everybody: counts.traits[trait] ?? 0,
  }));
}

async function costOf(
  state: StateStore,
  { definitions }: Compiled,
  { segment }: SegmentDefinition,
  since: string,
): Promise<Cost> {
  const audiences = definitions.audiences.filter((one) => one.segment === segment);
  const runs = (await Promise.all(audiences.map(({ audience }) => listPushes(state, audience, RUNS_COUNTED))))
    .flat()
    .filter(({ startedAt }) => startedAt >= since);
  const sum = (what: 'added' | 'removed' | 'calls') => runs.reduce((all, { tally }) => all + tally[what], 0);
  return { runs: runs.length, added: sum('added'), removed: sum('removed'), calls: sum('calls') };
}

/** Tells whoever is on call what was reviewed, once the reviews are kept. Nothing reviewed = nothing told. */
async function sendDigest(deps: ReviewDeps, { at, compiled }: Counted, job: string): Promise<void> {
  const lines = (await latestReviews(deps.state)).filter((one) => one.job === job);
  if (lines.length === 0) return;
  await deps.notify(digestOf(compiled.definitions.workspace, at, lines));
}
