import type { ArchivedLine, Calls, ConnectorIo, Page, Stream } from '../../lib/connectors/contract.ts';
import { type MetaApi, openMeta } from '../../lib/connectors/meta/client.ts';
import { config, secret } from '../../lib/connectors/meta/config.ts';
import { meta } from '../../lib/connectors/meta/index.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { type MetaOptions, type MetaSimulator, startMeta } from '../vendors/meta/server.ts';

/** A simulated page and ad account with a clock that a test moves, and connections to them. */
export interface MetaRig extends AsyncDisposable {
  readonly vendor: MetaSimulator;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: ConnectSettings): MetaApi;
  /** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
  read(name: string, options?: ReadSettings): Promise<Page[]>;
  reread(name: string, ids: readonly string[]): Promise<Page>;
  remap(name: string, lines: readonly ArchivedLine[], settings?: object): ReturnType<Stream<MetaApi>['remap']>;
}

interface ConnectSettings {
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

export async function openRig(options: Partial<MetaOptions> = {}): Promise<MetaRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startMeta({ now, ...options });
  const { page, instagram } = vendor.store;
  const usual = { page, instagram, ad_account: vendor.adAccount };
  const connect = (settings: ConnectSettings = {}): MetaApi => {
    const io: ConnectorIo = {
      fetch,
      now,
      signal: settings.signal ?? new AbortController().signal,
      log: () => undefined,
      calls: settings.calls ?? freeCalls,
    };
    const input = {
      name: 'social',
      config: config.parse(settings.config ?? usual),
      secret: secret.parse(settings.secret ?? vendor.secret),
      endpoint: vendor.url,
    };
    return openMeta(input, io);
  };
  const streamOf = (name: string) => {
    const stream = meta.streams.find((one) => one.name === name);
    if (stream === undefined) throw new Error(`meta has no stream ${name}`);
    return stream;
  };
  return {
    vendor,
    now,
    pass: (ms) => {
      at += ms;
    },
    connect,
    async read(name, { from, pageSize, most, config: settings, meanwhile } = {}) {
      const api = connect({ config: { ...usual, ...settings } });
      const how = {
        signal: new AbortController().signal,
        now: now(),
        ...(pageSize === undefined ? {} : { pageSize }),
      };
      const pages: Page[] = [];
      for await (const page of streamOf(name).read(api, 'social', from, how)) {
        pages.push(page);
        meanwhile?.(pages);
        if (pages.length === most) break;
      }
      return pages;
    },
    async reread(name, ids) {
      const { reread } = streamOf(name);
      if (reread === undefined) throw new Error(`${name} cannot be read again`);
      return reread(connect(), 'social', ids, { signal: new AbortController().signal, now: now() });
    },
    remap: (name, lines, settings = {}) => streamOf(name).remap(lines, 'social', config.parse(settings)),
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** The fragments or activities of pages. */
export function namesIn(pages: readonly Page[]): string[] {
  return pages
    .flatMap(({ changes }) => changes)
    .map((one) => (one.kind === 'account' ? one.account : one.kind === 'activity' ? one.id : one.fragment));
}
