import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Milliseconds } from '../../domain/instant.ts';

/** A function as its template describes it, every reference resolved. */
export interface FunctionDefinition {
  /** Logical id in the template. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  /** Folder of the bundled code. */
  readonly code: string;
  /** `index.handler` means the export `handler` of `index.mjs`. */
  readonly handler: string;
  /** Everything that the process finds in its environment, besides PATH and HOME. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutMs: Milliseconds;
}

/** Why an invocation gave no answer. `init`: the bundle did not load; `exit`: the process ended; `error`: it threw. */
export interface InvocationFailure {
  readonly kind: 'init' | 'timeout' | 'exit' | 'error';
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type Invocation =
  | { readonly ok: true; readonly requestId: string; readonly payload: string }
  | { readonly ok: false; readonly requestId: string; readonly failure: InvocationFailure };

/** One execution environment of a function: one process, one invocation at a time. */
export interface FunctionProcess {
  readonly pid: number | undefined;
  readonly busy: boolean;
  /** False once the process has ended or was told to. */
  readonly alive: boolean;
  /** Resolves when the bundle has loaded, with the failure when it did not. */
  readonly loaded: Promise<InvocationFailure | undefined>;
  /** Resolves when the process has ended and its output has been read. */
  readonly ended: Promise<void>;
  /** Never rejects. A failed load, a thrown error, the end of the process and the time limit are all answers. */
  invoke(event: unknown): Promise<Invocation>;
  kill(signal: NodeJS.Signals): void;
  /** Ends the process as its time limit would, now. */
  timeOut(): void;
  /** Has the process take memory until it has none left. */
  exhaust(): void;
}

export interface ProcessOptions {
  /** What to add to the machine's time. Asked before the bundle loads and before each invocation. */
  readonly clockOffset: () => Milliseconds;
  readonly onLine: (line: string) => void;
}

type FromChild =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'load-failed'; readonly error: Omit<InvocationFailure, 'kind'> }
  | { readonly kind: 'answer'; readonly id: string; readonly payload: string }
  | { readonly kind: 'error'; readonly id: string; readonly error: Omit<InvocationFailure, 'kind'> };

/** Lambda gives a bundle ten seconds to load before it counts the function's own time. */
const loadLimitMs = 10_000;
/** "Lambda quotas" in the Lambda developer guide: request and response of a synchronous invocation, 6 MB each. */
export const mostPayloadBytes = 6_291_556;

/** Starts a process of a function. The caller kills it. */
export function startFunctionProcess(definition: FunctionDefinition, options: ProcessOptions): FunctionProcess {
  const child = spawn(process.execPath, [`--max-old-space-size=${definition.memoryMegabytes}`, bootstrapPath()], {
    cwd: definition.code,
    env: environmentOf(definition),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, options.onLine);
  readLines(child.stderr, options.onLine);

  let alive = true;
  let settleLoad: (failure: InvocationFailure | undefined) => void = () => undefined;
  let settleInvocation: ((outcome: { readonly payload: string } | InvocationFailure) => void) | undefined;
  const loaded = new Promise<InvocationFailure | undefined>((resolve) => {
    settleLoad = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });

  child.on('message', (message: FromChild) => {
    if (message.kind === 'loaded') settleLoad(undefined);
    if (message.kind === 'load-failed') settleLoad({ kind: 'init', ...message.error });
    if (message.kind === 'answer') settleInvocation?.({ payload: message.payload });
    if (message.kind === 'error') settleInvocation?.({ kind: 'error', ...message.error });
  });
  const fallen = (how: string): void => {
    alive = false;
    const failure = { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}`, trace: [] };
    settleLoad({ kind: 'init', ...failure });
    settleInvocation?.({ kind: 'exit', ...failure });
  };
  child.once('exit', (code, signal) => fallen(signal === null ? `exit status ${code}` : `signal: ${signal}`));
  child.once('error', (error) => fallen(error.name));

  const kill = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const timeOut = (ms: Milliseconds): void => {
    alive = false;
    const errorMessage = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
    const failure = { kind: 'timeout', errorType: 'Sandbox.Timedout', errorMessage, trace: [] } as const;
    settleLoad({ ...failure, kind: 'init' });
    settleInvocation?.(failure);
    kill('SIGKILL');
  };
  const limit = (ms: Milliseconds): NodeJS.Timeout => setTimeout(() => timeOut(ms), ms);

  const loading = limit(Math.max(loadLimitMs, definition.timeoutMs));
  loaded.then(() => clearTimeout(loading)).catch(() => undefined);
  send(child, { kind: 'load', offset: options.clockOffset() });

  async function invoke(event: unknown): Promise<Invocation> {
    const requestId = randomUUID();
    const brokenLoad = await loaded;
    if (brokenLoad !== undefined) return { ok: false, requestId, failure: brokenLoad };
    const outcome = await new Promise<{ readonly payload: string } | InvocationFailure>((resolve) => {
      settleInvocation = resolve;
      if (!alive) fallen('the process had ended');
      send(child, {
        kind: 'invoke',
        id: requestId,
        event,
        arn: definition.arn,
        traceId: traceIdOf(options.clockOffset()),
        remainingMs: definition.timeoutMs,
        offset: options.clockOffset(),
      });
    }).finally(startLimit());
    settleInvocation = undefined;
    if ('payload' in outcome) return answered(requestId, outcome.payload);
    return { ok: false, requestId, failure: outcome };
  }

  function startLimit(): () => void {
    const timer = limit(definition.timeoutMs);
    return () => clearTimeout(timer);
  }

  return {
    pid: child.pid,
    get busy() {
      return settleInvocation !== undefined;
    },
    get alive() {
      return alive;
    },
    loaded,
    ended,
    invoke,
    kill,
    timeOut: () => timeOut(definition.timeoutMs),
    exhaust: () => send(child, { kind: 'exhaust', offset: options.clockOffset() }),
  };
}

function answered(requestId: string, payload: string): Invocation {
  if (Buffer.byteLength(payload) <= mostPayloadBytes) return { ok: true, requestId, payload };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${mostPayloadBytes} bytes).`;
  const failure = { kind: 'error', errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] } as const;
  return { ok: false, requestId, failure };
}

/** The environment of the template, what Lambda itself sets, and of ours only what Node needs to start. */
function environmentOf(definition: FunctionDefinition): Record<string, string> {
  const { PATH, HOME } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(HOME === undefined ? {} : { HOME }),
    ...definition.environment,
    _HANDLER: definition.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
    LAMBDA_TASK_ROOT: definition.code,
    TZ: ':UTC',
  };
}

/** An X-Ray header that asks for no sample: nothing listens for traces on a laptop. */
function traceIdOf(offset: Milliseconds): string {
  const seconds = Math.floor((Date.now() + offset) / 1000).toString(16);
  const random = randomUUID().replaceAll('-', '');
  return `Root=1-${seconds.padStart(8, '0')}-${random.slice(0, 24)};Parent=${random.slice(16)};Sampled=0`;
}

/** A channel that closes under us is reported by the exit of the process, so the failed send itself is no news. */
function send(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}

/** The bootstrap stays a file of its own: beside this one in the sources, and found from the root when bundled. */
function bootstrapPath(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, 'bootstrap.mjs');
  if (existsSync(beside)) return beside;
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'lib', 'local', 'host', 'bootstrap.mjs');
    if (existsSync(path)) return path;
  }
  return beside;
}
