import type { ConnectorIo } from '../../../lib/connectors/contract.ts';
import { type MailchimpClient, openMailchimp } from '../../../lib/connectors/mailchimp/client.ts';
import { config } from '../../../lib/connectors/mailchimp/config.ts';
import { freeCalls } from '../../free-calls.ts';
import { type Mailchimp, startMailchimp } from './simulator.ts';

export const LIST = 'a1b2c3d4e5';
export const WEBHOOK_SECRET = 'correct-horse-battery-staple';

/** A simulator with one list, a clock that the test moves, and connections to it through the official client. */
export interface Rig {
  readonly vendor: Mailchimp;
  now(): Date;
  pass(ms: number): void;
  connect(options?: ConnectOptions): MailchimpClient;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly name?: string;
  readonly endpoint?: string;
  readonly apiKey?: string;
  readonly list?: string;
  readonly signal?: AbortSignal;
}

export async function openRig(start = '2026-11-21T08:00:00Z'): Promise<Rig> {
  const clock = { at: Date.parse(start) };
  const now = () => new Date(clock.at);
  const vendor = await startMailchimp({ now });
  vendor.addList({ id: LIST, name: 'Newsletter' });
  return {
    vendor,
    now,
    pass: (ms) => {
      clock.at += ms;
    },
    connect: ({ name = 'newsletter', endpoint = vendor.url, apiKey = vendor.apiKey, list = LIST, signal } = {}) => {
      const io: ConnectorIo = {
        fetch,
        now,
        signal: signal ?? new AbortController().signal,
        log: () => undefined,
        calls: freeCalls,
      };
      const secret = { api_key: apiKey, webhook_secret: WEBHOOK_SECRET };
      return openMailchimp({ name, config: config.parse({ list }), secret, endpoint }, io);
    },
    close: () => vendor.close(),
  };
}
