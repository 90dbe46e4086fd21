import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundleDirs } from '../../lib/infra/bundle.ts';
import { type FunctionName, functionNames } from '../../lib/infra/functions.ts';
import { type Synthesised, synthesise, type WorkspaceForSynthesis } from '../../lib/infra/synthesise.ts';
import { type TableName, tableNames } from '../../lib/infra/tables.ts';

const every = (minutes: number) => ({ expression: `rate(${minutes} minutes)`, words: `every ${minutes} minutes` });
const nightly = (hour: number) => ({ expression: `cron(0 ${hour} * * ? *)`, words: `nightly at 0${hour}:00` });

/** As Salesforce names the event source of a relay. */
export const partnerBus = 'aws.partner/salesforce.com/00D5g000001DemoEAC/0YL5g00000001AAGAY';

/** A workspace with each kind of connection: pulled only, pulled with a webhook and an audience, idle, and without a tool. */
export const tinyWorkspace: WorkspaceForSynthesis = {
  workspace: 'acme',
  timezone: 'Europe/Berlin',
  connections: {
    crm: connection('crm', 'salesforce', { streams: { contacts: every(15) }, eventBus: partnerBus }),
    newsletter: connection('newsletter', 'mailchimp', { streams: { activity: nightly(1) }, webhook: true }),
    spare: connection('spare', 'mailchimp', {}),
    fair: connection('fair', 'files', { config: { mapping: { id: 'No' } } }),
  },
  audiences: [
    { ...audience('lapsing', nightly(2)), verify: { when: nightly(5), heal: 'report' } },
    audience('live', 'realtime'),
  ],
  learned: { at: nightly(3) },
};

/** Synthesises into a directory of its own, with functions that do nothing; `close` removes it. */
export async function synthesiseTiny(
  workspace: WorkspaceForSynthesis = tinyWorkspace,
  context: Readonly<Record<string, unknown>> = {},
): Promise<Synthesised & { close(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'tributary-infra-'));
  const close = () => rmSync(dir, { recursive: true, force: true });
  try {
    const bundle = async () => writeBundles(join(dir, 'bundles'));
    return { ...(await synthesise({ workspace, outdir: join(dir, 'assembly'), context, bundle })), close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/** A bundle directory per function, each with a handler of its own. */
export function writeBundles(dir: string): BundleDirs {
  const dirs = functionNames.map((name) => {
    const own = join(dir, name);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'index.mjs'), `export const handler = async () => '${name}';\n`);
    return [name, own] as const;
  });
  return Object.fromEntries(dirs) as Record<FunctionName, string>;
}

/** A file for `-c tables=…`: names of restored tables. */
export function writeTables(dir: string, names: object = restoredTables): string {
  const file = join(dir, 'restored.json');
  writeFileSync(file, JSON.stringify(names));
  return file;
}

/** Each table by the name that it was restored under. */
export const restoredTables = Object.fromEntries(
  tableNames.map((name) => [name, `tributary-acme-${name}-restored`]),
) as Readonly<Record<TableName, string>>;

function connection(
  name: string,
  connector: string,
  over: Partial<WorkspaceForSynthesis['connections'][string]>,
): WorkspaceForSynthesis['connections'][string] {
  return { name, connector, streams: {}, webhook: false, quotaShare: 0.3, config: {}, ...over };
}

function audience(
  name: string,
  when: WorkspaceForSynthesis['audiences'][number]['when'],
): WorkspaceForSynthesis['audiences'][number] {
  return {
    audience: name,
    segment: 'lapsing-customers',
    connection: 'newsletter',
    target: { tag: 'Lapsing' },
    match: ['email'],
    mode: 'mirror',
    needs: { subscribed: 'email' },
    holdout: 0,
    when,
  };
}
