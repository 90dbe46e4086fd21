import { collectionOf } from '../../domain/collection.ts';
import { changesBetween } from '../../domain/compare-definitions.ts';
import { compileDefinitions } from '../../domain/decide.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { unmetNeeds } from '../../domain/segment/need.ts';
import { COLLECTION_KEY } from '../collect/collection.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import { isScoring } from '../learn/models.ts';
import type { Archive, Clock, Queue, StateStore, StoredProfile } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import type { Resolved, ResolveOptions, Work } from '../resolve/resolve-profile.ts';
import { type DefinitionStores, definitionsKey, loadDefinitions, type Pointer, readPointer } from './definitions.ts';
import { movePointer, readPublication } from './publication.ts';
import { type Readiness, readParts, readScan, type Scan, type ScanPart, type ScanWork, startScan } from './scan.ts';

/** Parts in which everybody is decided again after a change of definitions. */
export const SCAN_PARTS = 8;

/**
 * How long the scan after a change of definitions waits. Longer than the pointer takes to move and resolve-profile may
 * run after it: whoever still decides by the former definitions has written by then, and nobody is missed.
 */
export const SCAN_DELAY_SECONDS = 30 + AFTER_EVERY_WRITER_SECONDS;

/** What the scan of a switch needs to know. */
interface SwitchAbout {
  readonly from: string;
  readonly to: string;
  /** Moves of the pointer before this one. */
  readonly moves: number;
  /**
   * People are filled from history, also those who were since the pointer moved: a worker that held the former
   * definitions may have stored an activity after they were.
   */
  readonly refill: boolean;
}

/** The way from one version to another, and how far it is. */
export interface Switch extends SwitchAbout {
  readonly scan: Scan;
  readonly parts: readonly ScanPart[];
  readonly finished: boolean;
}

export interface PublishDeps extends DefinitionStores {
  readonly recompute: Queue;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Publishes definitions: what receiving messages needs of them, the document, then a scan to come that decides everybody
 * again, then the pointer. The scan is asked for first: after the pointer has moved, publishing again does no more than
 * put the write keys right. Returns whether anything changed. With `expected` it throws `definitions/moved` when something
 * else was published since; `by` says who publishes, for the list of publications.
 */
export async function publishDefinitions(
  deps: PublishDeps,
  definitions: Definitions,
  { expected, by }: { readonly expected?: Pointer; readonly by?: string | undefined } = {},
): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    const current = await readPublication(deps.state);
    const published = current?.version === definitions.version;
    if (!published && expected !== undefined && (current?.moves ?? 0) !== expected.moves) {
      // Somebody moved the pointer after our write keys were told: theirs hold.
      if (tries > 0 && current !== undefined) {
        await tellWriteKeys(deps.archive, await loadDefinitions(deps.archive, current.version));
      }
      throw moved();
    }
    await tellWriteKeys(deps.archive, definitions);
    if (published) return false;
    await deps.archive.putJson(definitionsKey(definitions.version), definitions as unknown as Json);
    const former = current === undefined ? undefined : await loadDefinitions(deps.archive, current.version);
    if (current !== undefined && former !== undefined) await startSwitch(deps, current, former, definitions);
    const changes = changesBetween(former, definitions);
    if (await movePointer(deps, definitions, current, { by, changes })) return true;
  }
}

function tellWriteKeys(archive: Archive, definitions: Definitions): Promise<void> {
  return archive.putJson(COLLECTION_KEY, collectionOf(definitions) as unknown as Json);
}

/** The failure of acting on a plan that was made before something else was published. */
export function moved(): TributaryError {
  const message = 'something else was published since the plan was made; make it again and look at it again';
  return new TributaryError('config', 'definitions/moved', message);
}

/** The id of the scan that follows a move of the pointer: the same however often the move is tried. */
export function switchScanId(to: string, from: Pointer): string {
  return `switch.${to}.${from.moves}`;
}

