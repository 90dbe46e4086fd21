import { createHash } from 'node:crypto';
import type { Stream } from '../../connectors/contract.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { archiveKey, readingOf } from '../archive-hours.ts';
import { withCalls } from '../call-meter.ts';
import { changesMessage } from '../changes-message.ts';
import type { OpenConnection } from '../connections.ts';
import { delayOf } from '../delay.ts';
import { pack } from '../pack.ts';
import { dropEchoes } from '../push/write-ledger.ts';
import { contentName, quarantine } from '../quarantine.ts';
import { asWhole, wholeInWindow } from '../replay/whole-records.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** Reads records again by id. What a webhook hinted at waits as long as it has to; it is not lost after a few tries. */
export async function rereadOrPostpone(
  deps: SyncDeps,
  connection: OpenConnection,
  stream: Stream<unknown>,
  command: SyncCommand,
  signal: AbortSignal,
): Promise<void> {
  try {
    await reread(deps, connection, stream, command, signal);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (error.kind !== 'rate-limited') throw error;
    const seconds = Math.max(1, (error.retryAfterMs ?? 60_000) / 1_000);
    await deps.sync.send([{ body: command as unknown as Json, ...delayOf(seconds) }]);
  }
}

async function reread(
  deps: SyncDeps,
  connection: OpenConnection,
  stream: Stream<unknown>,
  { reread: ids = [], hintedAt, cause }: SyncCommand,
  signal: AbortSignal,
): Promise<void> {
  if (stream.reread === undefined) return;
  const { name } = connection.definition;
  const now = deps.clock.now();
  const { reread: read } = stream;
  // The same when it comes again: it would stand in line behind itself.
  const holder = `reread/${stream.name}/${createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 16)}`;
  const page = await withCalls(deps, connection, { holder, use: 'pull' }, async (calls) =>
    read(await connection.connect(signal, calls), name, ids, { signal, now }),
  );
  const stamp = `${formatInstant(now.getTime())}-${deps.clock.random().toString(36).slice(2)}`;
  const { config, connector } = connection;
  const told = { echoes: connector.echoes, config };
  const heard = await dropEchoes(deps, await deps.definitions(), name, told, page.changes);
  const whole = await wholeInWindow(deps.state, name, connector);
  const { groups, tooLarge } = pack(heard.changes.map((change) => asWhole(change, whole)));
  if (heard.echoes > 0) deps.log('echoes dropped', { connection: name, stream: stream.name, echoes: heard.echoes });
  await deps.archive.put(archiveKey(`pages/${name}/${stream.name}`, now, `reread-${stamp}`), page.lines);
  const rejected = [...page.rejected, ...tooLarge];
  await quarantine(deps, name, stream.name, `reread#${contentName(rejected)}`, rejected);
  // Whoever was paused by the hint goes on as soon as what was read again is folded: with the last of it.
  const resume = [...new Set(page.changes.flatMap((change) => (change.kind === 'account' ? [] : [change.fragment])))];
  // Also where all of it was our own work that came back.
  const messages = groups.length === 0 && resume.length > 0 ? [[]] : groups;
  await deps.changes.send(
    messages.map((changes, at) =>
      changesMessage({
        origin: 'page',
        connection: name,
        changes,
        read: readingOf(stream.name, now),
        ...(at === messages.length - 1 ? { resume, ...(hintedAt === undefined ? {} : { hintedAt }) } : {}),
        ...(cause === undefined ? {} : { cause }),
      }),
    ),
  );
}
