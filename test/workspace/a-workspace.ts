import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { type CheckResult, checkWorkspace } from '../../lib/workspace/check.ts';
import { readWorkspace } from '../../lib/workspace/load.ts';
import type { Problem } from '../../lib/workspace/problem.ts';

const connectors = await loadConnectors(registry);

/** A small workspace without a fault, file by file. */
export const soundFiles: Readonly<Record<string, string>> = {
  'tributary.yaml': `workspace: acme
timezone: Europe/Berlin
connections:
  salesforce:
    connector: salesforce
    streams: { contacts: every 15 minutes, activities: hourly }
    fields: { lifecycle_stage: Lifecycle_Stage__c }
  newsletter:
    connector: mailchimp
    endpoint: simulator
    list: a1b2c3
    streams: { members: every 15 minutes, activity: nightly at 01:00 }
`,
  'segments/lapsing.yaml': `segment: lapsing
persona: careful-buyer
when:
  all:
    - { trait: lifecycle_stage, is: customer }
    - { did: Email Opened, count: { at_most: 0 }, within: 30 days }
`,
  'personas/careful-buyer.yaml': `persona: careful-buyer
messages: { email: Your prices for next year }
`,
  'audiences/lapsing-to-tag.yaml': `audience: lapsing-to-tag
segment: lapsing
to: { connection: newsletter, tag: Lapsing }
match: [email]
needs: { subscribed: email }
when: nightly at 04:00
`,
};

/** Reads the sound workspace with some files replaced, added, or taken away (undefined). */
export function readWith(changes: Readonly<Record<string, string | Uint8Array | undefined>>) {
  const files = Object.entries({ ...soundFiles, ...changes }).flatMap(([file, content]) =>
    content === undefined ? [] : [{ file, bytes: typeof content === 'string' ? Buffer.from(content) : content }],
  );
  return readWorkspace(files, connectors);
}

/** Checks the sound workspace with some files replaced or added, in a folder that goes with the test. */
export async function checkWith(changes: Readonly<Record<string, string>>): Promise<CheckResult> {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-check-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const [file, text] of Object.entries({ ...soundFiles, ...changes })) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
  return checkWorkspace(dir, regionsAskedFor);
}

/** The problems of the sound workspace with one text replaced by another in one file. */
export function problemsWith(file: string, from: string, to: string): readonly Problem[] {
  const text = soundFiles[file];
  if (text?.includes(from) !== true) throw new Error(`${file} does not hold ${from}`);
  return readWith({ [file]: text.replace(from, to) }).problems;
}

/** A fault put into the sound workspace, and the problem that must come of it. */
export interface Broken {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly problem: Omit<Problem, 'file'>;
}

export const MAIN = 'tributary.yaml';
export const SEGMENT = 'segments/lapsing.yaml';
export const AUDIENCE = 'audiences/lapsing-to-tag.yaml';
