import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Done, Task } from './load-naive.ts';
import type { Order, Outcome } from './load-sender.ts';
import { type LoadedStage, memberSince, openLoadedStage, type Size } from './load-stage.ts';
import { ANSWERED, type Phase } from './load-traffic.ts';
import { type Moment, watch } from './load-watch.ts';
import { type BenchOptions, type Measurement, median, rounded } from './measurement.ts';

type Of = NonNullable<Measurement['of']>;

/** The same load on a workspace ten times as large in one respect. */
const BASE: Size = { people: 300, segments: 10, connections: 1 };
const sizes: Readonly<Record<string, Size>> = {
  base: BASE,
  'ten times the people': { ...BASE, people: 3_000 },
  'ten times the segments': { ...BASE, segments: 100 },
  'ten times the connections': { ...BASE, connections: 10 },
};
/** Requests a second; of twenty, one is a batch of twenty messages. */
const RATE = 20;
const BURST = 1_000;
const SUSTAINED_SECONDS = 20;
const BASE_SECONDS = 300;
const REFUSED_SECONDS = 20;
/** How often the queue fails a function that sends, while it is made to fail. */
const QUEUE_FAILS = 0.7;
const RETRIED_WITHIN_MS = 15 * 60_000;

/**
 * Websites, apps, servers and signed webhooks on the functions of the local stage, at the machine's own speed: minutes at a
 * steady rate, a thousand requests at once, and a queue that fails seven of ten sends. Everything that was
 * accepted is looked for afterwards, by name. The same events go to a script that writes directly, on the same engine.
 */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  for (const [name, size] of Object.entries(sizes)) {
    if (quick && name !== 'base') return;
    const isBase = name === 'base';
    const small = { people: 20, segments: 5, connections: 1 };
    yield* underLoad(name, quick ? small : size, phasesOf(quick, isBase), note);
  }
}

type Plan = Pick<Phase, 'name' | 'requests' | 'rate'>;

function phasesOf(quick: boolean, isBase: boolean): readonly Plan[] {
  const seconds = isBase ? BASE_SECONDS : SUSTAINED_SECONDS;
  const sustained = { name: 'sustained', requests: quick ? 60 : RATE * seconds, rate: RATE };
  const burst = { name: 'burst', requests: quick ? 60 : BURST, rate: 0 };
  const refused = { name: 'refused', requests: quick ? 40 : RATE * REFUSED_SECONDS, rate: RATE };
  return isBase ? [sustained, burst, refused] : [sustained, burst];
}

async function* underLoad(
  scenario: string,
  size: Size,
  plans: readonly Plan[],
  note: BenchOptions['note'],
): AsyncIterable<Measurement> {
  note(`load: ${scenario}`);
  const sender = await startChild('load-sender.ts');
  let loaded: LoadedStage | undefined;
  try {
    loaded = await openLoadedStage(size);
    const { stage } = loaded;
    const tell = (order: Omit<Order, 'url'>): Promise<Outcome> => ask(sender, { url: stage.url, ...order });
    await tell({ people: size.people });
    await stage.idle();
    const accepted = new Map<string, number>();
    for (const plan of plans) {
      note(`load: ${scenario}, ${plan.name}`);
      const phase: Phase = { ...plan, people: size.people, connections: size.connections, begins: Date.now() };
      const of = { workspace: scenario, phase: plan.name, way: 'tributary' };
      if (plan.name === 'refused') stage.faults.set({ queueError: QUEUE_FAILS });
      const watching = watch(loaded);
      const outcome = await tell({ phase });
      stage.faults.set({});
      await stage.idle();
      const moments = await watching.end();
      for (const { name } of outcome.accepted) accepted.set(name, (accepted.get(name) ?? 0) + 1);
      yield* latencies(loaded, plan.name, outcome, moments, of);
      yield* costs(outcome, moments, of);
      if (plan.name === 'sustained') yield* memory(moments, scenario);
      if (scenario === 'base') yield* overTime(loaded, plan.name, outcome, moments);
      if (plan.name !== 'refused') yield* naive(stage.engines.dynamodb, phase, size, scenario);
    }
    // What failed on the way shows itself again when its visibility timeout is over.
    await stage.runUntil(Date.parse(stage.now()) + RETRIED_WITHIN_MS);
    await stage.idle();
    yield* conservation(loaded, accepted, scenario);
  } finally {
    await loaded?.close();
    sender.kill('SIGKILL');
  }
}

