import type { ConnectorIo } from '../lib/connectors/contract.ts';
import { loadConnector } from '../lib/connectors/define.ts';
import { connectors } from '../lib/connectors/registry.ts';
import type { Json } from '../lib/domain/json.ts';
import type { Source } from './backfill-tool.ts';

/** What a reader begins with. */
export interface ReaderOrder {
  readonly source: Source;
  readonly endpoint: string;
  readonly secret: Readonly<Record<string, string>>;
  /** The run's own instant. */
  readonly now: number;
  /** The checkpoint of the last page that was kept; absent = from the beginning. */
  readonly from?: Json;
}

/** What the reader tells of each page, once nothing of the page is held any more. */
export interface PageRead {
  readonly ids: readonly string[];
  readonly checkpoint: Json;
  /** Bytes of the heap in use after everything that nobody needs is collected. */
  readonly heap: number;
  /** The most memory that the process has had so far, in bytes. */
  readonly peak: number;
}

const KILOBYTE = 1024;

/**
 * Reads the stream `contacts` of a tool as a pull does, page by page, over HTTP and the tool's own client. Waits after each
 * page until it is kept: a process that is killed has told exactly the pages whose checkpoints were kept.
 */
async function read({ source, endpoint, secret, now, from }: ReaderOrder): Promise<void> {
  const connector = await loadConnector(connectors, source);
  const stream = connector?.streams.find(({ name }) => name === 'contacts');
  if (connector === undefined || stream === undefined) throw new Error(`no contacts can be read from ${source}`);
  const config = connector.config.safeParse({});
  if (!config.success) throw new Error(`${source} takes no empty settings`);
  const { signal } = new AbortController();
  const io: ConnectorIo = {
    fetch,
    now: () => new Date(now),
    signal,
    log: () => undefined,
    calls: { ask: async () => undefined, heard: () => undefined },
  };
  const input = { name: source, config: config.data, secret, endpoint };
  const api = await connector.connect(input, io);
  for await (const page of stream.read(api, source, from, { signal, now: new Date(now) })) {
    const ids = page.changes.flatMap((change) => (change.kind === 'profile' ? [change.fragment] : []));
    await told({
      ids,
      checkpoint: page.checkpoint,
      heap: heapInUse(),
      peak: process.resourceUsage().maxRSS * KILOBYTE,
    });
  }
}

function heapInUse(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Resolves when the bench says that the page is kept. */
function told(page: PageRead): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', () => resolve());
    process.send?.(page);
  });
}

process.once('message', (order: ReaderOrder) => {
  void read(order).then(() => process.disconnect());
});
