import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { SendgridApi } from './client.ts';
import type { ExportPosition } from './cursor.ts';
import { unreadableAnswer } from './errors.ts';

const FIRST_POLL_MS = 500;
const SLOWEST_POLL_MS = 15_000;
const GZIP = [0x1f, 0x8b];

/** Lines of an export, with where the next ones begin: absent at its end. `gone`: it failed, or has expired. */
export type ExportPage =
  | { readonly state: 'read'; readonly records: readonly unknown[]; readonly next?: ExportPosition }
  | { readonly state: 'gone' };

/**
 * Reads an export from a position, waiting until SendGrid has made it. Ends without a word when the signal fires: the last
 * page's `next` is where to go on. A line that is no JSON is a record like the others, for quarantine.
 */
export async function* readExport(
  api: SendgridApi,
  from: ExportPosition,
  { signal, pageSize }: { readonly signal: AbortSignal; readonly pageSize: number },
): AsyncIterable<ExportPage> {
  const urls = await waitForUrls(api, from.job, signal);
  if (urls === 'gone') yield { state: 'gone' };
  if (typeof urls === 'string') return;
  if (from.file >= urls.length) yield { state: 'read', records: [] };
  for (let file = from.file; file < urls.length && !signal.aborted; file += 1) {
    const bytes = await api.download(urls[file] ?? '');
    if (bytes === undefined) {
      yield { state: 'gone' };
      return;
    }
    const after = file + 1 < urls.length ? { job: from.job, file: file + 1, line: 0 } : undefined;
    yield* pagesOf(bytes, { ...from, file, line: file === from.file ? from.line : 0 }, after, pageSize);
  }
}

async function* pagesOf(
  bytes: Uint8Array,
  from: ExportPosition,
  after: ExportPosition | undefined,
  pageSize: number,
): AsyncIterable<ExportPage> {
  let line = 0;
  let records: unknown[] = [];
  for await (const text of linesOf(bytes)) {
    line += 1;
    if (line <= from.line) continue;
    // The page is full and there is more: only now it is known not to be the last.
    if (records.length === pageSize) {
      yield { state: 'read', records, next: { ...from, line: line - 1 } };
      records = [];
    }
    records.push(recordOf(text));
  }
  yield { state: 'read', records, ...(after === undefined ? {} : { next: after }) };
}

async function waitForUrls(
  api: SendgridApi,
  job: string,
  signal: AbortSignal,
): Promise<readonly string[] | 'gone' | 'still-working'> {
  for (let wait = FIRST_POLL_MS; !signal.aborted; wait = Math.min(wait * 1.6, SLOWEST_POLL_MS)) {
    const state = await api.exportState(job);
    if (state === undefined || state.status === 'failure') return 'gone';
    if (state.status === 'ready') return state.urls;
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
  return 'still-working';
}

/** Lines with something in them. The file is a .gz, unless whoever stores it says so and fetch has unpacked it. */
async function* linesOf(bytes: Uint8Array): AsyncIterable<string> {
  const zipped = bytes[0] === GZIP[0] && bytes[1] === GZIP[1];
  const source = Readable.from([Buffer.from(bytes)]);
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of zipped ? source.pipe(createGunzip()) : source) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter(isFilled);
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('Z_')) {
      throw unreadableAnswer('a file of an export');
    }
    throw thrown;
  }
  yield* [rest + decoder.decode()].filter(isFilled);
}

function isFilled(line: string): boolean {
  return line.trim() !== '';
}

function recordOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Kept as it is: what cannot be read is quarantined with its reason, and its neighbours arrive.
    return line;
  }
}
