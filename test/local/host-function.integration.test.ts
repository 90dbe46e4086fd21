import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openClock, type StageClock } from '../../lib/local/clock.ts';
import { type LocalFunction, openFunction } from '../../lib/local/host/function-pool.ts';
import type { FunctionDefinition, Invocation } from '../../lib/local/host/function-process.ts';
import { exists } from './stage-bench.ts';

const start = Date.parse('2031-05-01T12:00:00Z');
const folders: string[] = [];
const functions: LocalFunction[] = [];
const clocks: StageClock[] = [];

interface Given extends Partial<Omit<FunctionDefinition, 'code'>> {
  readonly source: string;
  readonly processes?: number;
  readonly logFolder?: string;
}

/** A function whose bundle is the given source. */
function aFunction(given: Given): { readonly target: LocalFunction; readonly clock: StageClock } {
  const code = mkdtempSync(join(tmpdir(), 'host-function-'));
  folders.push(code);
  writeFileSync(join(code, 'index.mjs'), given.source);
  const clock = openClock({ start, onFailure: () => undefined });
  clocks.push(clock);
  const definition: FunctionDefinition = {
    id: 'Probe',
    name: 'tributary-probe',
    arn: 'arn:aws:lambda:eu-central-1:000000000000:function:tributary-probe',
    code,
    handler: 'index.handler',
    environment: given.environment ?? {},
    memoryMegabytes: given.memoryMegabytes ?? 128,
    timeoutMs: given.timeoutMs ?? 10_000,
  };
  const target = openFunction(definition, {
    clock,
    processes: given.processes ?? 2,
    onFailure: () => undefined,
    ...(given.logFolder === undefined ? {} : { logFolder: given.logFolder }),
  });
  functions.push(target);
  return { target, clock };
}

function answer(invocation: Invocation): unknown {
  if (!invocation.ok) throw new Error(JSON.stringify(invocation.failure));
  return JSON.parse(invocation.payload);
}

function failure(invocation: Invocation): unknown {
  return invocation.ok ? undefined : { ...invocation.failure, trace: undefined };
}

