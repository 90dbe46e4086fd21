import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatInstant, type Instant, type Milliseconds } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { type AssembledFrom, assemblyOf } from './assembly.ts';
import { openClock, type StageTimer } from './clock.ts';
import { createResources, type EngineUrls } from './engines/create-resources.ts';
import { startDynamoDbLocal } from './engines/dynamodb-local.ts';
import { stageAccessKeyId } from './engines/exchange.ts';
import { startQueuesAndBuckets } from './engines/queues-and-buckets.ts';
import { stageAccount } from './engines/resource-names.ts';
import { openDueProfiles } from './host/due-profiles.ts';
import { type EventBuses, openEventBuses } from './host/event-bus.ts';
import { startEventSource } from './host/event-sources.ts';
import { startHttpApi } from './host/http-api.ts';
import { startSchedules } from './host/schedules.ts';
import { secretsOf } from './host/secret-values.ts';
import { startSecretsEndpoint } from './host/secrets-endpoint.ts';
import { openStageDoor } from './host/stage-door.ts';
import { removeStageFile, stageFilePath, writeStageFile } from './host/stage-file.ts';
import {
  type FunctionFailure,
  makeSessionTokens,
  openFunctions,
  processesPerFunction,
  warmFunctions,
} from './host/stage-functions.ts';
import { openStageQueues, type QueueDepth } from './host/stage-queues.ts';
import { openStepping } from './host/stepping.ts';
import { checkTemplate } from './host/template-check.ts';
import { eventSourcesOf, functionsOf, queuesOf, routesOf, rulesOf, schedulesOf } from './host/template-parts.ts';
import { accessKeyIdOf } from './proxy/callers.ts';
import type { Counts } from './proxy/counts.ts';
import type { Around } from './proxy/dispatch.ts';
import type { FaultKind, FaultOptions, Faults } from './proxy/faults.ts';
import type { Refusal } from './proxy/guard.ts';
import { startProxy } from './proxy/proxy.ts';
import { readPolicies } from './proxy/roles.ts';
import type { Published } from './proxy/topic-service.ts';

export interface StageOptions {
  readonly from: AssembledFrom;
  /** Keeps tables, queues, objects, generated secrets and logs. Absent = everything ends with the stage. */
  readonly dataDir?: string;
  /** A port that the operator asked for; taken is an error. */
  readonly port?: number;
  /** Where to look for a free port when none was asked for. @default 4000 */
  readonly firstPort?: number;
  /** The stage's time at the start. Absent = the machine's. */
  readonly start?: Milliseconds;
  /** Values of secrets, by the last part of their names. TRIBUTARY_SECRET_<CONNECTION> wins over them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly faults?: FaultOptions;
  /** Stands around what functions ask of DynamoDB: for measuring. */
  readonly around?: Around;
  /** Folder in which `.tributary/stage.json` is written. @default dataDir, else the working directory */
  readonly stageFileIn?: string;
  /** Done when `/api` answers and no schedule has fired yet: what is pulled before anything is published fails. */
  readonly prepare?: (api: Pick<Stage, 'url' | 'token'>) => Promise<void>;
  /** Told what the operator should know: a port that moved on. */
  readonly onNotice?: (notice: string) => void;
}

/** A running local stage: the synthesised template, on engines that run on this machine. */
export interface Stage {
  readonly url: string;
  readonly port: number;
  /** Where all of AWS is, for whoever signs with `stageAccessKeyId`: files are dropped there. */
  readonly aws: string;
  /** What `Authorization: Bearer …` must bear on `/api`. */
  readonly token: string;
  /** A new address of the console that lets a browser in, once, within ten minutes. */
  consoleLink(): string;
  readonly template: JsonObject;
  /** DynamoDB, and SQS with S3, past the proxy: for looking at what is stored. */
  readonly engines: EngineUrls;
  now(): Instant;
  /** Resolves when every queue that drives a function is empty and nothing is in flight. */
  idle(): Promise<void>;
  /** Jumps from event to event until the clock shows the instant, and is idle there. See `Stepping`. */
  runUntil(instant: Milliseconds): Promise<void>;
  /** Runs `run` when the stage's clock reaches the instant; `runUntil` steps to it, waits for it, throws what it threw. */
  addTimer(instant: Milliseconds, run: () => void | Promise<void>): StageTimer;
  /** Moves the stage's clock forward at once, with work in hand, as when a machine slept. */
  leap(milliseconds: Milliseconds): Promise<void>;
  /** Holds the sweeps while `work` is done, so that nothing changes by the passing of time alone. See `Stepping`. */
  withoutSweeps<T>(work: () => Promise<T>): Promise<T>;
  /** Puts an event on a partner's bus, as the partner would. See `EventBuses`. */
  readonly putEvent: EventBuses['put'];
  /** Kills a process of a function, a busy one first. Returns its pid, undefined when none is running. */
  kill(functionName: string, signal?: NodeJS.Signals): number | undefined;
  readonly faults: Faults;
  /** What functions told whoever is on call, the latest thousand. */
  readonly published: readonly Published[];
  /** Calls that a function's role did not allow. */
  readonly refusals: readonly Refusal[];
  /** What each function was allowed, as `action resource`. */
  calls(): Readonly<Record<string, readonly string[]>>;
  counts(): Counts;
  /** Invocations that gave no answer, the latest thousand. */
  readonly failures: readonly FunctionFailure[];
  /** What the stage itself failed at: a queue that did not answer, a timer that threw. */
  readonly troubles: readonly unknown[];
  /** The latest lines that a function printed. */
  logs(functionName: string): readonly string[];
  /** By logical id of the queue. */
  queueDepths(): Promise<Readonly<Record<string, QueueDepth>>>;
  /** What `Ref` of a logical id gives, or the value of a variable that a function has: `STATE_TABLE`. */
  resolve(name: string): Json | undefined;
  /** Ends everything that the stage started, and waits for its end. */
  close(): Promise<void>;
}

