import type { ArchivedLine, Calls, ConnectorIo, Page, Stream } from '../../lib/connectors/contract.ts';
import { type KlaviyoApi, openKlaviyo } from '../../lib/connectors/klaviyo/client.ts';
import { config, secret } from '../../lib/connectors/klaviyo/config.ts';
import { klaviyo } from '../../lib/connectors/klaviyo/index.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { type KlaviyoOptions, type KlaviyoSimulator, startKlaviyo } from '../vendors/klaviyo/server.ts';

/** A simulated account with a clock that a test moves, and connections to it. */
export interface KlaviyoRig extends AsyncDisposable {
  readonly vendor: KlaviyoSimulator;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: ConnectSettings): KlaviyoApi;
  /** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
  read(name: string, options?: ReadSettings): Promise<Page[]>;
  reread(name: string, ids: readonly string[]): Promise<Page>;
  remap(name: string, lines: readonly ArchivedLine[]): ReturnType<Stream<KlaviyoApi>['remap']>;
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

export async function openRig(options: Partial<KlaviyoOptions> = {}): Promise<KlaviyoRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startKlaviyo({ now, ...options });
  const connect = (settings: ConnectSettings = {}): KlaviyoApi => {
    const io: ConnectorIo = {
      fetch,
      now,
      signal: settings.signal ?? new AbortController().signal,
      log: () => undefined,
      calls: settings.calls ?? freeCalls,
    };
    const input = {
      name: 'shop',
      config: config.parse(settings.config ?? {}),
      secret: secret.parse(settings.secret ?? vendor.secret),
      endpoint: vendor.url,
    };
    return openKlaviyo(input, io);
  };
  const streamOf = (name: string) => {
    const stream = klaviyo.streams.find((one) => one.name === name);
    if (stream === undefined) throw new Error(`klaviyo has no stream ${name}`);
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
      const api = connect(settings === undefined ? {} : { config: settings });
      const how = {
        signal: new AbortController().signal,
        now: now(),
        ...(pageSize === undefined ? {} : { pageSize }),
      };
      const pages: Page[] = [];
      for await (const page of streamOf(name).read(api, 'shop', from, how)) {
        pages.push(page);
        meanwhile?.(pages);
        if (pages.length === most) break;
      }
      return pages;
    },
    async reread(name, ids) {
      const { reread } = streamOf(name);
      if (reread === undefined) throw new Error(`${name} cannot be read again`);
      return reread(connect(), 'shop', ids, { signal: new AbortController().signal, now: now() });
    },
    remap: (name, lines) => streamOf(name).remap(lines, 'shop', config.parse({})),
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** The fragments, accounts or activities of pages. */
export function namesIn(pages: readonly Page[]): string[] {
  return pages
    .flatMap(({ changes }) => changes)
    .map((one) => (one.kind === 'account' ? one.account : one.kind === 'activity' ? one.id : one.fragment));
}
