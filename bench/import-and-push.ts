import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableNames } from '../lib/infra/tables.ts';
import type { EngineAnswer } from '../lib/local/engines/exchange.ts';
import { engineAccess, type TableNames } from './database.ts';
import { type Company, openCompany, type Reading } from './import-and-push-stage.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import type { ProcessUse } from './processes.ts';
import { bundleProfiled, readProfiles } from './profiled-bundles.ts';
import { type OpenMeter, openMeter } from './request-units.ts';

type Of = NonNullable<Measurement['of']>;

/** All phases together. */
const WHOLE = 'import and push';

/**
 * A company's contacts from Salesforce into profiles, ten segments, and one audience pushed to Mailchimp, once, through the
 * deployed functions on the local stage. The tools are simulators in another process. CPU is what functions used; the
 * stage (proxy, queues, scheduler) and DynamoDB Local stand in for AWS and are told apart. Units, and where the time goes,
 * are taken from runs of their own: looking up each item before and after, and sampling, cost time.
 */
export async function* bench({ quick, people, note }: BenchOptions): AsyncIterable<Measurement> {
  const sizes = quick ? [40] : people === undefined ? [10_000, 50_000] : [people];
  const first = sizes[0] ?? 0;
  for (const contacts of sizes) yield* timed(contacts, note);
  yield* counted(Math.min(first, 1_000), note);
  yield* profiled(Math.min(first, 10_000), note);
}

/** The same company twice, side by side: its audience pushed once when all are in, and pushed as it changes. */
export async function* realtimeBench({ quick, people, note }: BenchOptions): AsyncIterable<Measurement> {
  const contacts = quick ? 40 : (people ?? 2_000);
  for await (const measured of inRealtime(contacts, note)) yield { ...measured, job: 'realtime' };
  // What is promised is promised of more contacts: a cold start weighs little there.
  for await (const { target: _promised, ...measured } of timed(contacts, note)) {
    const isWhole = measured.of?.phase === WHOLE && measured.of.process === undefined;
    if (isWhole || measured.metric === 'members on the list') yield { ...measured, job: 'realtime' };
  }
}

async function* timed(contacts: number, note: BenchOptions['note']): AsyncIterable<Measurement> {
  note(`import-and-push: ${contacts} contacts, timed`);
  const company = await openCompany({ contacts });
  try {
    const before = await company.read();
    await company.pull();
    const imported = await company.read();
    note('import-and-push: whoever came in is compared with the others');
    await company.compare();
    const compared = await company.read();
    note('import-and-push: the audience goes out');
    await company.push();
    const pushed = await company.read();
    yield* totals('import', contacts, before, imported);
    yield* totals('compare', contacts, imported, compared);
    yield* totals('push', contacts, compared, pushed);
    yield* totals(WHOLE, contacts, before, pushed);
    yield* details('import', contacts, before, imported);
    yield* details('compare', contacts, imported, compared);
    yield* details('push', contacts, compared, pushed);
    yield line('members on the list', await company.onTheList(), 'people', { contacts });
    for (const { name, peakBytes } of largest(pushed.processes)) {
      yield line('peak memory of a process', peakBytes / 1024 / 1024, 'MiB', { contacts, process: name });
    }
  } finally {
    await company.close();
  }
}

/** The same company with an audience that is pushed as it changes: the list fills while contacts still come in. */
async function* inRealtime(contacts: number, note: BenchOptions['note']): AsyncIterable<Measurement> {
  note(`import-and-push: ${contacts} contacts, pushed as they come in`);
  const company = await openCompany({ contacts, realtime: true });
  try {
    const before = await company.read();
    await company.pull();
    const imported = await company.read();
    const listed = await company.onTheList();
    yield line('members on the list when the last contact is in', listed, 'people', {
      contacts,
      pushed: 'in realtime',
    });
    await company.compare();
    const pushed = await company.read();
    yield* totals('import, pushed in realtime', contacts, before, imported);
    yield* totals('import, compare and push in realtime', contacts, before, pushed);
    yield line('members on the list', await company.onTheList(), 'people', { contacts, pushed: 'in realtime' });
  } finally {
    await company.close();
  }
}

