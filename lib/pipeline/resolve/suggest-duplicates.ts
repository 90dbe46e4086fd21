import { createHmac } from 'node:crypto';
import type { Compiled } from '../../domain/decide.ts';
import {
  blockKeys,
  type Comparable,
  changesLikeness,
  comparableOf,
  mostInBlock,
  pairId,
  type Suggestion,
  suggest,
} from '../../domain/duplicate.ts';
import { isErased } from '../../domain/erasure.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type { JsonObject } from '../../domain/json.ts';
import { viewOf } from '../../domain/person-view.ts';
import { identifiersOf, type Profile } from '../../domain/profile.ts';
import { effectiveTraits } from '../../domain/survivorship.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import type { BlockStore, Clock, Log, ProfileStore, Queue, StateStore } from '../ports.ts';
import type { Decided } from './decide-people.ts';
import { isMerged } from './gather.ts';

export interface SuggestDeps {
  readonly profiles: ProfileStore;
  readonly blocks: BlockStore;
  readonly state: StateStore;
  readonly compiled: () => Promise<Compiled>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Suggestions that wait for somebody, the likeliest first by their ids; and what was ever suggested or decided of a pair. */
export const OPEN = 'duplicate';
export const PAIRS = 'duplicate-pair';

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
    const people = await readComparables(deps.profiles, compiled, ids);
    const key = await deps.key();
    const keysOf = new Map(people.map((person) => [person, blockKeys(person).map((text) => blockOf(text, key))]));
    await deps.blocks.add(
      people.flatMap((person) => (keysOf.get(person) ?? []).map((block) => ({ block, profile: person.id }))),
      mostInBlock + 1,
    );
    const met = await meet(deps.blocks, new Set([...keysOf.values()].flat()));
    const known = new Map(people.map((person) => [person.id, person]));
    const unread = [...new Set([...met.values()].flat())].filter((id) => !known.has(id));
    for (const other of await readComparables(deps.profiles, compiled, unread)) known.set(other.id, other);
    const found = new Map<string, { suggestion: Suggestion; a: Comparable; b: Comparable }>();
    for (const a of people) {
      const others = new Set((keysOf.get(a) ?? []).flatMap((block) => met.get(block) ?? []));
      for (const id of others) {
        const b = known.get(id);
        const suggestion = b === undefined || b.id === a.id ? undefined : suggest(a, b, threshold);
        if (b !== undefined && suggestion !== undefined) found.set(suggestion.id, { suggestion, a, b });
      }
    }
    let written = 0;
    for (const { suggestion, a, b } of found.values()) if (await write(deps, suggestion, a, b)) written += 1;
    deps.log('compared', { people: people.length, blocks: met.size, others: unread.length, suggested: written });
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
  if (compiled.definitions.identity.duplicates === undefined) return;
  const people: string[] = [];
  for (const item of items) {
    if (lost.has(item)) continue;
    for (const profile of item.news) {
      const before = item.component.profiles.find(({ id, version }) => id === profile.id && version > 0);
      if (changesLikeness(before, profile)) people.push(profile.id);
    }
  }
  const messages = [];
  for (let at = 0; at < people.length; at += PEOPLE_COMPARED) {
    const body = { compare: people.slice(at, at + PEOPLE_COMPARED) };
    messages.push({ body, delaySeconds: AFTER_EVERY_WRITER_SECONDS });
  }
  if (messages.length > 0) await deps.recompute.send(messages);
}

/** People as they are compared now; merged and unknown ids are left out. */
export async function readComparables(
  profiles: ProfileStore,
  compiled: Compiled,
  ids: readonly string[],
): Promise<readonly Comparable[]> {
  if (ids.length === 0) return [];
  const stored = await profiles.read(ids);
  return [...stored.values()].flatMap((profile) =>
    isMerged(profile) || isErased(profile) || Object.keys(profile.fragments).length === 0
      ? []
      : [readComparable(profile, compiled)],
  );
}

function readComparable(profile: Profile, { definitions, read }: Compiled): Comparable {
  const { trait } = viewOf(profile, effectiveTraits(profile, definitions.identity.priorities, read));
  return comparableOf({
    id: profile.id,
    fragments: Object.keys(profile.fragments),
    identifiers: identifiersOf(profile),
    trait,
  });
}

/** Who is in each block; a block that holds too many has nothing in common but a frequent name. */
async function meet(blocks: BlockStore, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await blocks.members([...keys]);
  return new Map([...found].filter(([, members]) => members.length <= mostInBlock));
}

async function write(deps: SuggestDeps, suggestion: Suggestion, a: Comparable, b: Comparable): Promise<boolean> {
  const records = b.fragments.slice(0, RECORDS_ASKED);
  const pairs = a.fragments.slice(0, RECORDS_ASKED).flatMap((one) => records.map((other) => pairId(one, other)));
  // One after the other would be up to 64 round trips; most pairs are new, so that all are asked for anyway.
  const known = await Promise.all(pairs.map((pair) => deps.state.get(PAIRS, pair)));
  if (known.some((pair) => pair !== undefined)) return false;
  const at = deps.clock.now().toISOString();
  const { id, fragments, score, reasons } = suggestion;
  const body = { pair: id, fragments, score, reasons, at } as unknown as JsonObject;
  await deps.state.put(OPEN, openId(suggestion), body, 0);
  return deps.state.put(PAIRS, id, { state: 'suggested', open: openId(suggestion), fragments: [...fragments] }, 0);
}

/** Sorts by score when ids are sorted. */
function openId({ score, id }: Suggestion): string {
  return `${String(Math.round(score * 1_000)).padStart(4, '0')}-${id}`;
}

/** A block key without what it was made of. */
function blockOf(text: string, key: IdentityKey): string {
  return createHmac('sha256', key.secret).update(`block\n${text}`).digest('base64url').slice(0, 22);
}
