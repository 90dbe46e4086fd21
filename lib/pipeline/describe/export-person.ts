import type { Compiled } from '../../domain/decide.ts';
import { isErased, openMatcher } from '../../domain/erasure.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Profile } from '../../domain/profile.ts';
import { hoursAfter, peopleFolders, searchHour } from '../archive-hours.ts';
import { idsOfPerson, keysOfPerson } from '../erase/what-is-theirs.ts';
import { askedBy, newJobId } from '../jobs/job.ts';
import { beginJob, type JobStep, type LongJob, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import type {
  ActivityStore,
  Archive,
  Clock,
  HistoryStore,
  IdentityIndex,
  MembershipStore,
  ProfileStore,
  StateStore,
  StoredProfile,
} from '../ports.ts';
import { quarantineKind, quarantineSources } from '../quarantine.ts';
import { isMerged } from '../resolve/gather.ts';
import { describePerson } from './describe-person.ts';
import { exportPage, type PersonExport } from './export-page.ts';
import { findPerson } from './find-person.ts';

export interface ExportDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly activities: ActivityStore;
  readonly memberships: MembershipStore;
  readonly history: HistoryStore;
  readonly state: StateStore;
  readonly archive: Archive;
  readonly compiled: () => Promise<Compiled>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
}

export interface ExportJob extends LongJob {
  readonly what: 'export';
  readonly person: string;
  /** Where in the archive the search is. */
  readonly folder: number;
  readonly after?: string;
  readonly parts: readonly { readonly hours: number; readonly lines: number; readonly key?: string }[];
}

/** Asks for a person's export; it can be fetched when the job has ended, and goes after some days. */
export async function startExport(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  person: string,
  by?: string,
): Promise<string> {
  const id = newJobId('export', deps.clock);
  const startedAt = formatInstant(deps.clock.now().getTime());
  const parts = [{ hours: 0, lines: 0 }];
  await beginJob<ExportJob>(deps, id, {
    what: 'export',
    state: 'running',
    over: false,
    startedAt,
    ...askedBy(by),
    person,
    folder: 0,
    parts,
  });
  return id;
}

/** Searches the archive hour by hour, puts what is found aside, then writes everything as one JSON and one HTML object. */
export function exportPerson(deps: ExportDeps): Worker<ExportJob> {
  return async function step(id, job, signal): Promise<JobStep<ExportJob>> {
    const profile = await findPerson(deps, job.person);
    if (profile === undefined) {
      await dropExports(deps, job.person, id);
      throw new TributaryError('rejected', 'export/no-such-person', 'the person is not known any more');
    }
    const prefix = peopleFolders[job.folder];
    const base = exportBase(profile.id, id);
    const { hours = 0, lines = 0 } = job.parts[0] ?? {};
    if (prefix === undefined) {
      await writeExport(deps, profile, base);
      return { job: { ...job, state: 'finished', over: true, parts: [{ hours, lines, key: base }] } };
    }
    const key = await deps.key();
    const wanted = new Set(await keysOfPerson(deps, profile, key));
    const count = { hours, lines };
    let after = job.after;
    for await (const hour of hoursAfter(deps.archive, prefix, job.after)) {
      const found = await searchHour({ archive: deps.archive, key }, hour, wanted, deps.clock.now().getTime());
      const theirs = found.flatMap((one) => one.theirs.map((line) => ({ object: one.key, ...line })));
      if (theirs.length > 0)
        await deps.archive.put(`${base}/found/${hour.folder.replaceAll('/', '_')}.ndjson.gz`, theirs);
      count.hours += 1;
      count.lines += theirs.length;
      after = hour.folder;
      if (signal.aborted) return { job: { ...job, after, parts: [count] } };
    }
    const { after: _, ...rest } = job;
    return { job: { ...rest, folder: job.folder + 1, parts: [count] } };
  };
}

/** Characters of one part of an export: a function may answer six megabytes, and a letter may take four bytes. */
const PART_CHARACTERS = 1_000_000;

