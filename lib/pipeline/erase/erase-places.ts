import { connectionOf } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import type { ErasedProfile, Remains } from '../../domain/erasure.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import type {
  ActivityStore,
  Archive,
  HistoryStore,
  MembershipStore,
  Queue,
  StateStore,
  WriteLedger,
} from '../ports.ts';
import { quarantineSources } from '../quarantine.ts';
import { duplicateKinds } from '../resolve/duplicate-pairs.ts';
import { eraseMarks } from '../review/team-words.ts';
import { leftThere, takeOffAudiences } from './erase-audience-rows.ts';
import { eraseQuarantined } from './erase-quarantine.ts';
import { addErrand, erasureRuleOf, readErrand, toolPlace } from './erased-keys.ts';
import type { ErasedPlace, ErasureReceipt } from './erasure-receipt.ts';
import { type DeadLettersDeps, searchDeadLetters } from './search-dead-letters.ts';

export interface PlacesDeps extends DeadLettersDeps {
  readonly activities: ActivityStore;
  readonly memberships: MembershipStore;
  readonly history: HistoryStore;
  readonly state: StateStore;
  readonly archive: Archive;
  readonly ledger: WriteLedger;
  /** Where tools are asked to erase somebody: by the function that may speak to them. */
  readonly push: Queue;
  readonly definitions: () => Promise<Definitions>;
  readonly key: () => Promise<IdentityKey>;
}

/** Whom a place is searched for, and the receipt that tells of it. */
export interface ErasedPerson {
  readonly deps: PlacesDeps;
  readonly erased: ErasedProfile;
  readonly remains: Remains;
  readonly receipt: ErasureReceipt;
  readonly id: string;
  readonly look: 1 | 2;
}

export type Found = Pick<ErasedPlace, 'place'> & Partial<Pick<ErasedPlace, 'state' | 'count' | 'until' | 'note'>>;

/** What one place holds of the person is taken away. Undefined when time was short; then it is called again. */
type Erase = (person: ErasedPerson, signal: AbortSignal) => Promise<readonly Found[] | undefined>;

/** The order of an erasure after the profile itself. */
export const EVERYWHERE: readonly Erase[] = [
  eraseActivities,
  eraseMemberships,
  eraseAudiences,
  askTools,
  eraseHistory,
  eraseQuarantine,
  eraseSuggestions,
  eraseTheirMarks,
  eraseExports,
  eraseLedger,
  eraseDeadLetters,
];

/** How long a dead-letter queue keeps a message. */
const DEAD_LETTERS_KEPT_MS = 14 * 24 * 3_600_000;

/** Whoever came back by their own later word keeps what they did since: only websites and apps go on under one name. */
async function eraseActivities({ deps, remains, erased }: ErasedPerson, signal: AbortSignal) {
  let count = 0;
  for (const fragment of remains.fragments) {
    if (signal.aborted) return undefined;
    count += await deps.activities.erase(fragment, fragment.startsWith('web:') ? erased.erased : undefined);
  }
  return [{ place: 'activities', count }];
}

async function eraseMemberships({ deps, remains }: ErasedPerson) {
  const { segments } = await deps.definitions();
  const all = new Set([...segments.map(({ segment }) => segment), ...remains.segments]);
  for (const segment of all) await deps.memberships.eraseRows('segment', segment, remains.profiles);
  for (const account of remains.accounts) await deps.memberships.eraseRows('account', account, remains.profiles);
  return [{ place: 'memberships' }];
}

async function eraseAudiences({ deps, erased, receipt, id }: ErasedPerson) {
  return takeOffAudiences(deps, { id, receipt, version: erased.version });
}

async function eraseHistory({ deps, remains }: ErasedPerson) {
  let count = 0;
  for (const profile of remains.profiles) count += await deps.history.erase(profile);
  return [{ place: 'history', count }];
}

async function eraseQuarantine({ deps, remains, receipt }: ErasedPerson, signal: AbortSignal) {
  const { connections } = await deps.definitions();
  const sources = quarantineSources(connections, remains.fragments);
  const { count, next } = await eraseQuarantined(deps, sources, receipt.keys, signal);
  return next === undefined ? [{ place: 'quarantine', count }] : undefined;
}

