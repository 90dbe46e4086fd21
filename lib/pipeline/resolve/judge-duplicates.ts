import type { ProfileChange } from '../../domain/change.ts';
import type { Compiled } from '../../domain/decide.ts';
import { type Reason, SAME_PERSON, suggest } from '../../domain/duplicate.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type { JsonObject } from '../../domain/json.ts';
import { changesMessage } from '../changes-message.ts';
import { findPerson } from '../describe/find-person.ts';
import type { Clock, IdentityIndex, ProfileStore, Queue, QueueMessage, StateDocument, StateStore } from '../ports.ts';
import { OPEN, PAIRS, readComparables } from './suggest-duplicates.ts';

export interface JudgeDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly state: StateStore;
  readonly changes: Queue;
  readonly compiled: () => Promise<Compiled>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
}

/** A suggestion as the API lists it: the people as they are now, and the likeness as it is now. */
export interface OpenSuggestion {
  readonly id: string;
  readonly people: readonly { readonly id: string; readonly fragment: string }[];
  readonly score: number;
  readonly reasons: readonly Reason[];
  readonly suggestedAt: string;
}

/** How long a decided suggestion is still looked at by whoever turns pages; the decision itself stays for ever. */
const DECIDED_KEPT_MS = 24 * 3_600_000;

/**
 * A page of suggestions that wait for somebody, the likeliest as they were found first. Pairs that are one person by
 * now, or not alike any more, are left out; a page may so be shorter than asked. `next` is there while there may be more.
 */
export async function listDuplicates(
  deps: JudgeDeps,
  { most, after }: { readonly most: number; readonly after?: string },
): Promise<{ readonly suggestions: readonly OpenSuggestion[]; readonly next?: string }> {
  const compiled = await deps.compiled();
  const page = await deps.state.list(OPEN, { most, ...(after === undefined ? {} : { after }) });
  const suggestions: OpenSuggestion[] = [];
  for (const document of page) {
    const open = document.body.state === undefined ? await readOpen(deps, compiled, document) : undefined;
    if (open !== undefined) suggestions.push(open);
  }
  const last = page.at(-1)?.id;
  return { suggestions, ...(page.length < most || last === undefined ? {} : { next: last }) };
}

/**
 * Accepts or rejects a suggestion. Accepting states one identifier of its own on a record of each side: evidence like any
 * other, which limits and `unmerge` know how to handle. A rejected pair is never suggested again. Order of effects:
 * decision → evidence → the suggestion leaves the list; asked again, the same decision does the same again.
 */
export async function judgeDuplicate(
  deps: JudgeDeps,
  id: string,
  decision: 'accepted' | 'rejected',
): Promise<JsonObject> {
  const pair = await deps.state.get(PAIRS, id);
  if (pair === undefined) throw new TributaryError('rejected', 'api/no-such-duplicate', 'no suggestion has that id');
  const { state } = pair.body;
  if (state !== 'suggested' && state !== decision) {
    throw new TributaryError('rejected', 'api/duplicate-decided', `the suggestion was ${String(state)} before`);
  }
  const at = typeof pair.body.at === 'string' ? pair.body.at : deps.clock.now().toISOString();
  const decided = { ...pair.body, state: decision, at };
  if (state === 'suggested' && !(await deps.state.put(PAIRS, id, decided, pair.version))) {
    return judgeDuplicate(deps, id, decision); // Somebody else decided it just now.
  }
  if (decision === 'accepted') await deps.changes.send([evidenceOf(pair, id, at)]);
  const open = await deps.state.get(OPEN, String(pair.body.open));
  if (open !== undefined && open.body.state === undefined) {
    const expiresAt = deps.clock.now().getTime() + DECIDED_KEPT_MS;
    await deps.state.put(OPEN, open.id, { ...open.body, state: decision }, open.version, { expiresAt });
  }
  return { id, state: decision, at };
}

function evidenceOf(pair: StateDocument, id: string, at: string): QueueMessage {
  const changes = fragmentsOf(pair).map(
    (fragment): ProfileChange => ({ kind: 'profile', fragment, at, identifiers: [{ type: SAME_PERSON, value: id }] }),
  );
  return changesMessage({ origin: 'delivery', connection: 'duplicates', changes });
}

async function readOpen(
  deps: JudgeDeps,
  compiled: Compiled,
  document: StateDocument,
): Promise<OpenSuggestion | undefined> {
  const fragments = fragmentsOf(document);
  const holders = await Promise.all(fragments.map((fragment) => findPerson(deps, fragment)));
  const ids = holders.flatMap((holder) => (holder === undefined ? [] : [holder.id]));
  const [a, b] = await readComparables(deps.profiles, compiled, [...new Set(ids)]);
  if (a === undefined || b === undefined) return undefined;
  const now = suggest(a, b, compiled.definitions.identity.duplicates?.threshold ?? 0);
  if (now === undefined) return undefined;
  return {
    id: String(document.body.pair),
    people: fragments.map((fragment, side) => ({ id: ids[side] ?? '', fragment })),
    score: now.score,
    reasons: now.reasons,
    suggestedAt: String(document.body.at),
  };
}

function fragmentsOf({ body }: StateDocument): readonly string[] {
  return Array.isArray(body.fragments) ? body.fragments.map(String) : [];
}