/** DynamoDB's units, counted as the requests pass the stage's proxy. */
async function* counted(contacts: number, note: BenchOptions['note']): AsyncIterable<Measurement> {
  note(`import-and-push: ${contacts} contacts, units counted`);
  let open: OpenMeter | undefined;
  let company: Company | undefined;
  let bare: DynamoDBClient | undefined;
  let failure: unknown;
  try {
    company = await openCompany({
      contacts,
      async around(operation, body, send) {
        try {
          return await (open?.around(operation, body, send, answerOf) ?? send());
        } catch (thrown) {
          failure ??= thrown;
          throw thrown;
        }
      },
    });
    const { stage } = company;
    bare = new DynamoDBClient({ ...engineAccess, endpoint: stage.engines.dynamodb });
    const names = Object.fromEntries(
      tableNames.map((name) => [name, String(stage.resolve(`${name.toUpperCase()}_TABLE`))]),
    ) as TableNames;
    open = openMeter(bare, names);
    const { meter } = open;
    for (const [phase, run] of [
      ['import', company.pull],
      ['compare', company.compare],
      ['push', company.push],
    ] as const) {
      meter.reset();
      await run();
      // To a function it looks like a server error: it comes again, and less is counted than was done.
      if (failure !== undefined) throw failure;
      const of = { phase, contacts };
      yield line('write units a contact', meter.write / contacts, 'WRU', of);
      yield line('read units a contact', meter.read / contacts, 'RRU', of);
      yield line('transactions', meter.transactions, 'transactions', of);
      for (const [table, units] of meter.writeBy) {
        yield line('write units a contact', units / contacts, 'WRU', { ...of, table });
      }
    }
  } finally {
    await company?.close();
    bare?.destroy();
  }
}

function answerOf({ body }: EngineAnswer): unknown {
  return JSON.parse(body.toString());
}