async function startSwitch(deps: PublishDeps, from: Pointer, former: Definitions, to: Definitions): Promise<void> {
  const before = await readSwitch(deps.state, from);
  // Who was to be filled by a way that is not at its end must be by this one.
  const owed = before !== undefined && !before.finished && before.refill;
  const refill = owed || asksForMore(former, to);
  const about: SwitchAbout = { from: from.version, to: to.version, moves: from.moves, refill };
  const scan: Scan = {
    id: switchScanId(to.version, from),
    what: 'switch',
    parts: SCAN_PARTS,
    of: SCAN_PARTS,
    startedAt: formatInstant(deps.clock.now().getTime()),
    about: { ...about },
  };
  await startScan(deps, scan, SCAN_DELAY_SECONDS);
}

function asksForMore(from: Definitions, to: Definitions): boolean {
  return unmetNeeds(compileDefinitions(from).program.needs, compileDefinitions(to).program.needs).length > 0;
}

/** The way that leads to a state of the pointer. Undefined for the first publication, and long after. */
export async function readSwitch(state: StateStore, to: Pointer): Promise<Switch | undefined> {
  const scan = await readScan(state, switchScanId(to.version, { version: '', moves: to.moves - 1 }));
  if (scan === undefined) return undefined;
  const parts = await readParts(state, scan);
  const about = scan.about as unknown as SwitchAbout;
  return { ...about, scan, parts, finished: parts.every(({ done }) => done) };
}

/**
 * Whether people are being moved from one version to another right now, or scored by other models. Lists must not be pushed
 * meanwhile: half of the removals of a change would look small to a guardrail that all of them would break.
 */
export async function isSwitching(state: StateStore): Promise<boolean> {
  const pointer = await readPointer(state);
  const way = pointer === undefined ? undefined : await readSwitch(state, pointer);
  return way?.finished === false || isScoring(state);
}

/** The scan of a switch: decides everybody it meets by the published definitions. */
export function switchWork(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  resolve: (batch: readonly Work[], options: ResolveOptions) => Promise<Resolved>,
): ScanWork {
  return {
    async readiness({ about }) {
      const { to, moves } = about as unknown as SwitchAbout;
      const current = await readPublication(deps.state);
      // Before the pointer moved its publisher died, and asks again; after it moved on, a later scan does the work.
      if (current?.version !== to || current.moves !== moves + 1)
        return { outdated: 'other definitions are published' };
      return afterEveryWriter(deps.clock, current.at);
    },
    people: ({ about }, people, found) =>
      decideAgain(resolve, people, { refill: (about as unknown as SwitchAbout).refill }, found),
  };
}

/**
 * Whether whoever held what was published before a move of a pointer has written. A publication that failed and was tried
 * again has two sets of messages for one scan, and those of the first come too early; null = it moved long ago.
 */
export function afterEveryWriter(clock: Pick<Clock, 'now'>, movedAt: string | null): Readiness {
  if (movedAt === null) return 'ready';
  const early = (Date.parse(movedAt) - clock.now().getTime()) / 1_000 + AFTER_EVERY_WRITER_SECONDS;
  return early > 0 ? { early } : 'ready';
}

/** Decides everybody of a page again, and counts who had to be written. Throws `scan/people-busy`. */
export async function decideAgain(
  resolve: (batch: readonly Work[], options: ResolveOptions) => Promise<Resolved>,
  people: readonly StoredProfile[],
  options: ResolveOptions,
  found: JsonObject,
): Promise<JsonObject> {
  const asked = people.filter((one) => isLiving(one) || one.outbox.length > 0).map(({ id }) => id);
  if (asked.length === 0) return found;
  const { failed, written } = await resolve([{ changes: [], profiles: asked, accounts: [] }], options);
  if (failed.size > 0) {
    const message = 'people of a scan were busy; their part goes on with its next message';
    throw new TributaryError('transient', 'scan/people-busy', message);
  }
  return { written: Number(found.written ?? 0) + written };
}
