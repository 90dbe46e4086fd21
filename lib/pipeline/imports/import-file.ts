import { createHash } from 'node:crypto';
import type { ArchivedLine, Imports, OpenImports } from '../../connectors/contract.ts';
import { loadConnector, type Registry } from '../../connectors/define.ts';
import { canonicalText } from '../../domain/canonical.ts';
import type { Change } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { archiveKey, readingOf } from '../archive-hours.ts';
import { changesMessage } from '../changes-message.ts';
import { JOB_KEPT_MS, type JobStanding } from '../jobs/job.ts';
import { pack } from '../pack.ts';
import type { Archive, Clock, Log, Queue, StateStore } from '../ports.ts';
import { whenBack } from './dropped-name.ts';
import {
  FILE_KNOWN_MS,
  IMPORT_KEPT_MS,
  type ImportState,
  isImportFolded,
  noteSent,
  readImport,
} from './import-state.ts';

export interface ImportDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'put'>;
  readonly changes: Queue;
  readonly clock: Clock;
  readonly log: Log;
  readonly connectors: Registry;
  readonly definitions: () => Promise<Definitions>;
}

/** An import as the sender follows it. */
export interface StandingImport {
  readonly import: string;
  /** The time of rows without one: the same for the same file, whenever it is sent. */
  readonly at: string;
  /** Batches that need not be sent again. */
  readonly done: readonly number[];
  /** The file was sent to its end before, under the mapping as it is now. */
  readonly ended: boolean;
}

/** Rows of a file that go together; the same rows under the same number when they are sent again. */
export interface RowBatch {
  readonly batch: number;
  readonly rows: readonly { readonly line: number; readonly row: JsonObject }[];
}

export interface TakenRows {
  readonly changes: number;
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly reason: string }[];
}

/** The settings of a connection that takes files, for whoever wants to see what its rows would become. */
export async function importSettings(deps: ImportDeps, connection: string) {
  const { imports, connector, settings } = await openImports(deps, connection);
  return { connection, connector, stream: imports.stream, settings };
}

/**
 * Begins to import a file, or goes on with it. A file is known by the hash of its bytes: sent again under the same mapping
 * it is the same import, and under another one its rows keep the time that they had. With a `name`, under which it was
 * dropped, it is another import, of now, when it goes back to what it was before something else.
 */
export async function startImport(
  deps: ImportDeps,
  asked: { readonly connection: string; readonly content: string; readonly fileAt: string; readonly name?: string },
): Promise<StandingImport> {
  const { connection, content, name } = asked;
  const { open } = await openImports(deps, connection);
  const now = deps.clock.now().getTime();
  const fileAt = Math.min(Date.parse(asked.fileAt), now);
  const first = await firstTime(deps, connection, content, fileAt);
  const drop = { connection, content, at: formatInstant(fileAt), first };
  const backAt = name === undefined ? undefined : await whenBack(deps, { ...drop, name });
  const back = backAt === undefined ? {} : { backAt };
  const at = backAt ?? first;
  const id = importId({ connection, content, ...back }, open);
  const begun: ImportState = { connection, content, at, ...back, startedAt: formatInstant(now) };
  const expiresAt = now + IMPORT_KEPT_MS;
  await deps.state.put('import', id, begun as unknown as JsonObject, 0, { expiresAt });
  const { ended } = await readImport(deps.state, id);
  const done = [...(await deps.state.numbers(`import-done#${id}`))].sort((a, b) => a - b);
  return { import: id, at, done, ended: ended === true };
}

/**
 * Takes a batch of rows: archive them, queue their changes, note the batch. Whoever dies in between is sent the batch
 * again, and it folds to the same.
 */