/** From the answer to the membership written, of everybody's first in the phase; and how far the queue grew. */
function* latencies(
  loaded: LoadedStage,
  phase: string,
  { accepted, requests, refused, givenUp, answers }: Outcome,
  moments: readonly Moment[],
  of: Of,
): Iterable<Measurement> {
  const waits = firstOf(accepted).flatMap(({ user, at }) => {
    const since = memberSince(loaded, phase, user);
    return since === undefined ? [] : [Math.max(0, since - at)];
  });
  yield line('activities accepted', accepted.length, 'activities', of);
  yield line('requests', requests, 'requests', of);
  yield line('answers of 429 and 5xx, sent again', refused, 'answers', of);
  yield line('requests never taken', givenUp, 'requests', { ...of });
  yield line('half answered within', percentile(answers, 0.5), 'ms', of);
  yield line('99 of 100 answered within', percentile(answers, 0.99), 'ms', of);
  yield line('half are members within', percentile(waits, 0.5), 'ms', of);
  yield line('95 of 100 are members within', percentile(waits, 0.95), 'ms', of);
  yield line('99 of 100 are members within', percentile(waits, 0.99), 'ms', of);
  yield line('most messages in the queue', Math.max(...moments.map(({ waiting }) => waiting)), 'messages', of);
  yield line('the longest wait in the queue', Math.max(...waits), 'ms', of);
}

/** The first activity of everybody that makes them a member. */
function firstOf(accepted: Outcome['accepted']): Outcome['accepted'] {
  const seen = new Set<string>();
  const clicks = accepted.filter(({ name }) => name !== ANSWERED).sort((a, b) => a.at - b.at);
  return clicks.filter(({ user }) => !seen.has(user) && seen.add(user));
}

/** How long whoever waits longest at an instant has waited since they were accepted; 0 when nobody does. */
function ageAt(loaded: LoadedStage, phase: string, accepted: Outcome['accepted'], at: number): number {
  const waiting = firstOf(accepted).filter(
    (one) => one.at <= at && (memberSince(loaded, phase, one.user) ?? Number.POSITIVE_INFINITY) > at,
  );
  return waiting.reduce((most, one) => Math.max(most, at - one.at), 0);
}

function* costs({ accepted, seconds }: Outcome, moments: readonly Moment[], of: Of): Iterable<Measurement> {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) return;
  const before = new Map(first.processes.map(({ pid, cpuMs }) => [pid, cpuMs]));
  const ours = last.processes.filter(({ name }) => HOT.includes(name));
  const cpu = ours.reduce((sum, { pid, cpuMs }) => sum + cpuMs - (before.get(pid) ?? 0), 0);
  const asked = (moment: Moment): number =>
    Object.entries(moment.counts.operations).reduce(
      (sum, [name, n]) => sum + (name.startsWith('dynamodb:') ? n : 0),
      0,
    );
  yield line('processor time, an activity', cpu / accepted.length, 'ms', of);
  yield line('requests to DynamoDB, an activity', (asked(last) - asked(first)) / accepted.length, 'requests', of);
  yield line('activities a second, while they were sent', accepted.length / seconds, 'activities/s', of);
}

/** The functions that activities pass. */
const HOT: readonly string[] = ['collect', 'receive-webhook', 'resolve-profile'];

