import type { ArchivedLine, Calls, ConnectionInput, ConnectorIo, Page, Stream } from '../../lib/connectors/contract.ts';
import { asTributaryError, type TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';

/** A simulated tool with a clock that a test moves, and connections to it. */
export interface ConnectorRig<Vendor, Api> extends AsyncDisposable {
  readonly vendor: Vendor;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: ConnectSettings): Api;
  /** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
  read(name: string, options?: ReadSettings): Promise<Page[]>;
  reread(name: string, ids: readonly string[]): Promise<Page>;
  remap(name: string, lines: readonly ArchivedLine[], config?: object): ReturnType<Stream<unknown>['remap']>;
}

interface ConnectSettings {
  /** Over the rig's usual settings. */
  readonly config?: object;
  readonly secret?: object;
  readonly calls?: Calls;
  readonly signal?: AbortSignal;
}

interface ReadSettings {
  readonly from?: Json | undefined;
  readonly pageSize?: number;
  readonly most?: number;
  readonly config?: object;
  /** Runs after each page. */
  readonly meanwhile?: (pages: readonly Page[]) => void;
}

export interface RigParts<Vendor, Config, Secret, Api> {
  /** The connection's name in the workspace. */
  readonly name: string;
  readonly streams: readonly Stream<unknown>[];
  readonly config: { parse(written: unknown): Config };
  readonly secret: { parse(written: unknown): Secret };
  readonly open: (connection: ConnectionInput<Config, Secret>, io: ConnectorIo) => Api;
  readonly start: (now: () => Date) => Promise<Vendor>;
  /** What a connection holds where a test says nothing else. */
  readonly usual: (vendor: Vendor) => { readonly config: object; readonly secret: object };
}

export async function openConnectorRig<
  Vendor extends { readonly url: string; close(): Promise<void> },
  Config,
  Secret,
  Api,
>(parts: RigParts<Vendor, Config, Secret, Api>): Promise<ConnectorRig<Vendor, Api>> {
  const { name, streams, open, start } = parts;
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await start(now);
  const usual = parts.usual(vendor);
  const connect = ({ config, secret, calls = freeCalls, signal = never() }: ConnectSettings = {}): Api => {
    const input = {
      name,
      config: parts.config.parse({ ...usual.config, ...config }),
      secret: parts.secret.parse(secret ?? usual.secret),
      endpoint: vendor.url,
    };
    return open(input, { fetch, now, signal, log: () => undefined, calls });
  };
  const streamOf = (wanted: string): Stream<unknown> => {
    const stream = streams.find((one) => one.name === wanted);
    if (stream === undefined) throw new Error(`${name} has no stream ${wanted}`);
    return stream;
  };
  return {
    vendor,
    now,
    pass: (ms) => {
      at += ms;
    },
    connect,
    async read(stream, { from, pageSize, most, config = {}, meanwhile } = {}) {
      const how = { signal: never(), now: now(), ...(pageSize === undefined ? {} : { pageSize }) };
      const pages: Page[] = [];
      for await (const page of streamOf(stream).read(connect({ config }), name, from, how)) {
        pages.push(page);
        meanwhile?.(pages);
        if (pages.length === most) break;
      }
      return pages;
    },
    async reread(stream, ids) {
      const { reread } = streamOf(stream);
      if (reread === undefined) throw new Error(`${stream} cannot be read again`);
      return reread(connect(), name, ids, { signal: never(), now: now() });
    },
    remap: (stream, lines, config = {}) => streamOf(stream).remap(lines, name, parts.config.parse(config)),
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** The fragments, accounts or activities of pages. */
export function namesIn(pages: readonly Page[]): string[] {
  return pages
    .flatMap(({ changes }) => changes)
    .map((one) => (one.kind === 'account' ? one.account : one.kind === 'activity' ? one.id : one.fragment));
}

export async function failureOf(work: () => Promise<unknown>): Promise<TributaryError> {
  try {
    await work();
  } catch (thrown) {
    return asTributaryError(thrown);
  }
  throw new Error('nothing failed');
}

function never(): AbortSignal {
  return new AbortController().signal;
}