/** Where the processor time of the functions goes: V8's profiler in each of their processes. */
async function* profiled(contacts: number, note: BenchOptions['note']): AsyncIterable<Measurement> {
  note(`import-and-push: ${contacts} contacts, profiled`);
  const folder = await mkdtemp(join(tmpdir(), 'tributary-profiles-'));
  let company: Company | undefined;
  try {
    const [bundles, profiles] = [await mkdtemp(join(folder, 'b-')), await mkdtemp(join(folder, 'p-'))];
    const dirs = await bundleProfiled(bundles, profiles);
    company = await openCompany({ contacts, bundle: async () => dirs });
    await company.pull();
    await company.compare();
    await company.push();
    const { processes } = await company.read();
    const pids = processes.filter(({ name }) => watched.includes(name)).map(({ pid }) => pid);
    for (const { name, part, milliseconds } of await readProfiles(pids, profiles, dirs)) {
      if (milliseconds / contacts < 0.001 || !watched.includes(name)) continue;
      yield line('CPU of a part, a contact', (milliseconds * 1_000) / contacts, 'µs', {
        contacts,
        function: name,
        part,
      });
    }
  } finally {
    await company?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The functions that contacts pass. */
const watched: readonly string[] = ['sync-stream', 'resolve-profile', 'activate-audience'];

function* totals(phase: string, contacts: number, from: Reading, to: Reading): Iterable<Measurement> {
  const of = { phase, contacts };
  const whole = phase === WHOLE;
  const functions = [...cpuBetween(from, to)].filter(([name]) => !engines.includes(name));
  const cpu = functions.reduce((sum, [, ms]) => sum + ms, 0);
  yield line('wall', (to.at - from.at) / 1000, 's', of);
  const perContact = line('CPU of the functions, a contact', cpu / contacts, 'ms', of);
  // A twentieth of the 43 ms that the closest open-source peer took on such a machine.
  yield whole ? { ...perContact, target: { most: 2.15 } } : perContact;
  const calls = (to.calls.crm - from.calls.crm + to.calls.mail - from.calls.mail) / contacts;
  // The peer made three.
  const perCall = line('vendor calls a contact', calls, 'calls', of);
  yield whole ? { ...perCall, target: { most: 3 } } : perCall;
  const more = (count: (reading: Reading) => number): number => (count(to) - count(from)) / contacts;
  yield line('requests to DynamoDB, a contact', more(requestsIn), 'requests', of);
  yield line(
    'bytes to DynamoDB, a contact',
    more((reading) => bytesIn(reading).sent),
    'bytes',
    of,
  );
  yield line(
    'bytes from DynamoDB, a contact',
    more((reading) => bytesIn(reading).received),
    'bytes',
    of,
  );
}

function* details(phase: string, contacts: number, from: Reading, to: Reading): Iterable<Measurement> {
  const of = { phase, contacts };
  for (const [name, ms] of cpuBetween(from, to)) yield line('CPU', ms / 1000, 's', { ...of, process: name });
  yield line('CPU', (to.stageCpuMs - from.stageCpuMs) / 1000, 's', { ...of, process: 'stage' });
  for (const tool of ['crm', 'mail'] as const) {
    yield line('vendor calls', to.calls[tool] - from.calls[tool], 'calls', { ...of, tool });
  }
  for (const [operation, count] of Object.entries(to.counts.operations)) {
    const more = count - (from.counts.operations[operation] ?? 0);
    if (more === 0) continue;
    const [was, is] = [from.counts.bytes[operation] ?? { sent: 0, received: 0 }, to.counts.bytes[operation]];
    yield line('requests', more, 'requests', { ...of, operation });
    yield line('sent', ((is?.sent ?? 0) - was.sent) / 1024, 'KiB', { ...of, operation });
    yield line('received', ((is?.received ?? 0) - was.received) / 1024, 'KiB', { ...of, operation });
  }
}

const isDatabase = (operation: string): boolean => operation.startsWith('dynamodb:');

function requestsIn({ counts }: Reading): number {
  return Object.entries(counts.operations).reduce((sum, [name, count]) => sum + (isDatabase(name) ? count : 0), 0);
}

function bytesIn({ counts }: Reading): { readonly sent: number; readonly received: number } {
  const passed = Object.entries(counts.bytes).filter(([name]) => isDatabase(name));
  return {
    sent: passed.reduce((sum, [, { sent }]) => sum + sent, 0),
    received: passed.reduce((sum, [, { received }]) => sum + received, 0),
  };
}

/** Programs that stand in for AWS, and what bundles the functions. */
const engines = ['java', 'esbuild', 'node'];

function cpuBetween(from: Reading, to: Reading): ReadonlyMap<string, number> {
  const before = new Map(from.processes.map(({ pid, cpuMs }) => [pid, cpuMs]));
  const sum = new Map<string, number>();
  for (const { pid, name, cpuMs } of to.processes) {
    const used = cpuMs - (before.get(pid) ?? 0);
    if (used > 0) sum.set(name, (sum.get(name) ?? 0) + used);
  }
  return sum;
}

/** The largest process of each name. */
function largest(processes: readonly ProcessUse[]): readonly ProcessUse[] {
  const byName = new Map<string, ProcessUse>();
  for (const one of processes) if (one.peakBytes > (byName.get(one.name)?.peakBytes ?? 0)) byName.set(one.name, one);
  return [...byName.values()].filter(({ name }) => !engines.includes(name));
}

function line(metric: string, value: number, unit: string, of: Of): Measurement {
  return { job: 'import-and-push', metric, value: rounded(value), unit, of };
}