/** What each function's largest process holds at the start, in the middle and at the end, and how the second half rises. */
function* memory(moments: readonly Moment[], workspace: string): Iterable<Measurement> {
  /** The middle value of a tenth of the moments: one look may fall before or after a collection of garbage. */
  const held = (name: string, from: number): Pick<Moment, 'at'> & { readonly mebibytes: number } => {
    const some = moments.slice(
      Math.floor(moments.length * from),
      Math.max(1, Math.ceil(moments.length * (from + 0.1))),
    );
    const mebibytes = median(some.map((moment) => largest(moment, name) / MEBIBYTE));
    return { at: median(some.map(({ at }) => at)), mebibytes };
  };
  for (const name of HOT) {
    const of = { workspace, process: name };
    const [first, middle, last] = [held(name, 0), held(name, 0.45), held(name, 0.9)];
    yield line('memory at the start', first.mebibytes, 'MiB', of);
    yield line('memory in the middle', middle.mebibytes, 'MiB', of);
    yield line('memory at the end', last.mebibytes, 'MiB', of);
    const minutes = (last.at - middle.at) / 60_000;
    yield line('rise of the second half, a minute', (last.mebibytes - middle.mebibytes) / minutes, 'MiB', of);
  }
}

function largest({ processes }: Moment, name: string): number {
  return Math.max(...processes.filter((one) => one.name === name).map(({ bytes }) => bytes));
}

const MEBIBYTE = 1024 * 1024;

/** What the plots show: the queue and the memory of the functions, second by second. */
function* overTime(
  loaded: LoadedStage,
  phase: string,
  { accepted }: Outcome,
  moments: readonly Moment[],
): Iterable<Measurement> {
  const from = moments[0]?.at ?? 0;
  for (const moment of moments) {
    const of = { phase, second: Math.round((moment.at - from) / 100) / 10 };
    yield line('in the queue', moment.waiting, 'messages', of);
    yield line('age of the oldest', ageAt(loaded, phase, accepted, moment.at), 'ms', of);
    for (const name of HOT) {
      yield line('memory', largest(moment, name) / MEBIBYTE, 'MiB', { ...of, process: name });
    }
  }
}

/** The same events by the script that writes directly. */
async function* naive(dynamodb: string, phase: Phase, size: Size, workspace: string): AsyncIterable<Measurement> {
  const script = await startChild('load-naive.ts');
  try {
    const task: Task = { dynamodb, phase, segments: size.segments };
    const { activities, counted, waits, requests, cpuMs } = await ask<Done>(script, task);
    const of = { workspace, phase: phase.name, way: 'a script that writes directly' };
    yield line('activities sent', activities, 'activities', of);
    yield line('activities written over', activities - counted, 'activities', of);
    yield line('half are members within', percentile(waits, 0.5), 'ms', of);
    yield line('95 of 100 are members within', percentile(waits, 0.95), 'ms', of);
    yield line('99 of 100 are members within', percentile(waits, 0.99), 'ms', of);
    yield line('processor time, an activity', cpuMs / activities, 'ms', of);
    yield line('requests to DynamoDB, an activity', requests / activities, 'requests', of);
  } finally {
    script.kill('SIGKILL');
  }
}

/** Everything accepted is there once: by name in the table, and in what profiles count. */
async function* conservation(
  loaded: LoadedStage,
  accepted: ReadonlyMap<string, number>,
  workspace: string,
): AsyncIterable<Measurement> {
  const stored = await loaded.stored();
  let all = 0;
  for (const [activity, count] of accepted) {
    all += count;
    const { rows, ids } = stored.get(activity) ?? { rows: 0, ids: 0 };
    const of = { workspace, activity };
    yield line('accepted', count, 'activities', of);
    yield { ...line('lost', count - ids, 'activities', of), target: { most: 0 } };
    yield { ...line('there twice', rows - ids, 'activities', of), target: { most: 0 } };
  }
  const counted = await loaded.counted();
  const of = { workspace };
  yield line('activities that profiles count', counted, 'activities', of);
  yield { ...line('activities that no profile counts', all - counted, 'activities', of), target: { most: 0 } };
}

async function startChild(file: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return child;
}

async function ask<T>(child: ChildProcess, order: object): Promise<T> {
  const answer = once(child, 'message');
  child.send(order);
  const [told] = (await answer) as [T & { readonly problem?: string }];
  if (told.problem !== undefined) throw new Error(told.problem);
  return told;
}

/** The value that such a share of all do not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function line(metric: string, value: number, unit: string, of: Of): Measurement {
  return { job: 'load', metric, value: rounded(value), unit, of };
}
