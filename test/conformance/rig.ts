import { inspect } from 'node:util';
import { expect, vi } from 'vitest';
import type { Calls, ConnectorIo } from '../../lib/connectors/contract.ts';
import { asTributaryError, type TributaryError } from '../../lib/domain/errors.ts';
import { freeCalls } from '../free-calls.ts';
import type { Scenario, Simulator } from './scenario.ts';

/** The name that the connection has in the suite's workspace: the first part of every fragment id. */
export const CONNECTION = 'conformance';

const START = Date.parse('2026-11-21T08:00:00.000Z');
export const HOUR = 3_600_000;

/** One fact that the suite proves. `warn` is for what a person should look at, but what is no failure. */
export interface Check {
  readonly name: string;
  run(warn: (text: string) => void): Promise<void>;
}

/** A scenario under way: a fresh simulator, a clock that the check moves, and everything that was logged or thrown. */
export interface Rig {
  readonly scenario: Scenario;
  readonly vendor: Simulator;
  readonly config: unknown;
  readonly secret: unknown;
  now(): Date;
  /** Moves the clock of simulator and connector. */
  pass(ms: number): void;
  /** A new connection, as a new process would make it. `endpoint` defaults to the rig's simulator. */
  connect(options?: {
    readonly endpoint?: string;
    readonly signal?: AbortSignal;
    readonly secret?: unknown;
    readonly calls?: Calls;
  }): Promise<unknown>;
  /** Another simulator, closed with the rig. */
  startAnother(): Promise<Simulator>;
  /** Awaits what must throw; the error is read for personal data and secrets like a log. Undefined when it does not throw. */
  errorOf(step: () => Promise<unknown>): Promise<TributaryError | undefined>;
  /** Has `text` read for personal data and secrets at the end. */
  note(text: string): void;
}

/** Opens a rig, runs the check in it, closes everything, then looks for personal data in all that came out. */
export async function withRig(scenario: Scenario, check: (rig: Rig) => Promise<void>): Promise<void> {
  const heard: string[] = [];
  const vendors: Simulator[] = [];
  const listening = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...words) => void heard.push(words.map(String).join(' '))),
  );
  try {
    await check(await openRig(scenario, heard, vendors));
  } finally {
    for (const spy of listening) spy.mockRestore();
    await Promise.all(vendors.map((vendor) => vendor.close()));
  }
  const told = scenario.secrets.filter((secret) => heard.some((line) => line.includes(secret)));
  expect(told, 'logs, errors and checkpoints hold no personal data and no secrets').toEqual([]);
}

async function openRig(scenario: Scenario, heard: string[], vendors: Simulator[]): Promise<Rig> {
  const clock = { at: START };
  const now = () => new Date(clock.at);
  const vendor = await scenario.start(now);
  vendors.push(vendor);
  const config = parsed(scenario.connector.config.safeParse(scenario.config), 'config');
  const secret = parsed(scenario.connector.secret.safeParse(scenario.secret), 'secret');
  return {
    scenario,
    vendor,
    config,
    secret,
    now,
    pass: (ms) => {
      clock.at += ms;
    },
    connect: (options = {}) => {
      const io: ConnectorIo = {
        fetch,
        now,
        signal: options.signal ?? new AbortController().signal,
        log: (message, fields) => void heard.push(`${message} ${JSON.stringify(fields ?? {})}`),
        calls: options.calls ?? freeCalls,
      };
      const input = {
        name: CONNECTION,
        config,
        secret: options.secret ?? secret,
        endpoint: options.endpoint ?? vendor.url,
      };
      return scenario.connector.connect(input, io);
    },
    startAnother: async () => {
      const another = await scenario.start(now);
      vendors.push(another);
      return another;
    },
    errorOf: async (step) => {
      try {
        await step();
        return undefined;
      } catch (thrown) {
        heard.push(told(thrown));
        return asTributaryError(thrown);
      }
    },
    note: (text) => void heard.push(text),
  };
}

/** What an uncaught error prints, and the message and stack of every cause, as a logger would write them. */
function told(thrown: unknown): string {
  const lines = [inspect(thrown)];
  for (let error = thrown; error instanceof Error; error = error.cause) lines.push(error.message, error.stack ?? '');
  return lines.join('\n');
}

function parsed(result: { success: true; data: unknown } | { success: false }, what: string): unknown {
  if (!result.success) throw new Error(`the scenario's ${what} does not fit the connector's own schema`);
  return result.data;
}

/** A list sorted, for comparing sets that keep their repetitions. */
export function sorted(values: Iterable<string>): string[] {
  return [...values].sort();
}
