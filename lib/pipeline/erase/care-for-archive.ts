import { isOwnWord } from '../../domain/erasure.ts';
import { everyIndexKey, type IdentityKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import { parseChange } from '../../domain/parse-change.ts';
import { hoursAfter, isExpired, peopleFolders, rewriteHour, searchHour } from '../archive-hours.ts';
import { beginJob, type JobStep, type LongJob, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import type { StateStore } from '../ports.ts';
import { quarantineSources } from '../quarantine.ts';
import { noteRound } from '../rounds.ts';
import { takeOffAudiences } from './erase-audience-rows.ts';
import type { PlacesDeps } from './erase-places.ts';
import { eraseQuarantined, type QuarantinePlace } from './erase-quarantine.ts';
import { openErrands, toolOf } from './erased-keys.ts';
import { allReceipts, amendReceipt, type ErasedPlace, type ErasureReceipt, withPlaces } from './erasure-receipt.ts';
import { searchDeadLetters } from './search-dead-letters.ts';

export type CareDeps = Pick<
  PlacesDeps,
  | 'archive'
  | 'clock'
  | 'deadLetters'
  | 'definitions'
  | 'identities'
  | 'key'
  | 'ledger'
  | 'memberships'
  | 'profiles'
  | 'push'
  | 'state'
>;

/** The daily round: where it is, and what it took out of the archive. */
export interface CareJob extends LongJob {
  readonly what: 'care';
  readonly folder: number;
  readonly after?: string;
  /** How far the quarantine is searched, after the archive. */
  readonly quarantine?: QuarantinePlace;
  readonly parts: readonly { readonly hours: number; readonly rewritten: number; readonly lines: number }[];
}

/** Begins the round of a day; the day's second firing finds it begun. */
export async function startCare(deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>): Promise<void> {
  const startedAt = formatInstant(deps.clock.now().getTime());
  const parts = [{ hours: 0, rewritten: 0, lines: 0 }];
  const begun = { what: 'care', state: 'running', over: false, startedAt, folder: 0, parts } as const;
  await beginJob<CareJob>(deps, `care.${startedAt.slice(0, 10)}`, begun);
  await noteRound(deps, 'care');
}

/**
 * Takes erased people out of the archive, those too whose records came in again, hour by hour; then out of quarantine and
 * dead letters, where something may have come to lie since; then settles the receipts of everybody who was erased before
 * the round began, and asks tools again whose answer is long due.
 */
export function careForArchive(deps: CareDeps): Worker<CareJob> {
  return async function care(_id, job, signal): Promise<JobStep<CareJob>> {
    const prefix = peopleFolders[job.folder];
    if (job.folder === peopleFolders.length) {
      // A record that a tool keeps is quarantined anew by each pull that cannot use it.
      const { quarantine: from, ...rest } = job;
      const keys = (await erasedKeys(deps.state)).keys();
      const { next } = await eraseQuarantined(deps, await searchedSources(deps), keys, signal, from);
      return { job: next === undefined ? { ...rest, folder: job.folder + 1 } : { ...rest, quarantine: next } };
    }
    if (prefix === undefined) {
      const { missed } = await searchDeadLetters(deps, await erasedKeys(deps.state), signal);
      await settleReceipts(deps, job, missed === 0);
      await askAgain(deps);
      return { job: { ...job, state: 'finished', over: true } };
    }
    const erased = await erasedKeys(deps.state);
    const wanted = new Set(erased.keys());
    const search = { archive: deps.archive, key: await deps.key() };
    const { hours = 0, rewritten = 0, lines = 0 } = job.parts[0] ?? {};
    const count = { hours, rewritten, lines };
    let after = job.after;
    if (wanted.size > 0) {
      const { privacy } = await deps.definitions();
      for await (const hour of hoursAfter(deps.archive, prefix, job.after)) {
        after = hour.folder;
        if (isExpired(hour, privacy.archiveKeptMs, deps.clock.now().getTime())) {
          for (const key of hour.keys) await deps.archive.remove(key);
          if (signal.aborted) return { job: { ...job, after, parts: [count] } };
          continue;
        }
        const now = deps.clock.now().getTime();
        const mentioned = await searchHour(search, hour, wanted, now);
        const found = mentioned
          .map((one) => ({ ...one, theirs: one.theirs.filter((line) => !isLaterWord(line, erased, search.key, now)) }))
          .filter(({ theirs }) => theirs.length > 0);
        if (found.length > 0) await rewriteHour(search, hour, found);
        count.hours += 1;
        count.rewritten += found.length;
        count.lines += found.reduce((sum, { theirs }) => sum + theirs.length, 0);
        if (signal.aborted) return { job: { ...job, after, parts: [count] } };
      }
    }
    const { after: _, ...rest } = job;
    return { job: { ...rest, folder: job.folder + 1, parts: [count] } };
  };
}

/** Key of a record or an identifier → when it was erased last, in ms. */
async function erasedKeys(state: StateStore): Promise<ReadonlyMap<string, number>> {
  const erased = new Map<string, number>();
  for await (const [, receipt] of allReceipts(state)) {
    const at = receipt.erasedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(receipt.erasedAt);
    for (const key of receipt.keys) erased.set(key, Math.max(erased.get(key) ?? at, at));
  }
  return erased;
}

/** Where something of erased people may be quarantined: at what is connected, and at what they came from. */
async function searchedSources({ state, definitions }: CareDeps): Promise<readonly string[]> {
  const sources = new Set(quarantineSources((await definitions()).connections, []));
  for await (const [, { places }] of allReceipts(state))
    for (const { place } of places) {
      const tool = toolOf(place);
      if (tool !== undefined) sources.add(tool);
    }
  return [...sources];
}

/** Whoever came back by their own word is known again from then on: what they said since is theirs to keep. */
function isLaterWord(line: object, erased: ReadonlyMap<string, number>, key: IdentityKey, now: number): boolean {
  if (!isJsonObject(line) || typeof line.of !== 'string') return false;
  const { of } = line;
  const parsed = parseChange(line.change);
  if (!parsed.ok || parsed.change.kind === 'account') return false;
  const times = everyIndexKey({ type: 'fragment', value: of }, key).flatMap((one) => erased.get(one) ?? []);
  return times.length > 0 && isOwnWord(parsed.change, Math.max(...times), now);
}

/** How long a question may be due before the message that carries it is taken for lost. */
const OVERDUE_MS = 3_600_000;

async function askAgain({ state, push, clock }: CareDeps): Promise<void> {
  const overdue = clock.now().getTime() - OVERDUE_MS;
  for await (const { receipt, connection, notBefore, tries } of openErrands(state)) {
    if (tries === 0 || notBefore < overdue) await push.send([{ body: { erase: receipt, connection } }]);
  }
}

/** `searched`: every dead letter was looked at. */
async function settleReceipts(deps: CareDeps, { startedAt }: CareJob, searched: boolean): Promise<void> {
  const now = formatInstant(deps.clock.now().getTime());
  for await (const [id, receipt] of allReceipts(deps.state)) {
    if (receipt.state === 'done' || receipt.erasedAt === undefined) continue;
    const audiences = await settledAudiences(deps, id, receipt, now);
    // A push that took the person off a list since has written that down.
    await deps.ledger.erase(receipt.profiles);
    await amendReceipt(deps.state, id, (before = receipt) => {
      const expired = before.places.filter(
        ({ state, until }) => state === 'pending' && until !== undefined && until <= now,
      );
      const archive = before.places.filter(
        ({ place, state }) =>
          (place === 'archive' || (place === 'dead letters' && state === 'pending' && searched)) &&
          receipt.erasedAt !== undefined &&
          receipt.erasedAt < startedAt,
      );
      const ended = [...expired, ...archive].map((one): ErasedPlace => ({ ...one, state: 'confirmed', at: now }));
      return withPlaces(before, [...ended, ...audiences]);
    });
  }
}

async function settledAudiences(
  deps: CareDeps,
  id: string,
  receipt: ErasureReceipt,
  now: string,
): Promise<readonly ErasedPlace[]> {
  const open = receipt.places.filter(({ place, state }) => place.startsWith('audience ') && state === 'pending');
  if (open.length === 0) return [];
  const found = await takeOffAudiences(deps, { id, receipt, version: 0 });
  const left = new Map(found.map((one) => [one.place, one]));
  return open.map((one): ErasedPlace => {
    const { note: _, ...rest } = one;
    const found = left.get(one.place);
    if (found?.state === 'pending') return one;
    return found?.state === 'impossible' ? { ...rest, ...found, at: now } : { ...rest, state: 'confirmed', at: now };
  });
}
