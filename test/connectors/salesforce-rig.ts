import type { Calls, ConnectionInput, ConnectorIo, Page } from '../../lib/connectors/contract.ts';
import type { SalesforceApi } from '../../lib/connectors/salesforce/client.ts';
import { openSalesforce } from '../../lib/connectors/salesforce/client.ts';
import {
  type SalesforceConfig,
  type SalesforceSecret,
  salesforceConfig,
  salesforceSecret,
} from '../../lib/connectors/salesforce/config.ts';
import { salesforce } from '../../lib/connectors/salesforce/index.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { type SalesforceOptions, type SalesforceSimulator, startSalesforce } from '../vendors/salesforce/server.ts';

/** A simulated org with a clock that a test moves, and connections to it. */
export interface SalesforceRig extends AsyncDisposable {
  readonly vendor: SalesforceSimulator;
  now(): Date;
  pass(ms: number): void;
  connect(settings?: {
    readonly config?: object;
    readonly secret?: object;
    readonly calls?: Calls;
  }): Promise<SalesforceApi>;
}

export async function openRig(options: Partial<SalesforceOptions> = {}): Promise<SalesforceRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startSalesforce({ now, bulkPolls: 1, ...options });
  return {
    vendor,
    now,
    pass: (ms) => {
      at += ms;
    },
    connect: (settings = {}) => openSalesforce(inputOf(vendor, settings), ioOf(now, settings.calls)),
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** All pages of a stream's run; up to `most`, then the reader is dropped as a kill would. */
export async function readStream(
  rig: SalesforceRig,
  name: string,
  options: {
    readonly from?: Json | undefined;
    readonly pageSize?: number;
    readonly most?: number;
    readonly config?: object;
  } = {},
): Promise<Page[]> {
  const stream = salesforce.streams.find((one) => one.name === name);
  const api = await rig.connect(options.config === undefined ? {} : { config: options.config });
  const pages: Page[] = [];
  const how = { pageSize: options.pageSize ?? 100, signal: new AbortController().signal, now: rig.now() };
  for await (const page of stream?.read(api, 'crm', options.from, how) ?? []) {
    pages.push(page);
    if (pages.length === options.most) break;
  }
  return pages;
}

export function inputOf(
  vendor: SalesforceSimulator,
  settings: { readonly config?: object; readonly secret?: object },
): ConnectionInput<SalesforceConfig, SalesforceSecret> {
  return {
    name: 'crm',
    config: salesforceConfig.parse(settings.config ?? {}),
    secret: salesforceSecret.parse(settings.secret ?? vendor.secret),
    endpoint: vendor.url,
  };
}

export function ioOf(now: () => Date, calls = freeCalls): ConnectorIo {
  return { fetch, now, signal: new AbortController().signal, log: () => undefined, calls };
}
