import { formatInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Clock, Queue, StateStore } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import type { Versions } from '../resolve/refill.ts';
import { countFacets, keepFacets } from './count-facets.ts';
import { type ScanPart, type ScanWork, startScan } from './scan.ts';

/** Everybody counted, segment by segment. */
export interface Recount {
  /** When counting began, RFC 3339: who moved later is not in it for certain. */
  readonly at: string;
  readonly people: number;
  /** Segment id → members. */
  readonly segments: Readonly<Record<string, number>>;
  readonly readUnits: number;
}

const PARTS = 8;
const KIND = 'recount';
/** As long as the history of segments. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** Asks for a recount of everybody. Two firings of one schedule are one recount. */
export async function startRecount(
  deps: { readonly state: StateStore; readonly recompute: Queue; readonly clock: Pick<Clock, 'now'> },
  scheduledAt?: string,
): Promise<void> {
  const startedAt = formatInstant(deps.clock.now().getTime());
  const id = `recount.${scheduledAt ?? startedAt}`;
  await startScan(deps, { id, what: 'recount', parts: PARTS, of: PARTS, startedAt, about: {} });
}

/**
 * The scan of a recount: counts members in the profiles themselves, which are the truth that rows follow. `counted` is told
 * of it in the end, and may be told twice.
 */
export function recountWork(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'>; readonly versions: Versions },
  counted: (recount: Recount) => Promise<void>,
): ScanWork {
  return {
    async people({ startedAt }, people, found) {
      const segments: Record<string, number> = { ...countsIn(found.segments) };
      let counted = Number(found.people ?? 0);
      for (const one of people) {
        if (!isLiving(one)) continue;
        counted += 1;
        for (const segment of Object.keys(one.memberships)) segments[segment] = (segments[segment] ?? 0) + 1;
      }
      const facets = await countFacets(deps.versions, people.filter(isLiving), Date.parse(startedAt), found.facets);
      return { people: counted, segments, facets };
    },
    async end({ startedAt }, parts) {
      const expiresAt = deps.clock.now().getTime() + KEPT_MS;
      const recount = addUp(startedAt, parts);
      await keepFacets(deps.state, recount, parts, expiresAt);
      await deps.state.put(KIND, startedAt, recount as unknown as JsonObject, 0, { expiresAt });
      await counted(recount);
    },
  };
}

/** Recounts, newest first. */
export async function readRecounts(state: StateStore, most: number): Promise<readonly Recount[]> {
  return (await state.list(KIND, { most })).map(({ body }) => body as unknown as Recount);
}

function addUp(at: string, parts: readonly ScanPart[]): Recount {
  const segments: Record<string, number> = {};
  for (const { found } of parts) {
    for (const [id, count] of Object.entries(countsIn(found.segments))) segments[id] = (segments[id] ?? 0) + count;
  }
  return {
    at,
    people: parts.reduce((sum, { found }) => sum + Number(found.people ?? 0), 0),
    segments,
    readUnits: parts.reduce((sum, { readUnits }) => sum + readUnits, 0),
  };
}

function countsIn(value: unknown): Readonly<Record<string, number>> {
  return isJsonObject(value) ? (value as Readonly<Record<string, number>>) : {};
}
