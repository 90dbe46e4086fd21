import { sameWanted } from './audience.ts';
import { affectedSegments, leavesList } from './compare-definitions.ts';
import type { Compiled } from './decide.ts';
import type { AudienceDefinition } from './definitions.ts';
import type { Milliseconds } from './instant.ts';
import type { Profile, Wanted } from './profile.ts';
import { differenceOf } from './push.ts';
import { decisiveLeaf, tellLeaf } from './segment/decisive.ts';
import { viewUnder } from './why-moved.ts';

/** How many people a change of definitions moves in one segment, and what decided about them. */
export interface SegmentCount {
  entering: number;
  leaving: number;
  staying: number;
  /** In words → how many of those who enter or leave. */
  reasons: Record<string, number>;
}

/** What a push would do under the other definitions. */
export interface AudienceCount {
  add: number;
  remove: number;
  unchanged: number;
  blocked: Record<string, number>;
}

/** Counts over some people; those of several parts are added up. */
export interface Preview {
  people: number;
  segments: Record<string, SegmentCount>;
  audiences: Record<string, AudienceCount>;
  /**
   * People on the tool's list of an audience that is removed or bound to another list: counted in the audience's own rows, all of
   * them, also where only a sample of the people is met.
   */
  left: Record<string, number>;
  /** What was read of stored activities, because segments ask for what profiles do not remember. */
  history: { people: number; fragments: number; activities: number };
}

/** The side of an audience row that the tool was told, as far as a preview needs it. */
export interface PreviewRow {
  readonly wanted: Wanted;
  readonly told?: Parameters<typeof differenceOf>[0]['told'];
  readonly pending: boolean;
}

/** Both definitions of a preview, with what differs between them. */
export interface Comparison {
  readonly before: Compiled;
  readonly after: Compiled;
  readonly affected: ReadonlySet<string>;
}

const GONE: Wanted = { in: false, reason: 'not-in-segment' };

export function compareCompiled(before: Compiled, after: Compiled): Comparison {
  return { before, after, affected: affectedSegments(before.definitions, after.definitions) };
}

export function emptyPreview(): Preview {
  return { people: 0, segments: {}, audiences: {}, left: {}, history: { people: 0, fragments: 0, activities: 0 } };
}

/** One person as decided by both definitions at one instant, with the rows of audiences. */
export interface Previewed {
  readonly before: Profile;
  readonly after: Profile;
  readonly now: Milliseconds;
  readonly rows: ReadonlyMap<string, PreviewRow>;
  /** Why they move, where no condition of a segment decides it. */
  readonly because?: string;
}

/** Counts one person. */
export function countPerson(preview: Preview, comparison: Comparison, person: Previewed): void {
  preview.people += 1;
  for (const segment of comparison.affected) countSegment(preview, comparison, person, segment);
  const { before, after } = comparison;
  for (const audience of after.definitions.audiences) {
    const former = before.definitions.audiences.find((one) => one.audience === audience.audience);
    countAudience(preview, audience, former, person);
  }
}

function countSegment(preview: Preview, comparison: Comparison, person: Previewed, segment: string): void {
  const was = person.before.memberships[segment] !== undefined;
  const is = person.after.memberships[segment] !== undefined;
  const none: SegmentCount = { entering: 0, leaving: 0, staying: 0, reasons: {} };
  preview.segments[segment] ??= none;
  const count = preview.segments[segment] ?? none;
  if (was && is) count.staying += 1;
  if (was === is) return;
  if (is) count.entering += 1;
  else count.leaving += 1;
  const reason = person.because ?? reasonOf(comparison, person, segment, is);
  count.reasons[reason] = (count.reasons[reason] ?? 0) + 1;
}