afterEach(async () => {
  await Promise.all(functions.splice(0).map((each) => each.close()));
  for (const clock of clocks.splice(0)) clock.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('openFunction', () => {
  it('gives the process the environment of the template, what Lambda sets, and nothing of ours', async () => {
    process.env.SECRET_OF_THE_OPERATOR = 'no business of a function';
    const { target } = aFunction({
      source: 'export const handler = async () => ({ env: process.env, zone: new Date(0).getHours() });',
      environment: { WORKSPACE: 'acme' },
      memoryMegabytes: 256,
    });

    const { env, zone } = answer(await target.invoke({})) as { env: Record<string, string>; zone: number };
    delete process.env.SECRET_OF_THE_OPERATOR;

    const { PATH: _path, HOME: _home, _X_AMZN_TRACE_ID, ...rest } = env;
    expect(_X_AMZN_TRACE_ID).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/);
    expect(rest).toEqual({
      WORKSPACE: 'acme',
      _HANDLER: 'index.handler',
      AWS_EXECUTION_ENV: expect.stringMatching(/^AWS_Lambda_nodejs\d+\.x$/),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_NAME: 'tributary-probe',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/tributary-probe',
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
      LAMBDA_TASK_ROOT: target.definition.code,
      TZ: ':UTC',
    });
    expect(zone).toBe(0);
  });

  it('hands over the event and a context with the time that is left', async () => {
    const { target } = aFunction({
      source: `export const handler = async (event, context) => ({
        event, id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
        left: context.getRemainingTimeInMillis(),
      });`,
    });

    const invocation = await target.invoke({ hello: ['world'] });

    expect(answer(invocation)).toEqual({
      event: { hello: ['world'] },
      id: invocation.requestId,
      arn: target.definition.arn,
      name: 'tributary-probe',
      left: expect.any(Number),
    });
    const { left } = answer(invocation) as { left: number };
    expect(left).toBeGreaterThan(5_000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it('shows the bundle the time of the stage, while it loads and after a jump', async () => {
    const { target, clock } = aFunction({
      source: `const loadedAt = Date.now();
        export const handler = async () => ({
          loadedAt, now: Date.now(), made: new Date().toISOString(), called: Date(), fixed: new Date(5).getTime(),
          same: new Date() instanceof Date, made2: new (class extends Date {})().getTime(), utc: Date.UTC(2000, 0),
        });`,
    });
    await target.warm();

    await clock.jumpTo(start + 86_400_000);
    const seen = answer(await target.invoke({})) as Record<string, unknown>;

    expect(Math.abs(Number(seen.loadedAt) - start)).toBeLessThan(20_000);
    expect(Math.abs(Number(seen.now) - (start + 86_400_000))).toBeLessThan(20_000);
    expect(Math.abs(Number(seen.made2) - Number(seen.now))).toBeLessThan(1_000);
    expect(seen).toMatchObject({
      made: expect.stringMatching(/^2031-05-02T12:00/),
      called: expect.stringContaining('May 02 2031 12:00'),
      fixed: 5,
      same: true,
      utc: Date.UTC(2000, 0),
    });
  });

  it('runs one invocation at a time in each of its two processes, and the third waits', async () => {
    const { target } = aFunction({
      source: `let running = 0;
        export const handler = async () => {
          running += 1;
          const most = running;
          await new Promise((resolve) => setTimeout(resolve, 50));
          running -= 1;
          return { pid: process.pid, most };
        };`,
    });

    const answers = (await Promise.all([1, 2, 3, 4, 5].map((each) => target.invoke(each)))).map(answer);

    const seen = answers as { pid: number; most: number }[];
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(2);
    expect(seen.every(({ most }) => most === 1)).toBe(true);
  });

  it('answers null for a handler that returns nothing', async () => {
    const { target } = aFunction({ source: 'export const handler = async () => {};' });

    expect(answer(await target.invoke({}))).toBeNull();
  });

  it('reports what a handler throws and keeps its process', async () => {
    const { target } = aFunction({
      source: `export const handler = async (event) => {
        if (event.bad) throw new TypeError('no good');
        return process.pid;
      };`,
      processes: 1,
    });

    const before = answer(await target.invoke({}));
    const thrown = await target.invoke({ bad: true });

    expect(failure(thrown)).toEqual({ kind: 'error', errorType: 'TypeError', errorMessage: 'no good' });
    expect(answer(await target.invoke({}))).toBe(before);
  });

  it('kills an invocation at the time limit and goes on with a fresh process', async () => {
    const { target } = aFunction({
      source: 'export const handler = (event) => event.hang ? new Promise((r) => setTimeout(r, 60000)) : process.pid;',
      timeoutMs: 300,
      processes: 1,
    });
    const before = Number(answer(await target.invoke({})));

    const late = await target.invoke({ hang: true });
    const after = answer(await target.invoke({}));

    expect(failure(late)).toEqual({
      kind: 'timeout',
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.30 seconds',
    });
    expect(after).not.toBe(before);
    expect(exists(before)).toBe(false);
  });

  it('kills a handler that never yields', async () => {
    const { target } = aFunction({ source: 'export const handler = () => { for (;;); };', timeoutMs: 300 });

    expect(failure(await target.invoke({}))).toMatchObject({ kind: 'timeout' });
  });

  it('reports a process that ends by itself and starts a fresh one', async () => {
    const { target } = aFunction({
      source: 'export const handler = async (event) => event.code === undefined ? 1 : process.exit(event.code);',
      processes: 1,
    });

    const ended = await target.invoke({ code: 7 });

    expect(failure(ended)).toMatchObject({
      kind: 'exit',
      errorType: 'Runtime.ExitError',
      errorMessage: 'Runtime exited with error: exit status 7',
    });
    expect(answer(await target.invoke({}))).toBe(1);
  });

  it('reports a process that is killed in the middle of an invocation', async () => {
    const { target } = aFunction({
      source: 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60000));',
    });
    await target.warm();

    const running = target.invoke({});
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(target.kill('SIGKILL')).toEqual(expect.any(Number));

    expect(failure(await running)).toMatchObject({
      kind: 'exit',
      errorMessage: 'Runtime exited with error: signal: SIGKILL',
    });
  });

  it('reports a process that grows beyond its memory', async () => {
    const { target } = aFunction({
      source: 'export const handler = async () => { const all = []; for (;;) all.push(new Array(100000).fill(1.5)); };',
      memoryMegabytes: 128,
      timeoutMs: 60_000,
    });

    expect(failure(await target.invoke({}))).toMatchObject({ kind: 'exit', errorType: 'Runtime.ExitError' });
  });

  it.each([
    ['throws', 'throw new RangeError("cannot start");', { errorType: 'RangeError', errorMessage: 'cannot start' }],
    ['exports no handler', 'export const other = 1;', { errorType: 'Runtime.HandlerNotFound' }],
    ['is no JavaScript', 'export const = ;', { errorType: 'SyntaxError' }],
    ['rejects while loading', 'await Promise.reject(new Error("later"));', { errorMessage: 'later' }],
    ['ends the process', 'process.exit(3);', { errorMessage: 'Runtime exited with error: exit status 3' }],
  ])('names the failure of a bundle that %s', async (_what, source, expected) => {
    const { target } = aFunction({ source });

    const [warmed, invoked] = [await target.warm(), await target.invoke({})];

    expect(warmed).toMatchObject({ kind: 'init', ...expected });
    expect(failure(invoked)).toMatchObject({ kind: 'init', ...expected });
  });

  it.each([
    ['killed', 'exit', 'Runtime exited with error: signal: SIGKILL'],
    ['timedOut', 'timeout', 'Task timed out after 10.00 seconds'],
    ['outOfMemory', 'exit', expect.stringMatching(/^Runtime exited with error: (signal: SIGABRT|exit status)/)],
  ] as const)('ends the very process whose mark its calls bear: %s', async (how, kind, errorMessage) => {
    const { target } = aFunction({
      source: `export const handler = async ({ waits }) => {
        if (waits) {
          console.log('works');
          await new Promise((resolve) => setTimeout(resolve, 30_000));
        }
        return process.env.AWS_ACCESS_KEY_ID;
      };`,
      environment: { AWS_ACCESS_KEY_ID: 'AKIA1' },
      memoryMegabytes: 64,
    });
    const [one, other] = await Promise.all([target.invoke({}), target.invoke({})]);
    const waiting = [target.invoke({ waits: true }), target.invoke({ waits: true })];

    expect([answer(one), answer(other)].sort()).toEqual(['AKIA1.1', 'AKIA1.2']);
    await expect.poll(() => target.logs().filter((line) => line.includes('works'))).toHaveLength(2);
    target.strike('2', how);

    expect(failure(await Promise.race(waiting))).toMatchObject({ kind, errorMessage });
    expect(target.inFlight).toBe(1);
  });

  it('refuses an answer that is larger than an invocation may carry', async () => {
    const { target } = aFunction({ source: 'export const handler = async () => "x".repeat(6_300_000);' });

    expect(failure(await target.invoke({}))).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  });

  it('keeps what the function prints, in memory and in the log folder', async () => {
    const logFolder = mkdtempSync(join(tmpdir(), 'host-logs-'));
    folders.push(logFolder);
    const { target } = aFunction({
      source: 'export const handler = async () => { console.log("one"); console.error("two"); };',
      logFolder,
    });

    await target.invoke({});

    await expect.poll(() => [...target.logs()].sort()).toEqual(['one', 'two']);
    const kept = readFileSync(join(logFolder, 'tributary-probe.log'), 'utf8').trim().split('\n');
    expect(kept.sort()).toEqual(['one', 'two']);
  });

  it('leaves no process behind', async () => {
    const { target } = aFunction({ source: 'export const handler = async () => process.pid;' });
    const pid = Number(answer(await target.invoke({})));

    await target.close();

    expect(exists(pid)).toBe(false);
    expect(failure(await target.invoke({}))).toMatchObject({ errorMessage: 'the stage is closing' });
  });
});

describe('bootstrap', () => {
  it('ends when its parent dies', async () => {
    const code = mkdtempSync(join(tmpdir(), 'host-orphan-'));
    folders.push(code);
    mkdirSync(join(code, 'bundle'));
    writeFileSync(join(code, 'bundle', 'index.mjs'), 'setInterval(() => {}, 1000); export const handler = () => 1;');
    const parent = join(code, 'parent.mjs');
    const bootstrap = join(import.meta.dirname, '../../lib/local/host/bootstrap.mjs');
    writeFileSync(
      parent,
      `import { spawn } from 'node:child_process';
       const env = { LAMBDA_TASK_ROOT: ${JSON.stringify(join(code, 'bundle'))}, _HANDLER: 'index.handler' };
       const child = spawn(process.execPath, [${JSON.stringify(bootstrap)}], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
       child.send({ kind: 'load', offset: 0 });
       child.once('message', () => { console.log(child.pid); });`,
    );
    const { spawn } = await import('node:child_process');
    const dying = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => dying.stdout.once('data', (text) => resolve(Number(text))));
    expect(exists(pid)).toBe(true);

    dying.kill('SIGKILL');

    await expect.poll(() => exists(pid), { timeout: 5_000 }).toBe(false);
  });
});
