import { createHash } from 'node:crypto';
import type { Stream } from '../../connectors/contract.ts';
import type { Change, FragmentId } from '../../domain/change.ts';
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
  // What no message can carry may be the denial: those wait until the pause is over by itself.
  const unsent = recordsOf(tooLarge.map(({ record }) => record as Change));
  const going = [...recordsOf(page.changes)].filter((record) => !unsent.has(record));
  const messages = withResumed(groups, going);
  await deps.changes.send(
    messages.map(({ changes, resume }) =>
      changesMessage({
        origin: 'page',
        connection: name,
        changes,
        read: readingOf(stream.name, now),
        ...(resume.length === 0 ? {} : { resume, ...(hintedAt === undefined ? {} : { hintedAt }) }),
        ...(cause === undefined ? {} : { cause }),
      }),
    ),
  );
}

/**
 * Whoever was paused by the hint goes on once their own record is folded: by the message that tells it, because the queue
 * keeps no order and another may die. Whose record was all our own work that came back goes on with the first.
 */
function withResumed(
  groups: readonly (readonly Change[])[],
  records: readonly FragmentId[],
): readonly { readonly changes: readonly Change[]; readonly resume: readonly FragmentId[] }[] {
  const messages = groups.length === 0 && records.length > 0 ? [[]] : groups;
  const told = messages.map((changes) => recordsOf(changes.filter(({ kind }) => kind !== 'activity')));
  const teller = new Map(told.flatMap((of, at) => [...of].map((record) => [record, at] as const)));
  return messages.map((changes, at) => ({
    changes,
    resume: records.filter((record) => (teller.get(record) ?? 0) === at),
  }));
}

function recordsOf(changes: readonly Change[]): ReadonlySet<FragmentId> {
  return new Set(changes.flatMap((change) => (change.kind === 'account' ? [] : [change.fragment])));
}