/** Which leaf decided: the one that kept them out before or puts them in now, or the other way round. */
function reasonOf({ before, after }: Comparison, person: Previewed, segment: string, enters: boolean): string {
  const was = { program: before.program, view: viewUnder(before, person.before, person.now), now: person.now };
  const is = { program: after.program, view: viewUnder(after, person.after, person.now), now: person.now };
  if (!enters && !after.program.positions.has(segment)) return 'the segment is removed';
  const [first, second] = enters ? [was, is] : [is, was];
  const leaf = decisiveLeaf(first, segment);
  if (leaf !== undefined)
    return enters ? `no longer kept out by: ${tellLeaf(leaf)}` : `now kept out by: ${tellLeaf(leaf)}`;
  const other = decisiveLeaf(second, segment);
  if (other !== undefined) return enters ? `now in by: ${tellLeaf(other)}` : `no longer in by: ${tellLeaf(other)}`;
  return enters ? 'several conditions together put them in' : 'several conditions together keep them out';
}

function countAudience(
  preview: Preview,
  audience: AudienceDefinition,
  former: AudienceDefinition | undefined,
  person: Previewed,
): void {
  const count = audienceCount(preview, audience.audience);
  const row = person.rows.get(audience.audience);
  const wanted = person.after.wanted[audience.audience] ?? GONE;
  const moves = former !== undefined && leavesList(former, audience);
  const told = moves ? undefined : row?.told;
  // A row that waits for nothing was answered by the tool already: it is told again only when what we want differs.
  const settled = row !== undefined && !moves && !row.pending && sameWanted(row.wanted, wanted);
  const sides = { wanted, ...(told === undefined ? {} : { told }) };
  const operations = settled ? [] : differenceOf(sides, audience.mode);
  for (const { op } of operations) count[op] += 1;
  if (operations.length > 0) return;
  if (wanted.in && told?.in === true) count.unchanged += 1;
  const reason = wanted.in ? (told?.in === true ? undefined : told?.outcome) : wanted.reason;
  if (reason !== undefined && reason !== 'not-in-segment') count.blocked[reason] = (count.blocked[reason] ?? 0) + 1;
}

function audienceCount(preview: Preview, audience: string): AudienceCount {
  const none: AudienceCount = { add: 0, remove: 0, unchanged: 0, blocked: {} };
  preview.audiences[audience] ??= none;
  return preview.audiences[audience] ?? none;
}

/** Adds the counts of parts up. */
export function addPreviews(parts: readonly Preview[]): Preview {
  const sum = emptyPreview();
  for (const part of parts) {
    sum.people += part.people;
    for (const key of ['people', 'fragments', 'activities'] as const) sum.history[key] += part.history[key];
    for (const [id, { entering, leaving, staying, reasons }] of Object.entries(part.segments)) {
      const none: SegmentCount = { entering: 0, leaving: 0, staying: 0, reasons: {} };
      sum.segments[id] ??= none;
      const to = sum.segments[id] ?? none;
      to.entering += entering;
      to.leaving += leaving;
      to.staying += staying;
      addCounts(to.reasons, reasons);
    }
    for (const [id, { add, remove, unchanged, blocked }] of Object.entries(part.audiences)) {
      const to = audienceCount(sum, id);
      to.add += add;
      to.remove += remove;
      to.unchanged += unchanged;
      addCounts(to.blocked, blocked);
    }
    addCounts(sum.left, part.left);
  }
  return sum;
}

function addCounts(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(counts)) to[key] = (to[key] ?? 0) + count;
}

/** An estimate from a sample: the most likely number and the ends of its 95 % interval. */
export interface Estimate {
  readonly count: number;
  readonly least: number;
  readonly most: number;
}

/** z of a two-sided 95 % interval. */
const Z = 1.959964;

/**
 * How many of all people a count in a random sample stands for: Wilson's interval of the share, narrowed by the finite
 * population. With everybody in the sample the interval is the count itself.
 */
export function estimate(found: number, sampled: number, all: number): Estimate {
  if (sampled === 0) return { count: 0, least: 0, most: all };
  if (sampled >= all) return { count: found, least: found, most: found };
  const share = found / sampled;
  const correction = (all - sampled) / (all - 1);
  const z2 = (Z * Z * correction) / sampled;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * share * (1 - share) + (z2 * z2) / 4) / (1 + z2);
  return {
    count: Math.round(share * all),
    // What was seen is there, and who was seen not to be counted is not.
    least: Math.max(found, Math.floor((middle - half) * all)),
    most: Math.min(all - (sampled - found), Math.ceil((middle + half) * all)),
  };
}
