import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Json } from '../lib/domain/json.ts';
import { openStage, type Stage } from '../lib/local/stage.ts';
import { approveHeld, callStage } from '../lib/local/stage-calls.ts';
import { loadWorkspace } from '../lib/workspace/load.ts';
import type { Told } from './import-and-push-tools.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { childProcesses, type ProcessUse } from './processes.ts';

/** What everything has used up to a moment. */
interface Reading {
  readonly at: number;
  readonly processes: readonly ProcessUse[];
  readonly stageCpuMs: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly calls: Told['calls'];
}

/** Beside every schedule, so that nothing runs but what the bench asks for. */
const START = Date.parse('2026-11-20T04:07:00.000Z');
const SPELL_MS = 20 * 60_000;
const LIST = 'b1e2n3';
const TAG = 'Customers';

/** Ten segments as marketers write them, over the traits that a contact has. */
const segments: Readonly<Record<string, string>> = {
  customers: '{ trait: lifecycle_stage, is: customer }',
  prospects: '{ trait: lifecycle_stage, in: [lead, prospect] }',
  dach: '{ trait: address.country, in: [DE, AT, CH] }',
  'dach-customers': '{ all: [{ segment: dach }, { segment: customers }] }',
  purchasing: '{ trait: department, is: Purchasing }',
  reachable: '{ all: [{ trait: email, exists: true }, { trait: phone, exists: true }] }',
  'no-phone': '{ trait: phone, exists: false }',
  abroad: '{ not: { segment: dach } }',
  'buyers-abroad': '{ all: [{ segment: purchasing }, { segment: abroad }] }',
  'example-com': '{ trait: email, ends_with: "@example.com" }',
};

/**
 * A company's contacts from Salesforce into profiles, ten segments, and one audience pushed to Mailchimp, once, through the
 * deployed functions on the local stage. The tools are simulators in another process. CPU is what functions used; the
 * stage (proxy, queues, scheduler) and DynamoDB Local stand in for AWS and are told apart.
 */
export async function* bench({ quick, people = 10_000, note }: BenchOptions): AsyncIterable<Measurement> {
  const contacts = quick ? 40 : people;
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const program = fileURLToPath(new URL('import-and-push-tools.ts', import.meta.url));
  const tools = fork(program, [String(contacts), String(START), LIST, TAG], { execArgv: ['--import', 'tsx'] });
  let stage: Stage | undefined;
  try {
    const [told] = (await once(tools, 'message')) as [Told];
    await writeWorkspace(folder, told);
    const { definitions, problems } = await loadWorkspace(folder);
    if (definitions === undefined) throw new Error(`the bench's workspace does not load: ${JSON.stringify(problems)}`);
    note('import-and-push: the stage starts');
    stage = await openStage({
      from: { workspace: definitions },
      start: START,
      secrets: told.secrets,
      environment: {},
      stageFileIn: folder,
    });
    await callStage(stage, 'POST', '/api/definitions', definitions as unknown as Json);
    await stage.idle();
    const read = async (): Promise<Reading> => readingOf(stage as Stage, await ask(tools));

    note(`import-and-push: ${contacts} contacts come in`);
    const before = await read();
    await callStage(stage, 'POST', '/api/pull', { connection: 'crm' });
    await settled(stage);
    const imported = await read();
    note('import-and-push: the audience goes out');
    await callStage(stage, 'POST', '/api/push', { audience: 'customers' });
    await stage.idle();
    await approveHeld(stage, () => undefined);
    const pushed = await read();

    const { tagged } = await ask(tools);
    yield* linesOf('import', contacts, before, imported);
    yield* linesOf('push', contacts, imported, pushed);
    yield* linesOf('import and push', contacts, before, pushed);
    yield line('members on the list', tagged, 'people', { contacts });
    for (const { name, peakBytes } of largest(pushed.processes)) {
      yield line('peak memory of a process', peakBytes / 1024 / 1024, 'MiB', { contacts, process: name });
    }
  } finally {
    await stage?.close();
    tools.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeWorkspace(folder: string, { endpoints }: Told): Promise<void> {
  const put = async (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  await Promise.all(['segments', 'audiences'].map((name) => mkdir(join(folder, name))));
  await put(
    'tributary.yaml',
    `workspace: bench
timezone: UTC
connections:
  crm:
    connector: salesforce
    endpoint: ${endpoints.crm}
    streams: { contacts: every 6 hours }
    fields: { lifecycle_stage: Lifecycle_Stage__c }
    quota: 90%
  mail:
    connector: mailchimp
    endpoint: ${endpoints.mail}
    list: ${LIST}
    streams: {}
    quota: 90%
`,
  );
  for (const [segment, when] of Object.entries(segments)) {
    await put(`segments/${segment}.yaml`, `segment: ${segment}\ntitle: ${segment}\nwhen: ${when}\n`);
  }
  await put(
    'audiences/customers.yaml',
    `audience: customers\nsegment: customers\nto: { connection: mail, tag: ${TAG} }\nmatch: [email]\nmode: mirror\nwhen: nightly at 02:00\n`,
  );
}

async function ask(tools: ChildProcess): Promise<Told> {
  const answer = once(tools, 'message');
  tools.send('tell');
  const [told] = (await answer) as [Told];
  return told;
}

function readingOf(stage: Stage, { calls }: Told): Reading {
  const { user, system } = process.cpuUsage();
  const requests = stage.counts().operations;
  return { at: performance.now(), processes: childProcesses(), stageCpuMs: (user + system) / 1000, requests, calls };
}

/** Lets stage time pass until the stream is settled. */
async function settled(stage: Stage): Promise<void> {
  for (let spell = 0; spell < 20; spell += 1) {
    await stage.idle();
    const { connections } = (await callStage(stage, 'GET', '/api/workspace')) as unknown as {
      connections: readonly { readonly streams: readonly { readonly settled: boolean }[] }[];
    };
    if (connections.every(({ streams }) => streams.every((stream) => stream.settled))) return;
    await stage.runUntil(Date.parse(stage.now()) + SPELL_MS);
  }
  throw new Error('the pull did not settle');
}

function* linesOf(phase: string, contacts: number, from: Reading, to: Reading): Iterable<Measurement> {
  const of = { phase, contacts };
  const cpu = cpuBetween(from, to);
  const functions = [...cpu].filter(([name]) => !engines.includes(name));
  const total = functions.reduce((sum, [, ms]) => sum + ms, 0);
  yield line('wall', (to.at - from.at) / 1000, 's', of);
  const perContact = line('CPU of the functions, a contact', total / contacts, 'ms', of);
  // A twentieth of the 43 ms that the closest open-source peer took on such a machine.
  yield phase === 'import and push' ? { ...perContact, target: { most: 2.15 } } : perContact;
  for (const [name, ms] of cpu) yield line('CPU', ms / 1000, 's', { ...of, process: name });
  yield line('CPU', (to.stageCpuMs - from.stageCpuMs) / 1000, 's', { ...of, process: 'stage' });
  for (const tool of ['crm', 'mail'] as const) {
    yield line('vendor calls', to.calls[tool] - from.calls[tool], 'calls', { ...of, tool });
  }
  for (const [operation, count] of Object.entries(to.requests)) {
    const more = count - (from.requests[operation] ?? 0);
    if (more > 0) yield line('requests', more, 'requests', { ...of, operation });
  }
}

/** Programs that stand in for AWS. */
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

function line(metric: string, value: number, unit: string, of: Measurement['of']): Measurement {
  return { job: 'import-and-push', metric, value: rounded(value), unit, ...(of === undefined ? {} : { of }) };
}
