import type { FragmentId, Identifier } from '../../domain/change.ts';
import type { ConnectionDefinition, ErasureRule } from '../../domain/definitions.ts';
import { formatInstant, type Milliseconds } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Clock, StateStore } from '../ports.ts';
import { amendReceipt, type ErasedPlace, withPlaces } from './erasure-receipt.ts';

const KIND = 'erased-keys';
const DAY_MS = 24 * 3_600_000;

/** A match key that a tool was told of somebody, and of whom while they were several. Former releases kept it without. */
export interface ToldKey extends Identifier {
  readonly profile?: string;
}

/**
 * What a tool has still to be asked about an erased person: the only place where their keys are, until the tool has given
 * an answer that is final. Then nothing of it is left.
 */
export interface Errand {
  readonly receipt: string;
  readonly connection: string;
  /** Every id that the person ever had. */
  readonly profiles: readonly string[];
  /** The person's records that came from the tool. */
  readonly records: readonly FragmentId[];
  /** Audience → match keys that the tool was told. */
  readonly lists: Readonly<Record<string, readonly ToldKey[]>>;
  readonly since: Milliseconds;
  readonly tries: number;
  /** Audience → the tool's own job by which it takes them off. */
  readonly jobs?: Readonly<Record<string, Json>>;
  /** Nobody asks before then. */
  readonly notBefore: Milliseconds;
  /** Somebody is asking until then. */
  readonly leaseUntil: Milliseconds;
}

export interface HeldErrand {
  readonly errand: Errand;
  readonly version: number;
}

interface ErrandDeps {
  readonly state: StateStore;
  readonly clock: Clock;
}

/** What the workspace says of a connection: where neither it nor the connector can delete, people are taken off lists. */
export function erasureRuleOf({ erasure }: Pick<ConnectionDefinition, 'erasure'>): ErasureRule {
  return erasure ?? 'remove';
}

const TOOL = 'tool ';

/** The place in a receipt that tells of a tool. */
export function toolPlace(connection: string): string {
  return `${TOOL}${connection}`;
}

/** The tool that a place in a receipt tells of. */
export function toolOf(place: string): string | undefined {
  return place.startsWith(TOOL) ? place.slice(TOOL.length) : undefined;
}

/** The errand that is open; undefined when there is none. */
export async function readErrand(
  state: StateStore,
  receipt: string,
  connection: string,
): Promise<HeldErrand | undefined> {
  const held = await state.get(KIND, idOf(receipt, connection));
  if (held === undefined || held.body.done === true) return undefined;
  return { errand: held.body as unknown as Errand, version: held.version };
}

/** Every errand that is open. */
export async function* openErrands(state: StateStore): AsyncIterable<Errand> {
  for await (const page of state.all(KIND)) {
    for (const { body } of page) if (body.done !== true) yield body as unknown as Errand;
  }
}

/**
 * Has a tool asked about a person: adds to what it is asked already. The receipt says `pending` before the errand is there,
 * so an answer can never come before the question.
 */
export async function addErrand(
  deps: ErrandDeps,
  more: Pick<Errand, 'receipt' | 'connection' | 'profiles'> & Partial<Pick<Errand, 'records' | 'lists'>>,
): Promise<void> {
  const { receipt, connection, profiles } = more;
  const id = idOf(receipt, connection);
  for (;;) {
    const held = await deps.state.get(KIND, id);
    const open = held !== undefined && held.body.done !== true;
    const now = deps.clock.now().getTime();
    const fresh = { receipt, connection, profiles, records: [], lists: {}, since: now, tries: 0 };
    const before: Errand = open ? (held.body as unknown as Errand) : { ...fresh, notBefore: 0, leaseUntil: 0 };
    const next = merged(before, more);
    if (open && next === before) return;
    if (!open) {
      const place: ErasedPlace = { place: toolPlace(connection), state: 'pending', at: formatInstant(now) };
      await amendReceipt(deps.state, receipt, (one) => {
        if (one === undefined) throw new TypeError('a receipt is kept for ever');
        return withPlaces(one, [{ ...place, note: 'the tool is asked' }]);
      });
    }
    if (await deps.state.put(KIND, id, next as unknown as JsonObject, held?.version ?? 0)) return;
  }
}

/** Keeps an errand as it stands now. Undefined when somebody else changed it. */
export async function saveErrand(
  state: StateStore,
  { errand, version }: HeldErrand,
  next: Partial<Errand>,
): Promise<HeldErrand | undefined> {
  const changed = { ...errand, ...next };
  const saved = await state.put(
    KIND,
    idOf(errand.receipt, errand.connection),
    changed as unknown as JsonObject,
    version,
  );
  return saved ? { errand: changed, version: version + 1 } : undefined;
}

/** Ends an errand: its keys are gone at once. False when somebody added to it, and it has to be done again. */
export async function endErrand(deps: ErrandDeps, { errand, version }: HeldErrand): Promise<boolean> {
  const { receipt, connection } = errand;
  const expiresAt = deps.clock.now().getTime() + DAY_MS;
  return deps.state.put(KIND, idOf(receipt, connection), { done: true }, version, { expiresAt });
}

function idOf(receipt: string, connection: string): string {
  return `${receipt}#${connection}`;
}

function merged(before: Errand, { records = [], lists = {} }: Partial<Pick<Errand, 'records' | 'lists'>>): Errand {
  const all = [...new Set([...before.records, ...records])];
  const told: Record<string, readonly ToldKey[]> = { ...before.lists };
  let added = all.length - before.records.length;
  for (const [audience, keys] of Object.entries(lists)) {
    const known = new Map([...(told[audience] ?? []), ...keys].map((one) => [JSON.stringify(one), one]));
    added += known.size - (told[audience]?.length ?? 0) + (told[audience] === undefined ? 1 : 0);
    told[audience] = [...known.values()];
  }
  if (added === 0) return before;
  // A job that runs knows nothing of what was added.
  const { jobs: _, ...rest } = before;
  return { ...rest, records: all, lists: told };
}
