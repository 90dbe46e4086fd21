import type { ListedMember } from '../../connectors/contract.ts';
import { ADDED_BY_HAND, claimedKeys, type Finding, judgeRow, nameAbsence, sought } from '../../domain/truth.ts';
import type { AudienceRow } from '../ports.ts';
import { type KeyHash, openKeyTable, packHashes, unpackHashes } from './key-table.ts';
import {
  type Checker,
  type Differing,
  type Done,
  hashOf,
  loadList,
  normal,
  objectOf,
  readList,
  type Stranger,
  strangerId,
  writeList,
} from './verify-lists.ts';
import type { VerifyRun, VerifyStep } from './verify-run.ts';

/** People of the list in one object, and in memory with everything that is known of them. */
const CHUNK = 10_000;
/** Profile ids of each difference that a run shows. */
const SAMPLE = 5;

/**
 * Reads some thousands of the tool's list into the archive. Nobody is kept in memory beyond a chunk: what the comparison
 * needs of a list of any size are 64 bits for each key.
 */
export async function listChunk(
  checker: Checker,
  run: VerifyRun,
  step: Extract<VerifyStep, { do: 'list' }>,
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
  await writeList(checker, run, `listed-${step.chunks}`, chunk);
  const counted = { ...run, listed: run.listed + chunk.length };
  if (complete) return { run: counted, step: { do: 'rows', chunks, part: 0 } };
  return { run: counted, step: { do: 'list', chunks, ...(after === undefined ? {} : { after }) } };
}

/** Judges one part of the audience's rows by the whole list, and notes under which keys its people could be listed. */
export async function compareRows(
  checker: Checker,
  run: VerifyRun,
  { chunks, part }: Extract<VerifyStep, { do: 'rows' }>,
): Promise<Done> {
  const { memberships, audience } = checker;
  const list = await loadList(checker, run, chunks);
  const since = Date.parse(run.startedAt);
  const counts = { believed: run.believed, agree: run.agree, waiting: run.waiting, moved: run.moved };
  const known: Record<string, number> = { ...run.known };
  const differing: Differing[] = [];
  const absent: AudienceRow[] = [];
  const claimed: KeyHash[] = [];
  const judge = (row: AudienceRow, finding: Finding): void => {
    if (finding.is === 'waits') counts.waiting += 1;
    else if (finding.is === 'moved') counts.moved += 1;
    else if (finding.is === 'absent') absent.push(row);
    else if (finding.is === 'known') known[finding.as] = (known[finding.as] ?? 0) + 1;
    else if (finding.is === 'differs') differing.push(differingOf(row, finding.as));
    else if (row.told?.in === true) counts.agree += 1;
  };
  for await (const rows of memberships.audienceRows(audience.audience, part)) {
    for (const row of rows) {
      for (const key of claimedKeys(row)) claimed.push(hashOf(key));
      if (row.told?.in === true) counts.believed += 1;
      judge(row, judgeRow(row, list.standingOf(sought(row)), audience.mode, since));
    }
  }
  for (const [row, finding] of await nameAbsences(checker, absent)) judge(row, finding);
  await checker.archive.putJson(objectOf(run, `claimed-${part}`), packHashes(claimed));
  await writeList(checker, run, `rows-${part}`, differing);
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
  { chunks, chunk }: Extract<VerifyStep, { do: 'strangers' }>,
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
  await writeList(checker, run, `strangers-${chunk}`, strangers);
  const differences = { ...run.differences };
  if (strangers.length > 0) differences[ADDED_BY_HAND] = (differences[ADDED_BY_HAND] ?? 0) + strangers.length;
  const next = chunk + 1;
  return {
    run: { ...run, differences },
    step: next < chunks ? { do: 'strangers', chunks, chunk: next } : { do: 'heal', chunks, part: 0 },
  };
}

/** Asks the tool how those stand who are missing from the list; without an answer to that, somebody took them off. */
async function nameAbsences(
  { truth, api, remoteId }: Checker,
  absent: readonly AudienceRow[],
): Promise<readonly (readonly [AudienceRow, Finding])[]> {
  if (absent.length === 0) return [];
  const members = absent.map((row) => ({ memberId: row.profile, keys: row.told?.keys ?? [] }));
  const standings = await truth.standing?.(api, members, remoteId);
  return absent.map((row) => {
    const standing = standings === undefined ? 'reachable' : (standings.get(row.profile) ?? 'unknown');
    return [row, nameAbsence(row, standing)] as const;
  });
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
