import type { BatchResult, Calls, ConnectorIo, Page } from '../../lib/connectors/contract.ts';
import { openSendgrid, type SendgridApi } from '../../lib/connectors/sendgrid/client.ts';
import { config, secret } from '../../lib/connectors/sendgrid/config.ts';
import { sendgrid } from '../../lib/connectors/sendgrid/index.ts';
import { poll } from '../../lib/connectors/sendgrid/job.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { type SendgridOptions, type SendgridSimulator, startSendgrid } from '../vendors/sendgrid/server.ts';

/** A simulated account with a clock that a test moves, and connections to it. */
export interface SendgridRig extends AsyncDisposable {
  readonly vendor: SendgridSimulator;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: ConnectSettings): SendgridApi;
  /** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
  read(name: string, options?: ReadSettings): Promise<Page[]>;
  /** Follows a job of a list to its end. */
  follow(api: SendgridApi, started: BatchResult): Promise<Extract<BatchResult, { state: 'done' }>>;
}

interface ConnectSettings {
  readonly config?: object;
  readonly calls?: Calls;
}

interface ReadSettings {
  readonly from?: Json | undefined;
  readonly pageSize?: number;
  readonly most?: number;
  readonly config?: object;
}

export async function openRig(options: Partial<SendgridOptions> = {}): Promise<SendgridRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startSendgrid({ now, ...options });
  const connect = (settings: ConnectSettings = {}): SendgridApi => {
    const io: ConnectorIo = {
      fetch,
      now,
      signal: new AbortController().signal,
      log: () => undefined,
      calls: settings.calls ?? freeCalls,
    };
    const own = { config: config.parse(settings.config ?? {}), secret: secret.parse(vendor.secret) };
    return openSendgrid({ name: 'mail', endpoint: vendor.url, ...own }, io);
  };
  return {
    vendor,
    now,
    pass: (ms) => {
      at += ms;
    },
    connect,
    async read(name, { from, pageSize, most, config: settings } = {}) {
      const stream = sendgrid.streams.find((one) => one.name === name);
      if (stream === undefined) throw new Error(`sendgrid has no stream ${name}`);
      const api = connect(settings === undefined ? {} : { config: settings });
      const how = { signal: new AbortController().signal, now: now(), ...(pageSize === undefined ? {} : { pageSize }) };
      const pages: Page[] = [];
      for await (const page of stream.read(api, 'mail', from, how)) {
        pages.push(page);
        if (pages.length === most) break;
      }
      return pages;
    },
    async follow(api, started) {
      let result = started;
      while (result.state === 'pending') {
        at += result.pollAfterMs;
        result = await poll(api, result.job);
      }
      return result;
    },
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** The fragments of pages, each with how many times it came. */
export function fragmentsIn(pages: readonly Page[]): string[] {
  return pages.flatMap(({ changes }) => changes).flatMap((one) => ('fragment' in one ? [one.fragment] : []));
}
