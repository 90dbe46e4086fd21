import { connectionOf, type ProfileChange, type UnmergeChange } from '../../domain/change.ts';
import { SAME_PERSON } from '../../domain/duplicate/suggest.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import { changesMessage } from '../changes-message.ts';
import type { Clock, Queue, QueueMessage, StateStore } from '../ports.ts';
import {
  type Decision,
  decidedKind,
  decidedRow,
  OPEN,
  openPair,
  type Pair,
  putPair,
  readPair,
} from './duplicate-pairs.ts';

interface JudgeDeps {
  readonly state: StateStore;
  readonly changes: Queue;
  readonly clock: Pick<Clock, 'now'>;
}

/** What somebody says: they are one, they are two, or what was said before is taken back. */
export type Verdict = 'accept' | 'reject' | 'undo';

/** A pair as it stands after a verdict. */
export interface Judged {
  readonly id: string;
  readonly state: Pair['state'];
  readonly at: string;
}

/** How long a decided suggestion is still looked at by whoever turns pages; the decision itself stays for ever. */
const DECIDED_KEPT_MS = 24 * 3_600_000;

/** From what a verdict leads to what. What it leads to is where it stays when it is said again. */
const LEADS: Readonly<Record<Verdict, Readonly<Partial<Record<Pair['state'], Pair['state']>>>>> = {
  accept: { suggested: 'accepted', parted: 'accepted', accepted: 'accepted' },
  reject: { suggested: 'rejected', rejected: 'rejected' },
  undo: { accepted: 'parted', parted: 'parted', rejected: 'suggested', suggested: 'suggested' },
};

/**
 * Judges a pair. Accepting states one identifier of its own on a record of each side: evidence like any other, which limits
 * and `unmerge` know how to handle. A rejected pair is not suggested again, until that is undone. To undo an accepted pair
 * is to unmerge by that evidence: its records are kept apart until it is accepted again. Order of effects: pair → changes →
 * rows that lead to it; the same verdict again does the same again. Throws `api/no-such-duplicate`, `api/duplicate-decided`.
 */
export async function judgeDuplicate(deps: JudgeDeps, id: string, verdict: Verdict, by?: string): Promise<Judged> {
  const held = await readPair(deps.state, id);
  if (held === undefined) throw new TributaryError('rejected', 'api/no-such-duplicate', 'no suggestion has that id');
  const { pair } = held;
  const state = LEADS[verdict][pair.state];
  if (state === undefined) {
    throw new TributaryError('rejected', 'api/duplicate-decided', `the suggestion was ${pair.state} before`);
  }
  if (state === pair.state) return settle(deps, id, pair);
  const now = deps.clock.now().getTime();
  // Later than the decision before, also where clocks are not: of two rulings the later one stands.
  const at = formatInstant(Math.max(now, (parseInstant(pair.at ?? '') ?? 0) + 1));
  const { by: _, ...rest } = pair;
  const said = { ...(by === undefined ? {} : { by }), ...(state === 'parted' ? { parted: true as const } : {}) };
  const judged: Pair = { ...rest, state, at, ...said };
  if (!(await putPair(deps.state, id, judged, held.version))) return judgeDuplicate(deps, id, verdict, by);
  await retireDecision(deps, id, pair);
  return settle(deps, id, judged);
}

/** Everything that follows from how a pair stands. */
async function settle(deps: JudgeDeps, id: string, pair: Pair): Promise<Judged> {
  const { state, at = pair.suggestedAt } = pair;
  const changes = changesOf(pair, id, at);
  if (changes !== undefined) await deps.changes.send([changes]);
  if (state === 'suggested') await openPair(deps.state, id, pair);
  else await noteDecision(deps, id, pair, state, at);
  return { id, state, at };
}

/** A row among the decisions; the suggestion waits no more. */
async function noteDecision(deps: JudgeDeps, id: string, pair: Pair, decision: Decision, at: string): Promise<void> {
  await deps.state.put(decidedKind(decision), decidedRow(at, id), { pair: id, fragments: [...pair.fragments] }, 0);
  const open = await deps.state.get(OPEN, pair.open);
  if (open === undefined || open.body.state !== undefined) return;
  const expiresAt = deps.clock.now().getTime() + DECIDED_KEPT_MS;
  await deps.state.put(OPEN, open.id, { ...open.body, state: decision }, open.version, { expiresAt });
}

/** A row that leads to a decision taken back is passed over from now on, and expires: nobody here may delete documents. */
async function retireDecision(deps: JudgeDeps, id: string, pair: Pair): Promise<void> {
  if (pair.state === 'suggested' || pair.at === undefined) return;
  const row = await deps.state.get(decidedKind(pair.state), decidedRow(pair.at, id));
  if (row === undefined) return;
  const expiresAt = deps.clock.now().getTime() + DECIDED_KEPT_MS;
  await deps.state.put(decidedKind(pair.state), row.id, row.body, row.version, { expiresAt });
}

function changesOf({ state, fragments, parted }: Pair, id: string, at: string): QueueMessage | undefined {
  const [first, second] = fragments;
  if (first === undefined || second === undefined || (state !== 'accepted' && state !== 'parted')) return undefined;
  const identifier = { type: SAME_PERSON, value: id };
  const parting: UnmergeChange = { kind: 'unmerge', fragment: second, from: first, identifier, at };
  const stating = [first, second].map(
    (fragment): ProfileChange => ({ kind: 'profile', fragment, at, identifiers: [identifier] }),
  );
  const joining = parted === true ? [...stating, { ...parting, undone: true }] : stating;
  const changes = state === 'parted' ? [parting] : joining;
  const connection = state === 'parted' ? connectionOf(second) : 'duplicates';
  return changesMessage({ origin: 'delivery', connection, changes });
}
