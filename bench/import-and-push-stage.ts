import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Json } from '../lib/domain/json.ts';
import type { BundleDirs } from '../lib/infra/bundle.ts';
import type { Counts } from '../lib/local/proxy/counts.ts';
import type { Around } from '../lib/local/proxy/dispatch.ts';
import { openStage, type Stage } from '../lib/local/stage.ts';
import { approveHeld, callStage } from '../lib/local/stage-calls.ts';
import { loadWorkspace } from '../lib/workspace/load.ts';
import type { Told } from './import-and-push-tools.ts';
import { childProcesses, type ProcessUse } from './processes.ts';

/** What everything has used up to a moment. */
export interface Reading {
  readonly at: number;
  readonly processes: readonly ProcessUse[];
  readonly stageCpuMs: number;
  readonly counts: Counts;
  readonly calls: Told['calls'];
}

/** A company whose contacts wait in a simulated Salesforce, and a stage that has read nothing yet. */
export interface Company {
  readonly stage: Stage;
  read(): Promise<Reading>;
  /** Brings every contact in. */
  pull(): Promise<void>;
  /** Lets whoever came in be compared with everybody else for duplicates: it is asked for, and done minutes later. */
  compare(): Promise<void>;
  /** Pushes the audience. */
  push(): Promise<void>;
  /** How many members are on the list by now. */
  onTheList(): Promise<number>;
  close(): Promise<void>;
}

export interface CompanyOptions {
  readonly contacts: number;
  /** Stands around what functions ask of DynamoDB, as soon as the stage is open. */
  readonly around?: Around;
  readonly bundle?: () => Promise<BundleDirs>;
  /** Changes of the audience are pushed within a minute, during the import too, and nobody is asked. */
  readonly realtime?: boolean;
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

/** Starts the tools in a process of their own, and a stage with the workspace that connects them. */
export async function openCompany({ contacts, around, bundle, realtime = false }: CompanyOptions): Promise<Company> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const program = fileURLToPath(new URL('import-and-push-tools.ts', import.meta.url));
  const tools = fork(program, [String(contacts), String(START), LIST, TAG], { execArgv: ['--import', 'tsx'] });
  let stage: Stage | undefined;
  const close = async (): Promise<void> => {
    await stage?.close();
    tools.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [told] = (await once(tools, 'message')) as [Told];
    await writeWorkspace(folder, told, realtime);
    const { definitions, problems } = await loadWorkspace(folder);
    if (definitions === undefined) throw new Error(`the bench's workspace does not load: ${JSON.stringify(problems)}`);
    stage = await openStage({
      from: { workspace: definitions, ...(bundle === undefined ? {} : { bundle }) },
      start: START,
      secrets: told.secrets,
      environment: {},
      stageFileIn: folder,
      ...(around === undefined ? {} : { around }),
    });
    const opened = stage;
    await callStage(opened, 'POST', '/api/definitions', definitions as unknown as Json);
    await opened.idle();
    return {
      stage: opened,
      read: async () => readingOf(opened, await ask(tools)),
      async pull() {
        await callStage(opened, 'POST', '/api/pull', { connection: 'crm' });
        await settled(opened);
      },
      async compare() {
        await opened.runUntil(Date.parse(opened.now()) + SPELL_MS);
        await opened.idle();
      },
      async push() {
        await callStage(opened, 'POST', '/api/push', { audience: 'customers' });
        await opened.idle();
        await approveHeld(opened, () => undefined);
      },
      onTheList: async () => (await ask(tools)).tagged,
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function writeWorkspace(folder: string, { endpoints }: Told, realtime: boolean): Promise<void> {
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
${realtime ? 'guardrails: { max_add: 100%, first_run: allow }' : ''}
`,
  );
  for (const [segment, when] of Object.entries(segments)) {
    await put(`segments/${segment}.yaml`, `segment: ${segment}\ntitle: ${segment}\nwhen: ${when}\n`);
  }
  await put(
    'audiences/customers.yaml',
    `audience: customers\nsegment: customers\nto: { connection: mail, tag: ${TAG} }\nmatch: [email]\nmode: mirror\nwhen: ${realtime ? 'realtime' : 'nightly at 02:00'}\n`,
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
  const counts = stage.counts();
  return { at: performance.now(), processes: childProcesses(), stageCpuMs: (user + system) / 1000, counts, calls };
}

/** Lets stage time pass until the stream is settled. */
async function settled(stage: Stage): Promise<void> {
  for (let spell = 0; spell < 100; spell += 1) {
    await stage.idle();
    const { connections } = (await callStage(stage, 'GET', '/api/workspace')) as unknown as {
      connections: readonly { readonly streams: readonly { readonly settled: boolean }[] }[];
    };
    if (connections.every(({ streams }) => streams.every((stream) => stream.settled))) return;
    await stage.runUntil(Date.parse(stage.now()) + SPELL_MS);
  }
  throw new Error('the pull did not settle');
}
