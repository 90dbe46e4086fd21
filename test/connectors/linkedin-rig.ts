import type { ArchivedLine, ConnectorIo, Page, Stream } from '../../lib/connectors/contract.ts';
import { type LinkedinApi, openLinkedin } from '../../lib/connectors/linkedin/client.ts';
import { config, secret } from '../../lib/connectors/linkedin/config.ts';
import { linkedin } from '../../lib/connectors/linkedin/index.ts';
import { asTributaryError, type TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { type LinkedinOptions, type LinkedinSimulator, startLinkedin } from '../vendors/linkedin/server.ts';

/** A simulated page and ad account with a clock that a test moves, and connections to them. */
export interface LinkedinRig extends AsyncDisposable {
  readonly vendor: LinkedinSimulator;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: ConnectSettings): LinkedinApi;
  /** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
  read(name: string, options?: ReadSettings): Promise<Page[]>;
  reread(ids: readonly string[]): Promise<Page>;
  remap(name: string, lines: readonly ArchivedLine[], settings?: object): ReturnType<Stream<LinkedinApi>['remap']>;
}

interface ConnectSettings {
  readonly config?: object;
  readonly secret?: object;
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

export async function openRig(options: Partial<LinkedinOptions> = {}): Promise<LinkedinRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startLinkedin({ now, ...options });
  const { adAccount, organization } = vendor.store;
  const usual = { ad_account: adAccount, organization, source_platform: 'EXAMPLE' };
  const connect = (settings: ConnectSettings = {}): LinkedinApi => {
    const io: ConnectorIo = {
      fetch,
      now,
      signal: settings.signal ?? new AbortController().signal,
      log: () => undefined,
      calls: freeCalls,
    };
    const input = {
      name: 'social',
      config: config.parse({ ...usual, ...settings.config }),
      secret: secret.parse(settings.secret ?? { access_token: vendor.tokens.secret.access_token }),
      endpoint: vendor.url,
    };
    return openLinkedin(input, io);
  };
  const streamOf = (name: string) => {
    const stream = linkedin.streams.find((one) => one.name === name);
    if (stream === undefined) throw new Error(`linkedin has no stream ${name}`);
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
      const api = connect({ config: settings ?? {} });
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
    async reread(ids) {
      const { reread } = streamOf('leads');
      if (reread === undefined) throw new Error('leads cannot be read again');
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

export async function failureOf(work: () => Promise<unknown>): Promise<TributaryError> {
  try {
    await work();
  } catch (thrown) {
    return asTributaryError(thrown);
  }
  throw new Error('nothing failed');
}
