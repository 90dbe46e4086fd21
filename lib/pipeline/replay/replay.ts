import type { ArchivedLine, OpenImports } from '../../connectors/contract.ts';
import { type AnyConnector, loadConnector, type Registry } from '../../connectors/define.ts';
import type { Change, Rejection } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import { startOf } from '../archive-hours.ts';
import { changesMessage } from '../changes-message.ts';
import { AFTER_EVERY_READER_SECONDS } from '../delay.ts';
import { askedBy, newJobId } from '../jobs/job.ts';
import { beginJob, type JobStep, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import { pack } from '../pack.ts';
import type { Archive } from '../ports.ts';
import { dropEchoes, type LedgerDeps } from '../push/write-ledger.ts';
import { quarantine } from '../quarantine.ts';
import { isFolded, readStream } from '../sync/sync-run.ts';
import { type VoidDeps, type VoidingJob, voidStep } from './void-replayed.ts';
import { asWhole, closeWindow, objectsToldBy, openWindow, wholeObjects } from './whole-records.ts';

export interface ReplayDeps extends VoidDeps, LedgerDeps {
  readonly archive: Archive;
  readonly connectors: Registry;
  readonly definitions: () => Promise<Definitions>;
}

/** One thing to read again: the pages of a stream, or what was delivered. */
export interface ReplayPart {
  readonly connection: string;
  /** Absent: deliveries. */
  readonly stream?: string;
  /** Why this is not all that a fresh load would read; absent = it is. */
  readonly partial?: string;
  /** What was made of pages from this hour on, all of which are read, goes if not made again; absent = all stays. */
  readonly voids?: string;
  /** Kinds of records that nothing but what is read here tells. */
  readonly records?: readonly string[];
  readonly objects: number;
  readonly changes: number;
  readonly rejected: number;
}

export interface ReplayJob extends VoidingJob {
  readonly what: 'replay';
  readonly from: string;
  readonly to: string;
  readonly connection?: string;
  /** Not before this instant, which is that of the reading: pulls that began before the replay was asked for are over. */
  readonly readsAt: string;
  readonly parts: readonly ReplayPart[];
  /** The part being read, and the last object of it that is done. */
  readonly part: number;
  readonly after?: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOOK_AGAIN_SECONDS = 5;
/** Objects between two notes of the job: one listing serves them all. */
const OBJECTS_IN_STEP = 20;
const ALL = '*';

/** Asks for the archive of whole hours to be read again. */
export async function startReplay(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'> & Pick<ReplayDeps, 'connectors'>,
  definitions: Definitions,
  asked: { readonly from: number; readonly to: number; readonly connection?: string; readonly by?: string },
): Promise<string> {
  const now = deps.clock.now().getTime();
  const from = hourOf(asked.from);
  const to = Math.ceil(asked.to / HOUR_MS) * HOUR_MS;
  const { connection } = asked;
  const read = Object.values(definitions.connections).filter(
    ({ name }) => connection === undefined || name === connection,
  );
  const nothing = { objects: 0, changes: 0, rejected: 0 };
  const parts: ReplayPart[] = [];
  for (const { name, streams, connector } of read) {
    const imports = (await loadConnector(deps.connectors, connector))?.imports;
    if (imports !== undefined) {
      const partial = `a file holds what somebody chose to send; ${REST_STAYS}`;
      parts.push({ connection: name, stream: imports.stream, ...nothing, partial });
    }
    for (const stream of Object.keys(streams)) {
      const { wholeSince } = (await readStream(deps.state, name, stream)).state;
      // What is about to expire may do so before it is its turn.
      const oldest = now - definitions.privacy.archiveKeptMs + DAY_MS;
      const partial = reasonOf(wholeSince, { from, to, now, oldest });
      const voids = formatInstant(Math.max(from, hourOf(oldest) + HOUR_MS));
      const how = partial === undefined ? { voids } : { partial: `${partial}; ${REST_STAYS}` };
      parts.push({ connection: name, stream, ...nothing, ...how });
    }
  }
  const voided = new Set(parts.filter(({ voids }) => voids !== undefined).map((part) => part.connection));
  parts.push({ connection: connection ?? ALL, ...nothing });
  const id = newJobId('replay', deps.clock);
  for (const name of voided) await openWindow(deps.state, name, id, now);
  const waits = voided.size === 0 ? 0 : AFTER_EVERY_READER_SECONDS * 1_000;
  await beginJob<ReplayJob>(deps, id, {
    what: 'replay',
    state: 'running',
    over: false,
    startedAt: formatInstant(now),
    ...askedBy(asked.by),
    from: formatInstant(from),
    to: formatInstant(to),
    ...(connection === undefined ? {} : { connection }),
    readsAt: formatInstant(now + waits),
    parts,
    part: 0,
    sent: 0,
  });
  return id;
}

const REST_STAYS = 'what only a former mapping made stays';

/** The beginning of the hour that an instant is in. */
function hourOf(instant: number): number {
  return Math.floor(instant / HOUR_MS) * HOUR_MS;
}

/** A stream is replayed as a fresh load would read it if its latest reading of everything, and all since, is replayed. */
function reasonOf(
  wholeSince: string | undefined,
  {
    from,
    to,
    now,
    oldest,
  }: { readonly from: number; readonly to: number; readonly now: number; readonly oldest: number },
): string | undefined {
  if (wholeSince === undefined) return 'the stream was never read from its beginning to its end';
  const whole = Date.parse(wholeSince);
  if (whole < oldest) return `the archive does not reach back to ${wholeSince}, when everything was last read`;
  if (from > whole) return `everything was last read from ${wholeSince} on, before the replayed hours`;
  return to < now ? 'the replayed hours end before now' : undefined;
}

/**
 * Reads archived objects again, some a step: maps the records with the mappings as they are now, sends the changes through
 * the changes queue, and waits until they are folded. Objects are re-read from the name of the last one; sent twice is
 * folded once. At last goes what full readings of streams did not make again.
 */
export function replay(deps: ReplayDeps): Worker<ReplayJob> {
  return async function step(id, job, signal): Promise<JobStep<ReplayJob>> {
    const part = job.parts[job.part];
    const early = Date.parse(job.readsAt) - deps.clock.now().getTime();
    if (early > 0) return { job, waitSeconds: early / 1_000 };
    if (job.voiding !== undefined) return voided(deps, id, job);
    if (part === undefined) {
      const done = await isFolded(deps.state, { id, sent: { 0: job.sent } });
      if (!done) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
      if (job.parts.some(({ voids, records }) => voids !== undefined || records !== undefined)) {
        return voided(deps, id, job);
      }
      // What could not be mapped after all opened a window too.
      await closeWindows(deps, id, job);
      return { job: { ...job, state: 'finished', over: true } };
    }
    const prefix = part.stream === undefined ? 'deliveries/' : `pages/${part.connection}/${part.stream}/`;
    let next = job;
    let read = 0;
    for await (const key of keysBetween(deps.archive, prefix, job)) {
      next = await readAgain(deps, id, next, key);
      read += 1;
      if (read === OBJECTS_IN_STEP || signal.aborted) return { job: next };
    }
    const { after: _, ...rest } = next;
    return { job: { ...rest, part: job.part + 1 } };
  };
}

async function voided(deps: ReplayDeps, id: string, job: ReplayJob): Promise<JobStep<ReplayJob>> {
  const step = await voidStep(deps, id, job);
  if (step.job.voiding?.look === 3) await closeWindows(deps, id, job);
  return step;
}

async function closeWindows({ state }: ReplayDeps, id: string, { parts }: ReplayJob): Promise<void> {
  const names = new Set(parts.map(({ connection }) => connection));
  for (const name of names) await closeWindow(state, name, id);
}

async function* keysBetween(archive: Archive, prefix: string, job: ReplayJob): AsyncIterable<string> {
  const { from, to, after } = job;
  const start = after?.slice(0, after.lastIndexOf('/'));
  // The folder before the first hour sorts before it and after every hour before.
  const first = start === undefined ? `${prefix}${from.slice(0, 13).replace('T', '/')}` : start;
  for await (const page of archive.list(prefix, after ?? first)) {
    for (const key of page) {
      if (startOf(key.slice(0, key.lastIndexOf('/'))) >= Date.parse(to)) return;
      yield key;
    }
  }
}

async function readAgain(deps: ReplayDeps, id: string, job: ReplayJob, key: string): Promise<ReplayJob> {
  const part = job.parts[job.part] as ReplayPart;
  const lines = ((await deps.archive.lines(key)) ?? []) as unknown as readonly Line[];
  const {
    changes,
    rejected,
    unmapped,
    records = [],
    aboutPeople = true,
  } = part.stream === undefined
    ? delivered(lines, part.connection)
    : await mapped(deps, part.connection, part.stream, lines);
  const hour = formatInstant(startOf(key.slice(0, key.lastIndexOf('/'))));
  const { groups, tooLarge } = pack(changes);
  await deps.changes.send(
    groups.map((group, at) =>
      changesMessage({
        origin: 'replay',
        connection: part.connection,
        changes: group,
        ...(part.stream === undefined ? {} : { read: { stream: part.stream, hour, at: job.readsAt } }),
        run: { id, number: job.sent + at },
      }),
    ),
  );
  const refused = [...rejected, ...tooLarge];
  await quarantine(deps, part.connection, part.stream ?? 'deliveries', `${id}#${key}`, refused);
  const { voids: _, ...left } = part;
  const counted = {
    // Nothing can be said of what is void by somebody who could not map all records.
    ...(unmapped === undefined
      ? { ...(aboutPeople ? part : left), ...(records.length === 0 ? {} : { records }) }
      : { ...left, partial: `${unmapped}; ${REST_STAYS}` }),
    objects: part.objects + 1,
    changes: part.changes + changes.length,
    rejected: part.rejected + refused.length,
  };
  const parts = job.parts.map((one) => (one === part ? counted : one));
  return { ...job, after: key, sent: job.sent + groups.length, parts };
}

type Line = ArchivedLine & { readonly connection?: string };
type Read = {
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
  readonly unmapped?: string;
  readonly records?: readonly string[];
  /** False where every record is of a company: nobody's record can be void by it. */
  readonly aboutPeople?: boolean;
};

/** Deliveries are kept as changes: a webhook's own form is not archived, so there is nothing to map again. */
function delivered(lines: readonly Line[], connection: string): Read {
  const own = lines.filter((line) => connection === ALL || line.connection === connection);
  return { changes: own.flatMap((line) => ('change' in line ? [line.change] : [])), rejected: [] };
}

async function mapped(deps: ReplayDeps, connection: string, name: string, lines: readonly Line[]): Promise<Read> {
  const definitions = await deps.definitions();
  const definition = definitions.connections[connection];
  const connector = await loadConnector(deps.connectors, definition?.connector ?? '');
  const config = connector?.config.safeParse(definition?.config);
  if (connector?.imports?.stream === name && config?.success === true) {
    return mapImported(connector.imports.open(config.data), connection, lines);
  }
  const stream = connector?.streams.find((one) => one.name === name);
  if (stream === undefined || config?.success !== true) {
    const reason = `connection ${connection} has no stream ${name} that can be mapped now`;
    const rejected = lines.map((record) => ({ code: 'replay/no-stream', reason, record }));
    return { changes: [], rejected, unmapped: reason };
  }
  const { changes: read, rejected } = stream.remap(lines, connection, config.data);
  const known = connector as AnyConnector;
  // What a push of ours wrote is in the pages as it came back.
  const told = { echoes: known.echoes, config: config.data };
  const { changes } = await dropEchoes(deps, definitions, connection, told, read);
  const objects = wholeObjects(known);
  const unknown = rejected.find(({ code }) => code === 'sync/unknown-mapping');
  return {
    changes: changes.map((change) => asWhole(change, objects)),
    rejected,
    records: objectsToldBy(known, stream),
    aboutPeople: Object.values(stream.mappings).some(({ subject }) => subject === 'person'),
    ...(unknown === undefined ? {} : { unmapped: unknown.reason }),
  };
}

function mapImported({ map }: OpenImports, connection: string, lines: readonly Line[]): Read {
  const changes: Change[] = [];
  const rejected: Rejection[] = [];
  for (const line of lines) {
    const mapped = 'record' in line ? map(line.record, connection) : undefined;
    if (mapped?.ok === true) changes.push(...mapped.changes);
    else if (mapped !== undefined) rejected.push(mapped.rejection);
  }
  return { changes, rejected };
}
