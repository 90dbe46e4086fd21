import type { Compiled } from '../../domain/decide.ts';
import { byField } from '../../domain/duplicate/agreement.ts';
import { estimateWeights, fewestPeople } from '../../domain/duplicate/estimate.ts';
import {
  addTallies,
  boundedTally,
  emptyTally,
  openTally,
  strangersAmong,
  type Tally,
} from '../../domain/duplicate/tally.ts';
import { defaultWeights, type Weights } from '../../domain/duplicate/weights.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type Scan, type ScanPart, type ScanWork, startScan } from '../define/scan.ts';
import type { BlockStore, Clock, ProfileStore, Queue, StateStore } from '../ports.ts';
import { meet, readComparable } from './compared-people.ts';
import { isLiving } from './gather.ts';

/** Weights as they are stored, by the instant at which their scan began. */
export interface StoredWeights {
  readonly weights: Weights;
  /** Everybody, as the sample says. */
  readonly people: number;
  /** Who was compared with all who share a block. */
  readonly compared: number;
  /** How many of these comparisons are one person, as expected under the weights. */
  readonly matches: number;
  readonly rounds: number;
}

interface WeightsDeps {
  readonly profiles: ProfileStore;
  readonly blocks: BlockStore;
  readonly state: StateStore;
  readonly compiled: () => Promise<Compiled>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Pick<Clock, 'now'>;
}

const WEIGHTS = 'duplicate-weights';
/** As long as the history of segments. */
const KEPT_MS = 400 * 24 * 3_600_000;
const EVERY_MS = 6.5 * 24 * 3_600_000;
/** How many people are compared for an estimate: one part of the table, which is a random sample of everybody. */
const SAMPLE = 20_000;
/** Of each page of a walk. */
const STRANGERS = 2_000;
/** Bounds the row of a part to some hundred KB. */
const MOST_PATTERNS = 4_000;

/** The newest estimate; the defaults while there is none. Of a field that it does not know, the defaults. */
export async function readWeights(state: StateStore): Promise<{ readonly version: string; readonly weights: Weights }> {
  const [newest] = await state.list(WEIGHTS, { most: 1 });
  if (newest === undefined) return { version: 'defaults', weights: defaultWeights };
  const { share, fields } = (newest.body as unknown as StoredWeights).weights;
  const known = byField((field) =>
    fields[field]?.same.length === defaultWeights.fields[field].same.length
      ? fields[field]
      : defaultWeights.fields[field],
  );
  return { version: newest.id, weights: { share, fields: known } };
}

/**
 * Asks for an estimate once a week, by the instant of the recount that counted the people. Twice is once. Its cost: what
 * walking and comparing a sample takes, whatever the number of people.
 */
export async function startEstimate(
  deps: Pick<WeightsDeps, 'state' | 'compiled' | 'clock'> & { readonly recompute: Queue },
  startedAt: string,
  people: number,
): Promise<void> {
  const { duplicates } = (await deps.compiled()).definitions.identity;
  if (duplicates === undefined || people < fewestPeople) return;
  const [newest] = await deps.state.list(WEIGHTS, { most: 1 });
  const since = newest === undefined ? Number.NEGATIVE_INFINITY : (parseInstant(newest.id) ?? 0);
  if ((parseInstant(startedAt) ?? 0) - since < EVERY_MS) return;
  const of = Math.max(1, Math.round(people / SAMPLE));
  await startScan(deps, { id: `weights.${startedAt}`, what: 'weights', parts: 1, of, startedAt, about: {} });
}

/** The scan of a recount that asks for an estimate in its end. */
export function thenEstimate(deps: Parameters<typeof startEstimate>[0], recount: ScanWork): ScanWork {
  return {
    ...recount,
    async end(scan, parts) {
      await recount.end?.(scan, parts);
      const people = parts.reduce((sum, part) => sum + part.people, 0);
      await startEstimate(deps, scan.startedAt, people);
    },
  };
}

interface Found {
  readonly compared: number;
  readonly tally: Tally;
}

/** The scan of an estimate: compares a sample with all who share a block, and counts how they agree. Keeps nothing of anybody. */
export function weightsWork(deps: WeightsDeps): ScanWork {
  return {
    async people(_scan, page, before) {
      const compiled = await deps.compiled();
      const people = page.filter(isLiving).map((profile) => readComparable(profile, compiled));
      const { compared, tally: told } = readFound(before);
      const tally = openTally(told);
      const { meetings } = await meet(deps, compiled, people, await deps.key());
      const met = new Set<string>();
      for (const [a, b] of meetings) {
        tally.met(a, b);
        met.add(`${a.id}\n${b.id}`);
      }
      for (const [a, b] of strangersAmong(people, STRANGERS)) {
        if (!met.has(`${a.id}\n${b.id}`)) tally.stranger(a, b);
      }
      const found: Found = { compared: compared + people.length, tally: boundedTally(tally.told(0), MOST_PATTERNS) };
      return found as unknown as JsonObject;
    },
    async end(scan, parts) {
      const expiresAt = deps.clock.now().getTime() + KEPT_MS;
      const stored = weigh(scan, parts);
      if (stored !== undefined) {
        await deps.state.put(WEIGHTS, scan.startedAt, stored as unknown as JsonObject, 0, { expiresAt });
      }
    },
  };
}

/** Everybody who was compared was compared with all others: so many pairs the counts stand for, each from one side. */
function weigh({ of }: Scan, parts: readonly ScanPart[]): StoredWeights | undefined {
  const found = parts.map((part) => readFound(part.found));
  const compared = found.reduce((sum, part) => sum + part.compared, 0);
  const people = Math.round((compared * of) / parts.length);
  if (people < fewestPeople) return undefined;
  const tally = { ...addTallies(found.map((part) => part.tally)), pairs: compared * (people - 1) };
  const { weights, matches, rounds } = estimateWeights(tally);
  return { weights, people, compared, matches: Math.round(matches), rounds };
}

function readFound(found: JsonObject): Found {
  return found.tally === undefined ? { compared: 0, tally: emptyTally() } : (found as unknown as Found);
}
