import { createHmac } from 'node:crypto';
import type { ListedMember, Truth } from '../../connectors/contract.ts';
import type { Identifier } from '../../domain/change.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { type IdentityKey, identifierKey, normaliseIdentifier } from '../../domain/identifier.ts';
import type { Json } from '../../domain/json.ts';
import { ADDED_BY_HAND, claimedKeys, cureOf, judgeRow, nameAbsence, sought, type Verdict } from '../../domain/truth.ts';
import type { Archive, AudienceRow, Clock, MembershipStore } from '../ports.ts';
import { hashOfKey, type KeyHash, type KeyTable, openKeyTable, packHashes, unpackHashes } from './key-table.ts';
import type { Step, VerifyRun } from './verify-run.ts';

/** What the steps of a truth check work with. */
export interface Checker {
  readonly archive: Archive;
  readonly memberships: MembershipStore;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly audience: AudienceDefinition;
  readonly truth: Truth<unknown>;
  readonly api: unknown;
  readonly remoteId: string;
  readonly keptMs: number;
}

/** What a step found, to be stored together with the step that follows. */
export interface Done {
  readonly run: VerifyRun;
  readonly step: Step;
}

/** Somebody who differs, as the archive keeps them: `keys` for a person to read, versions to heal by. */
interface Differing {
  readonly profile: string;
  readonly as: string;
  readonly keys: readonly Identifier[];
  readonly toldVersion: number;
  readonly wantedVersion: number;
}

interface Stranger {
  readonly profile: string;
  readonly keys: readonly Identifier[];
}

/** People of the list in one object, and in memory with everything that is known of them. */
const CHUNK = 10_000;
const ROWS_AT_ONCE = 100;
/** Profile ids of each difference that a run shows. */
const SAMPLE = 5;

/**
 * Reads some thousands of the tool's list into the archive. Nobody is kept in memory beyond a chunk: what the comparison
 * needs of a list of any size are 64 bits for each key.
 */
export async function listChunk(
  checker: Checker,
  run: VerifyRun,
  step: Extract<Step, { do: 'list' }>,
  signal: AbortSignal,
): Promise<Done | undefined> {
  const { truth, api, remoteId } = checker;
  const met = openKeyTable();
  // Pages of a tool may overlap: whoever ended the last chunk may begin this one.
  for (const { keys } of step.chunks === 0
    ? []
    : await readList<ListedMember>(checker, run, `listed-${step.chunks - 1}`)) {
    for (const key of keys) met.set(hashOf(key), 0);
  }
  const chunk: ListedMember[] = [];
  let after = step.after;
  let last = false;
  let full = false;
  const from = after === undefined ? {} : { after };
  for await (const page of truth.members?.(api, remoteId, { signal, ...from }) ?? []) {
    for (const { keys: given, standing } of page.members) {
      const keys = given.map(normal);
      const [first] = keys;
      if (first !== undefined && met.set(hashOf(first), 0)) chunk.push({ keys, standing });
    }
    after = page.next;
    last = after === undefined;
    full = !last && chunk.length >= CHUNK;
    if (full) break;
  }
  // A reader that was told to stop ends like one that is done; only a page with nothing after it is the last.
  const complete = last || (!full && !signal.aborted);
  if (!complete && after === step.after) return undefined; // No time was left for a single page.
  const chunks = step.chunks + 1;
  await write(checker, run, `listed-${step.chunks}`, chunk);
  const counted = { ...run, listed: run.listed + chunk.length };
  if (complete) return { run: counted, step: { do: 'rows', chunks, part: 0 } };
  return { run: counted, step: { do: 'list', chunks, ...(after === undefined ? {} : { after }) } };
}

