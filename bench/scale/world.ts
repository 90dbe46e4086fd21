import { bytesOf, toItem } from '../../lib/adapters/dynamodb/profile-items.ts';
import { designed, measured } from '../../lib/domain/cost/measured.ts';
import { newProfile } from '../../lib/domain/profile.ts';
import { functions } from '../../lib/infra/functions.ts';
import { limits } from './aws-limits.ts';
import type { Facts } from './facts.ts';

/** What the page supposes. All else follows from it, from what was measured and from what AWS allows. */
export const supposed = {
  people: 100_000_000,
  activitiesADay: 1_000_000_000,
  segments: 1_000,
  audiences: 50,
  /** The busiest hour over the mean one. */
  busiest: 3,
  /** Messages of one request to the collector, and activities of one person that one write folds. */
  messagesARequest: 3,
  activitiesAWrite: 3,
  /** Of one person: segments and audiences. */
  segmentsAPerson: 30,
  audiencesAPerson: 5,
  bytesOfAnActivity: 250,
  daysKept: 400,
  archiveDays: 90,
  /** Of an audience, who is added or taken out in a night. */
  changedANight: 0.01,
  /** Of everybody, who enters or leaves by a new definition. */
  movedByADefinition: 0.1,
  accountPeople: 100_000,
  /** DynamoDB's provisioned units for the price of on-demand ones, at 70 % use and before any reservation. */
  provisioned: 0.4,
  daysAMonth: 30,
} as const;

/** Bytes that segments and audiences add to a profile's item, by the product's own item. */
export function membershipBytes(segments: number, audiences: number): number {
  const at = Date.parse('2026-11-27T00:00:00Z');
  const list = <T>(count: number, what: string, value: T) =>
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`${what}-${number}-of-some-words`, value]));
  const keys = [{ type: 'email', value: 'somebody.with.a.name@example.com' }];
  const full = {
    memberships: list(segments, 'segment', at),
    wanted: list(audiences, 'audience', { in: true, keys } as const),
  };
  return bytesOf(toItem({ ...newProfile('p'), ...full })) - bytesOf(toItem(newProfile('p')));
}

/** People, each with one activity, in a batch of the bench `units`. */
const MEASURED_IN_BATCH = 20;

export type World = ReturnType<typeof worldOf>;

/** The load, what a write costs in it, and how long the function takes for it. */
export function worldOf(facts: Facts) {
  const { people, activitiesADay, busiest, messagesARequest, activitiesAWrite, segmentsAPerson, audiencesAPerson } =
    supposed;
  const small = { profile_kb: 2, activities_a_batch_and_person: 1 };
  const units = (what: string): number => facts.value('units', `write units per activity${what}`, small);
  const plainBytes = facts.value('units', 'bytes of the largest profile', small);
  const profileBytes = plainBytes + membershipBytes(segmentsAPerson, audiencesAPerson);
  const profileUnits = Math.ceil(profileBytes / 1_024);
  const indexUnits = units(', profiles') - Math.ceil(plainBytes / 1_024);
  const rowUnits = units(', memberships') + units(', history') + units(', state');
  const writeUnits = profileUnits + indexUnits + rowUnits;
  const mean = activitiesADay / 86_400;
  const core = limits.megabytesACore.value / functions['resolve-profile'].memoryMb;
  const evaluating = (count: number): number =>
    facts.value('segments', 'members and next flips of one person', { 'segments compiled together': count });
  const moreEvaluating = (evaluating(supposed.segments) - evaluating(50)) / activitiesAWrite;
  // The collector sends one message a request: what a batch of messages brings is of so many activities.
  const inBatch = functions['resolve-profile'].sources[0].batchSize * messagesARequest;
  const requestsInBatch = facts.value('units', 'requests per activity', small) * MEASURED_IN_BATCH;
  return {
    mean,
    peak: mean * busiest,
    requests: (mean * busiest) / messagesARequest,
    profileBytes,
    profileUnits,
    indexUnits,
    rowUnits,
    writeUnits,
    activityUnits: writeUnits / activitiesAWrite + 1,
    /** Of them on the table of profiles, the activities' own and the index. */
    profileUnitsASecond: (mean * busiest * profileUnits) / activitiesAWrite,
    readUnits: facts.value('units', 'read units per activity', small) / activitiesAWrite,
    lookUps: facts.value('units', 'read units per activity', small) - Math.ceil(plainBytes / 4_096),
    evaluating,
    compileMs: facts.value('segments', 'compile time', { 'segments compiled together': supposed.segments }),
    /** Milliseconds of one invocation for one activity. */
    activityMs:
      ((measured.activity.microseconds + moreEvaluating) / 1_000) * core +
      (requestsInBatch * designed.waits.service) / inBatch,
    inBatch,
    /** The same for one person who is decided again and written, and who only is looked at. */
    personMs: personMs(facts, 'updates', core) + (evaluating(supposed.segments) - evaluating(50)) / 1_000,
    lookedAtMs: personMs(facts, 'repeats', core) + (evaluating(supposed.segments) - evaluating(50)) / 1_000,
    tableBytes: people * profileBytes,
  };
}

/** Processor time on the function's share of a core, and the waits of its requests, six of them at once. */
function personMs(facts: Facts, load: string, core: number): number {
  const cpu = facts.value('resolve', 'CPU per change', { load }) / 1_000;
  const requests = facts.value('resolve', 'requests per 1,000 changes', { load }) / 1_000;
  return cpu * core + (requests * designed.waits.service) / 6;
}
