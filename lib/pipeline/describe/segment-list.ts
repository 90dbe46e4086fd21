import type { Compiled } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import { foldText } from '../../domain/fold-text.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Performance } from '../../domain/review/facts.ts';
import { tellInLine } from '../../domain/segment/tell-condition.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';
import type { Archive } from '../ports.ts';
import { readFacts } from '../review/day-facts.ts';
import { performanceIn } from '../review/facts-page.ts';
import { readLatestCount } from '../review/latest-count.ts';
import { type HistoryDeps, type SizeNow, sizeNow } from './segment-history.ts';
import { namesFor } from './segment-names.ts';

/** One segment as lists show it. */
export interface SegmentLine {
  readonly segment: string;
  readonly title: string;
  /** The condition as one sentence. */
  readonly sentence: string;
  readonly persona: string | null;
  /** How its objective stands; null where it has none, or nothing was counted yet. */
  readonly performance: Performance | null;
  readonly members: number;
  /** How `members` was counted: see the history of a segment. */
  readonly counted: SizeNow;
  /** Sizes at the latest nightly recounts, oldest first. */
  readonly sizes: readonly { readonly at: string; readonly members: number }[];
  /** Audiences that it fills. */
  readonly audiences: readonly string[];
}

export interface SegmentPage {
  readonly segments: readonly SegmentLine[];
  /** Segments that were asked for, on all pages. */
  readonly total: number;
  readonly next: string | null;
}

export interface AskedSegments {
  /** Part of an id, a title or a persona. */
  readonly q: string | undefined;
  readonly sort: string | undefined;
  /** The `next` of the page before. */
  readonly from: string | undefined;
  readonly most: number;
}

const NIGHTS = 14;
const EVERY_NIGHT = 400;
const MOST = 200;
/** Sizes counted at the same time: each takes some queries. */
const AT_ONCE = 16;

/**
 * Lists segments, some at a time: by name, or the largest of the latest recount first. Only those of the page are counted
 * up to now, so that a thousand segments cost what a page of them does. Throws `api/bad-query`.
 */
export async function listSegments(
  deps: HistoryDeps & { readonly archive: Pick<Archive, 'getJson' | 'putJson'> },
  compiled: Compiled,
  { q = '', sort = 'name', from, most }: AskedSegments,
): Promise<SegmentPage> {
  const { definitions } = compiled;
  const latest = sort === 'size' ? ((await readLatestCount(deps))?.overlaps.sizes ?? {}) : {};
  const found = definitions.segments
    .filter((one) => isAbout(one, q))
    .sort((a, b) => {
      const bySize = sort === 'size' ? (latest[b.segment] ?? 0) - (latest[a.segment] ?? 0) : 0;
      return bySize || titleOf(a).localeCompare(titleOf(b), 'en') || (a.segment < b.segment ? -1 : 1);
    });
  const start = from === undefined ? 0 : found.findIndex(({ segment }) => segment === from) + 1;
  if (!(most >= 1 && most <= MOST) || !['name', 'size'].includes(sort) || (from !== undefined && start === 0)) {
    const message = `most is a number from 1 to ${MOST}, sort is name or size, from is the \`next\` of the answer before`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const page = found.slice(start, start + Math.floor(most));
  const now = deps.clock.now().getTime();
  const lines: SegmentLine[] = [];
  for (let at = 0; at < page.length; at += AT_ONCE) {
    const some = page.slice(at, at + AT_ONCE).map(async (one): Promise<SegmentLine> => {
      const { segment, when, persona } = one;
      // An objective may be as old as facts are kept: its way begins with the first of them.
      const most = compiled.measuring.objectives.has(segment) ? EVERY_NIGHT : NIGHTS;
      const nights = await readFacts(deps.state, segment, { to: formatInstant(now).slice(0, 10), most });
      const [newest] = nights;
      const counted = await sizeNow(deps, segment, newest, now);
      return {
        segment,
        title: titleOf(one),
        sentence: tellInLine(when, namesFor(definitions, when)),
        persona: persona ?? null,
        performance: newest === undefined ? null : performanceIn(compiled, newest, nights),
        members: counted.members,
        counted,
        sizes: nights
          .slice(0, NIGHTS)
          .map((night) => ({ at: night.at, members: night.size }))
          .reverse(),
        audiences: definitions.audiences.filter((audience) => audience.segment === segment).map((one) => one.audience),
      };
    });
    lines.push(...(await Promise.all(some)));
  }
  const last = page.at(-1);
  const more = start + page.length < found.length && last !== undefined;
  return { segments: lines, total: found.length, next: more ? last.segment : null };
}

function titleOf({ segment, title }: SegmentDefinition): string {
  return title ?? segment;
}

function isAbout({ segment, title = '', persona = '' }: SegmentDefinition, q: string): boolean {
  const sought = foldText(q.trim());
  return [segment, title, persona].some((text) => foldText(text).includes(sought));
}