/** Judges one part of the audience's rows by the whole list, and notes under which keys its people could be listed. */
export async function compareRows(
  checker: Checker,
  run: VerifyRun,
  { chunks, part }: Extract<Step, { do: 'rows' }>,
): Promise<Done> {
  const { memberships, audience } = checker;
  const list = await loadList(checker, run, chunks);
  const since = Date.parse(run.startedAt);
  const counts = { believed: run.believed, agree: run.agree, waiting: run.waiting, moved: run.moved };
  const known: Record<string, number> = { ...run.known };
  const differing: Differing[] = [];
  const absent: AudienceRow[] = [];
  const claimed: KeyHash[] = [];
  const judge = (row: AudienceRow, verdict: Verdict): void => {
    if (verdict.is === 'waits') counts.waiting += 1;
    else if (verdict.is === 'moved') counts.moved += 1;
    else if (verdict.is === 'absent') absent.push(row);
    else if (verdict.is === 'known') known[verdict.as] = (known[verdict.as] ?? 0) + 1;
    else if (verdict.is === 'differs') differing.push(differingOf(row, verdict.as));
    else if (row.told?.in === true) counts.agree += 1;
  };
  for await (const rows of memberships.audienceRows(audience.audience, part)) {
    for (const row of rows) {
      for (const key of claimedKeys(row)) claimed.push(hashOf(key));
      if (row.told?.in === true) counts.believed += 1;
      judge(row, judgeRow(row, list.standingOf(sought(row)), audience.mode, since));
    }
  }
  for (const [row, verdict] of await nameAbsences(checker, absent)) judge(row, verdict);
  await checker.archive.putJson(objectOf(run, `claimed-${part}`), packHashes(claimed));
  await write(checker, run, `rows-${part}`, differing);
  const next = part + 1;
  return {
    run: withDifferences({ ...run, ...counts, known }, differing),
    step: next < memberships.audienceParts ? { do: 'rows', chunks, part: next } : { do: 'strangers', chunks, chunk: 0 },
  };
}

/** Finds those of one chunk of the list whom no row could have meant: somebody put them there. */
export async function findStrangers(
  checker: Checker,
  run: VerifyRun,
  { chunks, chunk }: Extract<Step, { do: 'strangers' }>,
): Promise<Done> {
  const claimed = openKeyTable();
  for (let part = 0; part < checker.memberships.audienceParts; part += 1) {
    const text = await checker.archive.getJson(objectOf(run, `claimed-${part}`));
    for (const hash of unpackHashes(typeof text === 'string' ? text : '')) claimed.set(hash, 0);
  }
  const key = await checker.key();
  const strangers = (await readList<ListedMember>(checker, run, `listed-${chunk}`))
    .filter(
      ({ keys, standing }) => standing === 'reachable' && keys.every((one) => claimed.get(hashOf(one)) === undefined),
    )
    .map(({ keys }): Stranger => ({ profile: strangerId(keys, key), keys }));
  await write(checker, run, `strangers-${chunk}`, strangers);
  const differences = { ...run.differences };
  if (strangers.length > 0) differences[ADDED_BY_HAND] = (differences[ADDED_BY_HAND] ?? 0) + strangers.length;
  const next = chunk + 1;
  return {
    run: { ...run, differences },
    step: next < chunks ? { do: 'strangers', chunks, chunk: next } : { do: 'heal', chunks, part: 0 },
  };
}

/**
 * Heals what one object names: rows first, then strangers. A row that moved since it was judged is left alone, and one
 * that this run has healed already is not healed again.
 */
export async function healPart(
  checker: Checker,
  run: VerifyRun,
  { chunks, part }: Extract<Step, { do: 'heal' }>,
): Promise<Done> {
  const parts = checker.memberships.audienceParts;
  const healed =
    run.heal === 'report'
      ? 0
      : part < parts
        ? await healRows(checker, run, await readList<Differing>(checker, run, `rows-${part}`))
        : await healStrangers(checker, run, await readList<Stranger>(checker, run, `strangers-${part - parts}`));
  const next = part + 1;
  const more = run.heal !== 'report' && next < parts + chunks;
  return {
    run: { ...run, healed: run.healed + healed },
    step: more ? { do: 'heal', chunks, part: next } : { do: 'end' },
  };
}

async function healRows(checker: Checker, run: VerifyRun, list: readonly Differing[]): Promise<number> {
  const { memberships, audience } = checker;
  let healed = 0;
  for (let at = 0; at < list.length; at += ROWS_AT_ONCE) {
    const some = list.slice(at, at + ROWS_AT_ONCE);
    const rows = await memberships.readAudienceRows(
      audience.audience,
      some.map(({ profile }) => profile),
    );
    const settled = some.flatMap(({ profile, as, toldVersion, wantedVersion }) => {
      const row = rows.get(profile);
      if (row?.told?.run === run.id) healed += 1;
      if (row === undefined || row.toldVersion !== toldVersion || row.wantedVersion !== wantedVersion) return [];
      const cure = cureOf(row, as, run.heal, audience.mode);
      return cure === undefined ? [] : [{ row, told: toldBy(checker, run, cure.told), pending: cure.pending }];
    });
    const moved = await memberships.settle(audience.audience, settled);
    healed += settled.length - moved.size;
  }
  return healed;
}

