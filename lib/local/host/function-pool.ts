import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StageClock } from '../clock.ts';
import { accessKeyIdOfProcess } from '../proxy/callers.ts';
import type { Death } from '../proxy/faults.ts';
import {
  type FunctionDefinition,
  type FunctionProcess,
  type Invocation,
  type InvocationFailure,
  startFunctionProcess,
} from './function-process.ts';

/** A function on the stage: as many processes as it may have, started when needed, replaced when they fall. */
export interface LocalFunction {
  readonly definition: FunctionDefinition;
  /** Waits for a free process, then runs the handler. Never rejects. */
  invoke(event: unknown): Promise<Invocation>;
  /** Starts a process and loads the bundle, so that the first invocation is warm. Resolves with the failure, if any. */
  warm(): Promise<InvocationFailure | undefined>;
  /** Kills a process, a busy one first. Returns its pid, undefined when none is running. */
  kill(signal: NodeJS.Signals): number | undefined;
  /** Ends the process of that mark, which its access key id bears. */
  strike(mark: string | undefined, how: Death): void;
  /** The latest lines that the function printed, oldest first. */
  logs(): readonly string[];
  /** Invocations running or waiting for a process. */
  readonly inFlight: number;
  /** Kills every process and waits for their end. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly clock: StageClock;
  /** Invocations at the same time, each in a process of its own. */
  readonly processes: number;
  /** Where `<function>.log` is appended to. Absent = kept in memory only. */
  readonly logFolder?: string;
  readonly onFailure: (failure: InvocationFailure) => void;
}

const linesKept = 2000;

/** Opens a function. Nothing is started before it is needed. The caller closes it. */
export function openFunction(definition: FunctionDefinition, options: PoolOptions): LocalFunction {
  const processes = new Set<FunctionProcess>();
  const marks = new Map<string, FunctionProcess>();
  const taken = new Set<FunctionProcess>();
  const waiting: ((turn: FunctionProcess | undefined) => void)[] = [];
  const lines: string[] = [];
  let inFlight = 0;
  let count = 0;
  let closed = false;

  const keepLine = lineKeeper(definition.name, lines, options.logFolder);

  const start = (): FunctionProcess => {
    const mark = String(++count);
    const started = startFunctionProcess(marked(definition, mark), {
      clockOffset: options.clock.offset,
      onLine: keepLine,
    });
    processes.add(started);
    marks.set(mark, started);
    const forget = (): void => {
      processes.delete(started);
      marks.delete(mark);
    };
    started.ended.then(forget).catch(() => undefined);
    return started;
  };

  const free = (): FunctionProcess | undefined => {
    const usable = [...processes].filter((candidate) => candidate.alive);
    const idle = usable.find((candidate) => !taken.has(candidate));
    if (idle !== undefined) return idle;
    return usable.length < options.processes && !closed ? start() : undefined;
  };

  const take = async (): Promise<FunctionProcess | undefined> => {
    const found = free();
    if (found === undefined && !closed) return new Promise((resolve) => waiting.push(resolve));
    if (found !== undefined) taken.add(found);
    return found;
  };

  const giveBack = (used: FunctionProcess): void => {
    taken.delete(used);
    if (waiting.length === 0) return;
    const next = free();
    if (next === undefined) return;
    taken.add(next);
    waiting.shift()?.(next);
  };

  return {
    definition,
    async invoke(event) {
      inFlight += 1;
      try {
        const chosen = await take();
        if (chosen === undefined) return stopped();
        const outcome = await chosen.invoke(event);
        giveBack(chosen);
        if (!outcome.ok && !closed) {
          keepLine(`${outcome.failure.errorType}: ${outcome.failure.errorMessage}`);
          options.onFailure(outcome.failure);
        }
        return outcome;
      } finally {
        inFlight -= 1;
      }
    },
    async warm() {
      const chosen = free();
      return chosen === undefined ? undefined : await chosen.loaded;
    },
    kill(signal) {
      const running = [...processes].filter((candidate) => candidate.alive);
      const chosen = running.find((candidate) => candidate.busy) ?? running[0];
      chosen?.kill(signal);
      return chosen?.pid;
    },
    strike(mark, how) {
      const struck = marks.get(mark ?? '');
      if (how === 'killed') struck?.kill('SIGKILL');
      else if (how === 'timedOut') struck?.timeOut();
      else struck?.exhaust();
    },
    logs: () => [...lines],
    get inFlight() {
      return inFlight;
    },
    async close() {
      closed = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
      const running = [...processes];
      for (const each of running) each.kill('SIGKILL');
      await Promise.all(running.map((each) => each.ended));
    },
  };
}

/** Its calls tell which process made them. */
function marked(definition: FunctionDefinition, mark: string): FunctionDefinition {
  const { AWS_ACCESS_KEY_ID: key, ...environment } = definition.environment;
  if (key === undefined) return definition;
  return { ...definition, environment: { ...environment, AWS_ACCESS_KEY_ID: accessKeyIdOfProcess(key, mark) } };
}

function stopped(): Invocation {
  const failure = {
    kind: 'exit',
    errorType: 'Runtime.ExitError',
    errorMessage: 'the stage is closing',
    trace: [],
  } as const;
  return { ok: false, requestId: 'none', failure };
}

function lineKeeper(name: string, lines: string[], folder: string | undefined): (line: string) => void {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  return (line) => {
    lines.push(line);
    if (lines.length > linesKept) lines.splice(0, lines.length - linesKept);
    if (folder !== undefined) appendFileSync(join(folder, `${name}.log`), `${line}\n`);
  };
}
