import type { Compiled } from '../../domain/decide.ts';
import { mostInBlock } from '../../domain/duplicate/blocks.ts';
import { type Comparable, changesLikeness } from '../../domain/duplicate/comparable.ts';
import { pairId, type Suggestion, suggest } from '../../domain/duplicate/suggest.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import type { BlockStore, Clock, Log, ProfileStore, Queue, StateStore } from '../ports.ts';
import { blocksOf, meet, readComparables } from './compared-people.ts';
import type { Decided } from './decide-people.ts';
import { openPair, PAIRS, type Pair, putPair } from './duplicate-pairs.ts';
import { readWeights } from './duplicate-weights.ts';

export interface SuggestDeps {
  readonly profiles: ProfileStore;
  readonly blocks: BlockStore;
  readonly state: StateStore;
  readonly compiled: () => Promise<Compiled>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Records of each of two people whose pairs are looked up: whoever has more is told apart by the first of them. */
const RECORDS_ASKED = 8;
/** How many people are compared with others by one message. */
const PEOPLE_COMPARED = 100;

/**
 * Compares people with those who share a block key, and writes a suggestion for each pair that is alike enough and that
 * was never suggested before. Runs after the people are written, beside the hot path. Order of effects: block rows →
 * suggestion → pair; each may be repeated, and of two people who come at the same time the later one finds the other.
 */
export function suggestDuplicates(deps: SuggestDeps) {
  return async function compareWithOthers(ids: readonly string[]): Promise<void> {
    const compiled = await deps.compiled();
    const threshold = compiled.definitions.identity.duplicates?.threshold;
    if (threshold === undefined || ids.length === 0) return;
    const { weights, version } = await readWeights(deps.state);
    const people = await readComparables(deps.profiles, compiled, ids);
    const key = await deps.key();
    const blocks = people.flatMap((person) => blocksOf(person, key).map((block) => ({ block, profile: person.id })));
    await deps.blocks.add(blocks, mostInBlock + 1);
    const { meetings, others } = await meet(deps, compiled, people, key);
    const found = new Map<string, { suggestion: Suggestion; a: Comparable; b: Comparable }>();
    for (const [a, b] of meetings) {
      const suggestion = suggest(a, b, threshold, weights);
      if (suggestion !== undefined) found.set(suggestion.id, { suggestion, a, b });
    }
    let written = 0;
    for (const { suggestion, a, b } of found.values()) {
      if (await write(deps, suggestion, version, a, b)) written += 1;
    }
    deps.log('compared', { people: people.length, others, suggested: written });
  };
}

/**
 * Asks for people to be compared with others who may be the same, where what they are compared by changed. It asks before
 * the write, for later: a worker that dies after the write would find nothing new the next time.
 */
export async function askToCompare(
  deps: { readonly recompute: Queue },
  compiled: Compiled,
  items: readonly Decided[],
  lost: ReadonlySet<Decided>,
): Promise<void> {
  const { duplicates } = compiled.definitions.identity;
  if (duplicates === undefined) return;
  const people: string[] = [];
  for (const item of items) {
    if (lost.has(item)) continue;
    for (const profile of item.news) {
      const before = item.component.profiles.find(({ id, version }) => id === profile.id && version > 0);
      if (changesLikeness(before, profile, duplicates.numbers)) people.push(profile.id);
    }
  }
  const messages = [];
  for (let at = 0; at < people.length; at += PEOPLE_COMPARED) {
    const body = { compare: people.slice(at, at + PEOPLE_COMPARED) };
    messages.push({ body, delaySeconds: AFTER_EVERY_WRITER_SECONDS });
  }
  if (messages.length > 0) await deps.recompute.send(messages);
}

async function write(
  deps: SuggestDeps,
  suggestion: Suggestion,
  weights: string,
  a: Comparable,
  b: Comparable,
): Promise<boolean> {
  const records = b.fragments.slice(0, RECORDS_ASKED);
  const pairs = a.fragments.slice(0, RECORDS_ASKED).flatMap((one) => records.map((other) => pairId(one, other)));
  // One after the other would be up to 64 round trips; most pairs are new, so that all are asked for anyway.
  const known = await Promise.all(pairs.map((pair) => deps.state.get(PAIRS, pair)));
  if (known.some((pair) => pair !== undefined)) return false;
  const { id, fragments, score, bits, reasons } = suggestion;
  const suggestedAt = deps.clock.now().toISOString();
  const pair: Pair = {
    ...{ state: 'suggested', open: openId(suggestion), fragments },
    ...{ score, bits, reasons, weights, suggestedAt },
  };
  await openPair(deps.state, id, pair);
  return putPair(deps.state, id, pair, 0);
}

/** Sorts by the match weight when ids are sorted. */
function openId({ bits, id }: Suggestion): string {
  return `${String(10_000 + Math.round(bits * 10)).padStart(5, '0')}-${id}`;
}