async function healStrangers(checker: Checker, run: VerifyRun, strangers: readonly Stranger[]): Promise<number> {
  const { memberships, audience, clock, keptMs } = checker;
  const unwanted = { wanted: { in: false, reason: 'not-in-segment' }, pending: false } as const;
  const found = strangers.flatMap(({ profile, keys }) => {
    const told = { in: true, keys, outcome: 'unchanged', at: 0 };
    const cure = cureOf({ ...unwanted, told }, ADDED_BY_HAND, run.heal, audience.mode);
    return cure === undefined ? [] : [{ profile, told: toldBy(checker, run, cure.told), pending: cure.pending }];
  });
  const there = await memberships.enter(audience.audience, found, clock.now().getTime() + keptMs);
  const again = found.filter(({ profile }) => there.has(profile));
  for (let at = 0; at < again.length; at += ROWS_AT_ONCE) {
    const some = again.slice(at, at + ROWS_AT_ONCE);
    const rows = await memberships.readAudienceRows(
      audience.audience,
      some.map(({ profile }) => profile),
    );
    const settled = some.flatMap(({ profile, told, pending }) => {
      const row = rows.get(profile);
      return row === undefined || row.told?.in === true ? [] : [{ row, told, pending }];
    });
    await memberships.settle(audience.audience, settled);
  }
  return found.length;
}

/** Asks the tool how those stand who are missing from the list; without an answer to that, somebody took them off. */
async function nameAbsences(
  { truth, api }: Checker,
  absent: readonly AudienceRow[],
): Promise<readonly (readonly [AudienceRow, Verdict])[]> {
  if (absent.length === 0) return [];
  const members = absent.map((row) => ({ memberId: row.profile, keys: row.told?.keys ?? [] }));
  const standings = await truth.standing?.(api, members);
  return absent.map((row) => {
    const standing = standings === undefined ? 'reachable' : (standings.get(row.profile) ?? 'unknown');
    return [row, nameAbsence(row, standing)] as const;
  });
}

/** The whole list as hashes of its keys, with how each stands. */
async function loadList(checker: Checker, run: VerifyRun, chunks: number) {
  const table: KeyTable = openKeyTable();
  const standings: string[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    for (const { keys, standing } of await readList<ListedMember>(checker, run, `listed-${chunk}`)) {
      if (!standings.includes(standing)) standings.push(standing);
      for (const key of keys) table.set(hashOf(key), standings.indexOf(standing));
    }
  }
  return {
    standingOf(keys: readonly Identifier[]): string | undefined {
      for (const key of keys) {
        const found = table.get(hashOf(key));
        if (found !== undefined) return standings[found];
      }
      return undefined;
    },
  };
}

function withDifferences(run: VerifyRun, found: readonly Differing[]): VerifyRun {
  const differences: Record<string, number> = { ...run.differences };
  const sample: Record<string, readonly string[]> = { ...run.sample };
  for (const { profile, as } of found) {
    differences[as] = (differences[as] ?? 0) + 1;
    const shown = sample[as] ?? [];
    if (shown.length < SAMPLE) sample[as] = [...shown, profile];
  }
  return { ...run, differences, sample };
}

function differingOf(row: AudienceRow, as: string): Differing {
  const { profile, toldVersion, wantedVersion } = row;
  return { profile, as, keys: sought(row), toldVersion, wantedVersion };
}

function toldBy(
  { clock }: Checker,
  run: VerifyRun,
  told: { readonly in: boolean; readonly keys: readonly Identifier[]; readonly outcome: string; readonly code: string },
) {
  return { ...told, run: run.id, at: clock.now().getTime() };
}

/** In the place of a profile id: the same for the same person however often they are found, and nobody's address. */
function strangerId(keys: readonly Identifier[], key: IdentityKey): string {
  const [first = { type: '', value: '' }] = keys;
  const mac = createHmac('sha256', key.secret)
    .update(`listed\n${identifierKey(first)}`)
    .digest('base64url');
  return `listed:${mac.slice(0, 22)}`;
}

/** Rows hold normalised identifiers; what does not normalise can be nobody's of ours, and is compared as it is. */
function normal(key: Identifier): Identifier {
  const normalised = normaliseIdentifier(key);
  return normalised.ok ? normalised.identifier : key;
}

function hashOf(key: Identifier): KeyHash {
  return hashOfKey(identifierKey(key));
}

async function write(checker: Checker, run: VerifyRun, name: string, list: readonly unknown[]): Promise<void> {
  await checker.archive.putJson(objectOf(run, name), list as Json);
}

async function readList<T>(checker: Checker, run: VerifyRun, name: string): Promise<readonly T[]> {
  return ((await checker.archive.getJson(objectOf(run, name))) ?? []) as unknown as readonly T[];
}

function objectOf(run: VerifyRun, name: string): string {
  return `${run.members}${name}.json.gz`;
}