/** Suggested duplicates, and what was decided of them: both name records. */
async function eraseSuggestions({ deps, remains }: ErasedPerson, signal: AbortSignal) {
  const theirs = new Set<Json>(remains.fragments);
  let count = 0;
  for (const kind of duplicateKinds) {
    for await (const page of deps.state.all(kind)) {
      if (signal.aborted) return undefined;
      for (const { id, body } of page) {
        if (!Array.isArray(body.fragments) || !body.fragments.some((one: Json) => theirs.has(one))) continue;
        await deps.state.remove(kind, id);
        count += 1;
      }
    }
  }
  return [{ place: 'suggestions', count }];
}

/** What the team said of whether they belong. */
async function eraseTheirMarks({ deps, remains }: ErasedPerson) {
  const { segments } = await deps.definitions();
  const all = new Set([...segments.map(({ segment }) => segment), ...remains.segments]);
  return [{ place: 'marks', count: await eraseMarks(deps.state, [...all], remains.profiles) }];
}

async function eraseExports({ deps, remains }: ErasedPerson) {
  let count = 0;
  for (const profile of remains.profiles) {
    for await (const keys of deps.archive.list(`exports/${profile}/`)) {
      for (const key of keys) await deps.archive.remove(key);
      count += keys.length;
    }
  }
  return [{ place: 'exports', count }];
}

async function eraseLedger({ deps, remains }: ErasedPerson) {
  return [{ place: 'write ledger', count: await deps.ledger.erase(remains.profiles) }];
}

/** What nobody could look at goes by expiring, unless the nightly round sees it before. */
async function eraseDeadLetters({ deps, erased, receipt }: ErasedPerson, signal: AbortSignal) {
  const keys = new Map(receipt.keys.map((key) => [key, erased.erased]));
  const { taken, missed } = await searchDeadLetters(deps, keys, signal);
  if (missed === 0) return [{ place: 'dead letters', count: taken }];
  const until = formatInstant(deps.clock.now().getTime() + DEAD_LETTERS_KEPT_MS);
  const note = `${missed} messages or more could not be looked at; the nightly round looks again`;
  return [{ place: 'dead letters', state: 'pending' as const, count: taken, until, note }];
}

/**
 * Has the tools asked that the person's records came from, and sends the questions on their way, those about lists too.
 * Once: what a tool answers is in the receipt by the second look.
 */
async function askTools({ deps, remains, receipt, id, look }: ErasedPerson): Promise<readonly Found[]> {
  const { connections } = await deps.definitions();
  const told: Found[] = [];
  if (look === 1) {
    for (const [connection, records] of bySource(remains.fragments)) {
      const definition = connections[connection];
      const place = toolPlace(connection);
      const rule = definition === undefined ? undefined : erasureRuleOf(definition);
      // What only has to be said is said here; a tool that was told of a list is asked, and says both.
      const asked = (await readErrand(deps.state, id, connection)) !== undefined;
      if (rule === undefined) told.push({ place, state: 'impossible', note: NO_CONNECTION });
      else if (rule === 'leave') told.push(leftThere(deps.clock, connection));
      else if (rule === 'remove' && !asked) told.push({ place, state: 'impossible', note: SOURCE_STAYS });
      else await addErrand(deps, { receipt: id, connection, profiles: receipt.profiles, records });
    }
  }
  const waiting = [];
  for (const connection of Object.keys(connections)) {
    const held = await readErrand(deps.state, id, connection);
    if (held?.errand.tries === 0) waiting.push({ body: { erase: id, connection } });
  }
  if (waiting.length > 0) await deps.push.send(waiting);
  return told;
}

const NO_CONNECTION = 'no connection is called so any more; erase there by hand';
const SOURCE_STAYS = 'the record there is the source (erasure: remove): delete it there; what comes from it is dropped';

function bySource(fragments: Remains['fragments']): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const fragment of fragments) {
    const connection = connectionOf(fragment);
    if (connection === 'web') continue;
    sources.set(connection, [...(sources.get(connection) ?? []), fragment]);
  }
  return sources;
}
