import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Counts } from '../../domain/review/counts.ts';
import type { Overlap, Overlaps } from '../../domain/review/overlaps.ts';
import type { Archive, StateStore } from '../ports.ts';

/** What the latest recount says of all segments together. */
export interface LatestCount {
  readonly overlaps: Overlaps;
  readonly personas: Counts['personas'];
}

interface CountDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson' | 'putJson'>;
}

const KIND = 'facts';
const LATEST = 'latest';

/** Keeps it, unless a later one is kept. Its object is named by the job, so that who dies in between writes it again. */
export async function keepLatestCount({ state, archive }: CountDeps, job: string, count: LatestCount): Promise<void> {
  const key = `facts/${job}.json.gz`;
  const { at } = count.overlaps;
  await archive.putJson(key, count as unknown as Json);
  for (;;) {
    const held = await state.get(KIND, LATEST);
    if (held !== undefined && String(held.body.at) >= at) return;
    if (await state.put(KIND, LATEST, { at, key } as JsonObject, held?.version ?? 0)) return;
  }
}

/** Undefined before the first recount, or when it was so long ago that its object is gone. */
export async function readLatestCount({ state, archive }: CountDeps): Promise<LatestCount | undefined> {
  const key = (await state.get(KIND, LATEST))?.body.key;
  if (typeof key !== 'string') return undefined;
  return (await archive.getJson(key)) as unknown as LatestCount | undefined;
}

/** A part of the matrix of overlaps. */
export interface OverlapMatrix {
  /** When everybody was counted; null = never yet. */
  readonly at: string | null;
  readonly segments: readonly { readonly segment: string; readonly title: string; readonly size: number }[];
  readonly pairs: readonly Overlap[];
  /** How many segments there are in all. */
  readonly of: number;
}

const SHOWN = 40;
const MOST_SHOWN = 200;

/**
 * The overlaps among some segments: the named ones, or the largest. `query.segments`: ids with commas between them;
 * `query.most`: how many. Throws `api/bad-query`.
 */
export async function readOverlaps(
  deps: CountDeps,
  titles: ReadonlyMap<string, string>,
  query: { readonly segments?: string | undefined; readonly most?: string | undefined },
): Promise<OverlapMatrix> {
  const most = query.most === undefined ? SHOWN : Number(query.most);
  const named = query.segments?.split(',').map((one) => one.trim());
  const unknown = named?.find((one) => !titles.has(one));
  if (!Number.isInteger(most) || most < 1 || most > MOST_SHOWN || (named?.length ?? 0) > MOST_SHOWN) {
    throw new TributaryError('rejected', 'api/bad-query', `most: expected a whole number from 1 to ${MOST_SHOWN}`);
  }
  if (unknown !== undefined) {
    throw new TributaryError('rejected', 'api/no-such-segment', 'segments: expected ids of segments');
  }
  const overlaps = (await readLatestCount(deps))?.overlaps;
  const sizeOf = (segment: string): number => overlaps?.sizes[segment] ?? 0;
  const all = [...titles.keys()];
  const largest = all.sort((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1)).slice(0, most);
  const shown = named ?? largest;
  const within = new Set(shown);
  return {
    at: overlaps?.at ?? null,
    segments: shown.map((segment) => ({ segment, title: titles.get(segment) ?? segment, size: sizeOf(segment) })),
    pairs: (overlaps?.pairs ?? []).filter(({ a, b }) => within.has(a) && within.has(b)),
    of: all.length,
  };
}