const failuresKept = 1000;

/**
 * Starts a stage. Throws TributaryError `stage/…` when the template holds what the stage cannot run, when Java is
 * missing, when a port is taken, when a grant is missing or a bundle does not load; then nothing is left running.
 */
export async function openStage(options: StageOptions): Promise<Stage> {
  const ending: (() => void | Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const step of ending.splice(0).reverse()) await step();
  };
  try {
    return await assemble(options, ending, end);
  } catch (failure) {
    await end();
    throw failure;
  }
}

async function assemble(
  options: StageOptions,
  ending: (() => void | Promise<void>)[],
  end: () => Promise<void>,
): Promise<Stage> {
  const { dataDir } = options;
  // It will hold people.
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const inData = (name: string): string | undefined => (dataDir === undefined ? undefined : join(dataDir, name));
  const failures: FunctionFailure[] = [];
  const troubles: unknown[] = [];
  const onTrouble = (trouble: unknown): void => keepLatest(troubles, trouble);

  const assembly = await assemblyOf(options.from, ending);
  const template = assembly.template as JsonObject;
  await checkTemplate(template);

  const start = options.start ?? Date.now();
  const clock = openClock({ start, onFailure: onTrouble });
  ending.push(clock.close);
  const dynamodb = await startDynamoDbLocal(optional({ dataDir: inData('dynamodb') }));
  ending.push(dynamodb.stop);
  const others = await startQueuesAndBuckets();
  ending.push(others.stop);
  const engines = { dynamodb: dynamodb.url, queues: others.url };
  const proxy = await startProxy({
    engines,
    now: clock.now,
    onDelayed: ({ dueAt, deliver }) => void clock.at(dueAt, deliver),
    onFailure: onTrouble,
    strike: (functionId, process, how) => byId.get(functionId)?.strike(process, how),
    onPublished: ({ subject, text }) => options.onNotice?.(`${subject}: ${text.split('\n')[0]}`),
    ...optional({ dataDir: inData('queues'), faults: options.faults, around: options.around }),
  });
  ending.push(proxy.close);
  // What roles are used for is compared with what they allow: npm run permissions.
  const { TRIBUTARY_CALLS: callsFile } = options.environment ?? process.env;
  if (callsFile !== undefined) ending.push(() => appendFileSync(callsFile, `${JSON.stringify(proxy.calls())}\n`));

  const created = await createResources(template, engines, { queueOrigin: proxy.url });
  const from = { template, resolver: created.resolver };
  const policies = readPolicies(template, created.resolver);
  await proxy.use(policies, created.queues, created.notices);

  const parts = functionsOf(from);
  const sessionTokens = makeSessionTokens(parts.map(({ id }) => id));
  const secrets = await startSecretsEndpoint({
    secrets: secretsOf(from, {
      given: options.secrets ?? {},
      environment: options.environment ?? process.env,
      ...optional({ file: inData('secrets.json') }),
    }),
    now: clock.now,
    callerOf: sessionTokens.functionOf,
    mayRead: (functionId, resource) =>
      proxy.allows(accessKeyIdOf(functionId), { action: 'secretsmanager:GetSecretValue', resource }),
  });
  ending.push(secrets.close);

  const byId = openFunctions(parts, {
    clock,
    codeDirs: assembly.codeDirs,
    endpoint: proxy.url,
    sessionTokens,
    secretsPort: secrets.port,
    onFailure: (failure) => keepLatest(failures, failure),
    ...optional({ logFolder: inData('logs') }),
  });
  const functions = [...byId.values()];
  ending.push(async () => void (await Promise.all(functions.map((each) => each.close()))));
  await warmFunctions(functions);

  const queues = openStageQueues(proxy.url);
  const polled = eventSourcesOf(from);
  const sources = polled.flatMap((definition) => {
    const target = byId.get(definition.functionId);
    const befalls = (fault: FaultKind) => (): boolean => proxy.faults.of(definition.functionId).happens(fault);
    const [comesAgain, comesAtOnce] = [befalls('redelivered'), befalls('deliveredAtOnce')];
    const settings = { queues, clock, processes: processesPerFunction, comesAgain, comesAtOnce, onFailure: onTrouble };
    return target === undefined ? [] : [startEventSource(definition, { ...settings, target })];
  });
  // A poller ends when its invocations have, so both are ended together.
  ending.push(async () => {
    const stopped = sources.map((source) => source.close());
    queues.close();
    await Promise.all([...functions.map((each) => each.close()), ...stopped]);
  });

  const token = randomBytes(24).toString('base64url');
  const door = openStageDoor({ token, now: Date.now });
  const routes = routesOf(from);
  const http = await startHttpApi({
    routes,
    functions: byId,
    clock,
    door,
    accountId: stageAccount,
    ...optional({ port: options.port, firstPort: options.firstPort }),
  });
  ending.push(http.close);
  const wanted = options.firstPort ?? 4000;
  if (options.port === undefined && http.port !== wanted) {
    options.onNotice?.(`port ${wanted} is in use, so the stage listens on ${http.port}`);
  }

  if (routes.some(({ signedIn }) => signedIn)) {
    options.onNotice?.('signing in by Cognito is not played here: the console is opened by a link');
  }

  const stageFile = stageFilePath(options.stageFileIn ?? dataDir ?? process.cwd());
  const startedAt = new Date().toISOString();
  const before = writeStageFile(stageFile, {
    url: http.url,
    token,
    aws: proxy.url,
    accessKeyId: stageAccessKeyId,
    pid: process.pid,
    startedAt,
  });
  ending.push(() => removeStageFile(stageFile, token, before));
  if (before !== undefined && before.pid !== process.pid) {
    options.onNotice?.(`another stage runs here, at ${before.url}: until this one ends, commands speak to this one`);
  }

  const due = openDueProfiles(from, engines.dynamodb);
  ending.push(due.close);
  await options.prepare?.({ url: http.url, token });
  const schedules = startSchedules(schedulesOf(from), { clock, queues, start });
  ending.push(schedules.close);
  const stepping = openStepping({ clock, schedules, queues, sources, functions, http, due });
  ending.push(stepping.close);
  // Nothing shall start any more while the rest is being ended.
  ending.push(clock.close);

  const functionNamed = (name: string) =>
    functions.find(({ definition }) => {
      const { id, environment } = definition;
      return name === id || name === definition.name || name === environment.POWERTOOLS_SERVICE_NAME;
    });
  return {
    url: http.url,
    port: http.port,
    aws: proxy.url,
    token,
    consoleLink: () => `${http.url}/#code=${door.makeCode()}`,
    template,
    engines,
    now: () => formatInstant(clock.now()),
    idle: stepping.idle,
    runUntil: stepping.runUntil,
    addTimer: stepping.addTimer,
    leap: (milliseconds) => clock.jumpTo(clock.now() + milliseconds),
    withoutSweeps: stepping.withoutSweeps,
    putEvent: openEventBuses(rulesOf(from), { queues, clock }).put,
    kill: (name, signal = 'SIGKILL') => functionNamed(name)?.kill(signal),
    faults: proxy.faults,
    published: proxy.published,
    refusals: proxy.refusals,
    calls: proxy.calls,
    counts: proxy.counts,
    failures,
    troubles,
    logs: (name) => functionNamed(name)?.logs() ?? [],
    async queueDepths() {
      const each = queuesOf(from).map(async ({ id, url }) => [id, await queues.depth(url)] as const);
      return Object.fromEntries(await Promise.all(each));
    },
    resolve(name) {
      const holder = parts.find(({ variables }) => variables[name] !== undefined);
      return holder?.variables[name] ?? created.resolver.resolve({ Ref: name });
    },
    close: end,
  };
}

function keepLatest<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > failuresKept) list.shift();
}

/** The options that have a value: an absent one must not be present as undefined. */
function optional<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
