import type { Calls, Stream } from '../../connectors/contract.ts';
import { loadConnector, type Registry } from '../../connectors/define.ts';
import type { Change } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { asTributaryError, dispositions, TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { withCalls } from '../call-meter.ts';
import { type OpenConnection, openConnection } from '../connections.ts';
import { JOB_KEPT_MS, newJobId } from '../jobs/job.ts';
import type { Job } from '../jobs/jobs.ts';
import type { Archive, Clock, Queue, StateStore } from '../ports.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** A record as the tool has it, beside what its mapping makes of it. */
export interface SampledRecord {
  readonly record: Json;
  /** Which of the stream's mappings it went through; absent where a change came without a record. */
  readonly mapping?: string;
  readonly changes: readonly Change[];
  readonly rejected: readonly { readonly code: string; readonly reason: string }[];
}

/** A stream may begin with pages that hold nothing. */
const MOST_PAGES = 20;

interface StartDeps {
  readonly state: StateStore;
  readonly sync: Queue;
  readonly clock: Clock;
  readonly connectors: Registry;
}

/**
 * Asks for the first records of a stream, as they would become changes. Whether it has a schedule does not matter. Throws
 * `rejected` where there is no such stream.
 */
export async function startSample(
  deps: StartDeps,
  { connections }: Definitions,
  asked: { readonly connection: string; readonly stream: string; readonly most: number },
): Promise<Job> {
  const { connection, stream, most } = asked;
  const definition = connections[connection];
  if (definition === undefined) {
    const known = Object.keys(connections).join(', ');
    const message = `no connection is called ${connection}; there are: ${known}`;
    throw new TributaryError('rejected', 'api/no-such-connection', message);
  }
  const connector = await loadConnector(deps.connectors, definition.connector);
  const streams = connector?.streams.map(({ name }) => name) ?? [];
  if (!streams.includes(stream)) {
    const message = `${definition.connector} has no stream ${stream}; it has: ${streams.join(', ') || 'none'}`;
    throw new TributaryError('rejected', 'api/no-such-stream', message);
  }
  const startedAt = formatInstant(deps.clock.now().getTime());
  const id = newJobId('sample', deps.clock);
  const job = { what: 'sample', state: 'running', startedAt, parts: [{ connection, stream }] } as const;
  await deps.state.put('job', id, job, 0, { expiresAt: deps.clock.now().getTime() + JOB_KEPT_MS });
  await deps.sync.send([{ body: { connection, stream, sample: { job: id, most } } }]);
  return { id, ...job };
}

/** What a job has sampled; undefined when it has not (yet), or it is no longer kept. */
export async function readSample(archive: Archive, job: string): Promise<readonly SampledRecord[] | undefined> {
  return (await archive.getJson(sampleKey(job))) as unknown as readonly SampledRecord[] | undefined;
}

/** Reads the first records live and keeps them beside what they would become. No profile, checkpoint or archive changes. */
export async function sampleStream(deps: SyncDeps, command: SyncCommand, signal: AbortSignal): Promise<void> {
  const { job = '', most = 0 } = command.sample ?? {};
  const held = await deps.state.get('job', job);
  if (held === undefined || held.body.state !== 'running') return;
  const end = async (more: JsonObject): Promise<void> => {
    const expiresAt = deps.clock.now().getTime() + JOB_KEPT_MS;
    await deps.state.put('job', job, { ...held.body, ...more }, held.version, { expiresAt });
  };
  try {
    const connection = await openConnection(deps, command.connection);
    const stream = connection.connector.streams.find(({ name }) => name === command.stream);
    const holder = { holder: `sample/${command.stream}`, use: 'pull' } as const;
    const read = async (calls: Calls) =>
      stream === undefined ? [] : readFirst(deps, connection, stream, most, calls, signal);
    const found = await withCalls(deps, connection, holder, read);
    await deps.archive.putJson(sampleKey(job), found as unknown as Json);
    await end({ state: 'finished' });
  } catch (thrown) {
    const { kind, code, message } = asTributaryError(thrown);
    deps.log('sample not read', { connection: command.connection, stream: command.stream, kind, code });
    // Somebody waits for it: what may pass is told too, and asked for again by hand.
    await end({ state: 'failed', error: { code, message } });
    if (dispositions[kind].does === 'dead-letter') throw thrown;
  }
}

async function readFirst(
  { clock }: SyncDeps,
  { definition, config, connect }: OpenConnection,
  stream: Stream<unknown>,
  most: number,
  calls: Calls,
  signal: AbortSignal,
): Promise<readonly SampledRecord[]> {
  const api = await connect(signal, calls);
  const found: SampledRecord[] = [];
  let pages = 0;
  const options = { pageSize: most, signal, now: clock.now() };
  for await (const page of stream.read(api, definition.name, undefined, options)) {
    pages += 1;
    for (const line of page.lines.slice(0, most - found.length)) {
      const { changes, rejected } = stream.remap([line], definition.name, config);
      const told = 'change' in line ? { record: null } : { record: line.record as Json, mapping: line.mapping };
      found.push({ ...told, changes, rejected: rejected.map(({ code, reason }) => ({ code, reason })) });
    }
    const figures = (page.figures ?? []).flatMap((day) => day.figures.map((one) => ({ day: day.day, ...one })));
    for (const record of figures.slice(0, most - found.length)) {
      found.push({ record: record as unknown as Json, changes: [], rejected: [] });
    }
    if (found.length >= most || pages === MOST_PAGES || signal.aborted) break;
  }
  return found;
}

function sampleKey(job: string): string {
  return `samples/${job}.json.gz`;
}