/** One part of a finished export's text. Undefined when there is no such job, or its export is gone. */
export async function readExport(
  deps: { readonly state: StateStore; readonly archive: Archive },
  id: string,
  form: string,
  part: number,
): Promise<{ readonly text: string; readonly parts: number } | undefined> {
  const job = (await deps.state.get('job', id))?.body as unknown as ExportJob | undefined;
  const base = job?.what === 'export' ? job.parts[0]?.key : undefined;
  if (base === undefined || (form !== 'json' && form !== 'html')) return undefined;
  const text = await deps.archive.getJson(`${base}/person.${form}.gz`);
  if (text === undefined) return undefined;
  const whole = form === 'json' ? JSON.stringify(text) : String(text);
  const characters = [...chunks(whole)];
  const found = characters[part];
  return found === undefined ? undefined : { text: found, parts: characters.length };
}

/** Never cuts between the two halves of a letter. */
function* chunks(text: string): Iterable<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + PART_CHARACTERS);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

function exportBase(person: string, job: string): string {
  return `exports/${person}/${job}`;
}

/** What a job put aside under every id of somebody who is not known any more: a step may have gone on meanwhile. */
async function dropExports(deps: ExportDeps, person: string, job: string): Promise<void> {
  for (let id: string | undefined = person; id !== undefined; ) {
    await dropFolder(deps.archive, exportBase(id, job));
    const stored: StoredProfile | undefined = (await deps.profiles.read([id])).get(id);
    id = stored !== undefined && isMerged(stored) ? stored.mergedInto : undefined;
  }
}

async function dropFolder(archive: Archive, folder: string): Promise<void> {
  for await (const keys of archive.list(`${folder}/`)) for (const key of keys) await archive.remove(key);
}

async function writeExport(deps: ExportDeps, profile: Profile, base: string): Promise<void> {
  const whole = await gatherExport(deps, profile, base);
  await deps.archive.putJson(`${base}/person.json.gz`, whole as unknown as Json);
  await deps.archive.putJson(`${base}/person.html.gz`, exportPage(whole));
  // Who was erased while this was written must not live on in it.
  const now = (await deps.profiles.read([profile.id])).get(profile.id);
  if (!isErased(now)) return;
  await dropFolder(deps.archive, base);
  throw new TributaryError('rejected', 'export/no-such-person', 'the person was erased while the export was written');
}

async function gatherExport(deps: ExportDeps, profile: Profile, base: string): Promise<PersonExport> {
  const compiled = await deps.compiled();
  const ids = await idsOfPerson(deps.profiles, profile);
  const activities: Json[] = [];
  for (const fragment of Object.keys(profile.fragments)) {
    for await (const page of deps.activities.all(fragment)) activities.push(...(page as unknown as Json[]));
  }
  const history: Json[] = [];
  for (const id of ids) history.push(...((await deps.history.ofProfile(id, MOST_LINES)) as unknown as Json[]));
  const audiences: Json[] = [];
  for (const { audience } of compiled.definitions.audiences) {
    const rows = await deps.memberships.readAudienceRows(audience, ids);
    for (const row of rows.values()) audiences.push({ audience, ...(row as unknown as JsonObject) });
  }
  const archive: Json[] = [];
  for await (const keys of deps.archive.list(`${base}/found/`)) {
    for (const key of keys) archive.push(...((await deps.archive.lines(key)) ?? []));
  }
  return {
    exportedAt: formatInstant(deps.clock.now().getTime()),
    person: (await describePerson(deps, profile, compiled)) as unknown as JsonObject,
    fragments: profile.fragments as unknown as JsonObject,
    accounts: profile.accounts as unknown as JsonObject,
    activities,
    history,
    audiences,
    quarantine: await quarantined(deps, profile, compiled),
    archive,
  };
}

const MOST_LINES = 100_000;

async function quarantined(deps: ExportDeps, profile: Profile, { definitions }: Compiled): Promise<Json[]> {
  const key = await deps.key();
  const mentions = openMatcher(await keysOfPerson(deps, profile, key), key);
  const found: Json[] = [];
  for (const source of quarantineSources(definitions.connections, Object.keys(profile.fragments))) {
    for await (const page of deps.state.all(quarantineKind(source))) {
      for (const { body } of page) if (mentions(body.record)) found.push(body);
    }
  }
  return found;
}