export async function takeRows(deps: ImportDeps, id: string, { batch, rows }: RowBatch): Promise<TakenRows> {
  const begun = await readImport(deps.state, id);
  const { connection, at } = begun;
  const { imports, open } = await openImports(deps, connection);
  if (importId(begun, open) !== id) {
    throw new TributaryError(
      'rejected',
      'import/mapping-moved',
      `the mapping of ${connection} was changed while the file was read; send the file again`,
    );
  }
  const lines: ArchivedLine[] = [];
  const changes: Change[] = [];
  const rejected: TakenRows['rejected'][number][] = [];
  const lineOf = new Map<unknown, number>();
  for (const { line, row } of rows) {
    const record = { row, at };
    const mapped = open.map(record, connection);
    if (mapped.ok) {
      for (const change of mapped.changes) lineOf.set(change, line);
      changes.push(...mapped.changes);
      const [of] = mapped.changes.map((change) => (change.kind === 'account' ? change.account : change.fragment));
      lines.push({ ...(of === undefined ? {} : { of }), mapping: ROW, record });
    } else {
      const { code, reason } = mapped.rejection;
      rejected.push({ line, code, reason });
      // Kept too: a replay under a better mapping brings it.
      lines.push({ mapping: ROW, record });
    }
  }
  const { groups, tooLarge } = pack(changes);
  for (const { code, reason, record } of tooLarge) rejected.push({ line: lineOf.get(record) ?? 0, code, reason });
  const now = deps.clock.now();
  const name = `import-${nameOf(id)}-${String(batch).padStart(7, '0')}`;
  await deps.archive.put(archiveKey(`pages/${connection}/${imports.stream}`, now, name), lines);
  const numbers = await noteSent(deps, id, batch, groups.length);
  await deps.changes.send(
    groups.map((group, index) =>
      changesMessage({
        origin: 'page',
        connection,
        changes: group,
        read: readingOf(imports.stream, now),
        run: { id, number: numbers[index] ?? 0 },
      }),
    ),
  );
  await deps.state.addNumbers(`import-done#${id}`, [batch], now.getTime() + IMPORT_KEPT_MS);
  return { changes: changes.length - tooLarge.length, rejected };
}

/** Notes that the whole file was sent. Returns a job that ends when all of it is folded into profiles. */
export async function endImport(deps: ImportDeps, id: string): Promise<JobStanding & ImportJob> {
  const held = await deps.state.get('import', id);
  const begun = await readImport(deps.state, id);
  const now = deps.clock.now().getTime();
  const body = { ...begun, ended: true } as unknown as JsonObject;
  // Lost to somebody who ended it at the same moment: it is ended.
  await deps.state.put('import', id, body, held?.version ?? 0, { expiresAt: now + IMPORT_KEPT_MS });
  const parts = [{ import: id, connection: begun.connection }];
  const job = { what: 'import' as const, startedAt: formatInstant(now), parts };
  const name = `import.${nameOf(id)}`;
  const before = await deps.state.get('job', name);
  await deps.state.put('job', name, job, before?.version ?? 0, { expiresAt: now + JOB_KEPT_MS });
  deps.log('import sent', { connection: begun.connection, import: id });
  const state = (await isImportFolded(deps.state, id)) ? 'finished' : 'running';
  return { ...job, id: name, state };
}

interface ImportJob {
  readonly id: string;
  readonly parts: readonly JsonObject[];
}

/** The mapping that the lines of an import went through: there is one for each connection. */
const ROW = 'row';

/** The connection that files are for. Throws `rejected` where there is none, or none that takes files. */
export async function openImports(
  deps: Pick<ImportDeps, 'connectors' | 'definitions'>,
  connection: string,
): Promise<{
  readonly imports: Imports;
  readonly open: OpenImports;
  readonly connector: string;
  readonly settings: JsonObject;
}> {
  const { connections } = await deps.definitions();
  const definition = connections[connection];
  if (definition === undefined) {
    const known = Object.keys(connections).join(', ');
    const message = `no connection is called ${connection}; there are: ${known}`;
    throw new TributaryError('rejected', 'api/no-such-connection', message);
  }
  const connector = await loadConnector(deps.connectors, definition.connector);
  if (connector?.imports === undefined) {
    const message = `${connection} is a connection of ${definition.connector}, which takes no files; expected one of files`;
    throw new TributaryError('rejected', 'import/takes-no-files', message);
  }
  const config = connector.config.safeParse(definition.config);
  if (!config.success) {
    const message = `the settings of ${connection} cannot be used; tributary check says why`;
    throw new TributaryError('config', 'connection/bad-config', message);
  }
  const { imports } = connector;
  return { imports, open: imports.open(config.data), connector: definition.connector, settings: definition.config };
}

/** The first time that a file was said to be of stays its time: copying it somewhere must not make its rows newer. */
async function firstTime(
  deps: Pick<ImportDeps, 'state' | 'clock'>,
  connection: string,
  content: string,
  at: number,
): Promise<string> {
  const id = `${connection}/${content}`;
  const now = deps.clock.now().getTime();
  await deps.state.put('import-file', id, { at: formatInstant(at) }, 0, { expiresAt: now + FILE_KNOWN_MS });
  const known = await deps.state.get('import-file', id);
  return typeof known?.body.at === 'string' ? known.body.at : formatInstant(at);
}

function importId(
  { connection, content, backAt }: Pick<ImportState, 'connection' | 'content' | 'backAt'>,
  { written }: OpenImports,
): string {
  const what = { content, written, ...(backAt === undefined ? {} : { backAt }) };
  const hash = createHash('sha256').update(canonicalText(what)).digest('hex').slice(0, 24);
  return `${connection}.${hash}`;
}

/** The part of an import's id that no connection's name is in. */
function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}
