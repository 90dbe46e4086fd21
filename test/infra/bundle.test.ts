import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundleFunctions } from '../../lib/infra/bundle.ts';
import { type FunctionName, functionNames } from '../../lib/infra/functions.ts';
import { projectRoot } from '../../lib/infra/project-root.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-bundle-'));
const packages = join(projectRoot(), 'node_modules');
let bundles: Readonly<Record<FunctionName, Bundle>>;

// A function that reaches the vendor clients when it needs them, and one that reaches none.
const reaching = `
import { SQSClient } from '${packages}/@aws-sdk/client-sqs';
export const handler = async () => {
  const { default: jsforce } = await import('${packages}/jsforce');
  const { default: mailchimp } = await import('${packages}/@mailchimp/mailchimp_marketing');
  const { default: hubspot } = await import('${packages}/@hubspot/api-client/lib/codegen/crm/objects/apis/SearchApi.js');
  return [SQSClient, jsforce.Connection, mailchimp.setConfig, hubspot.SearchApiRequestFactory].map((one) => typeof one);
};`;
const plain = `
import { DynamoDBClient } from '${packages}/@aws-sdk/client-dynamodb';
export const handler = async () => new Error(DynamoDBClient.name).stack;`;

beforeAll(async () => {
  bundles = await bundleFunctions({ entries: writeEntries(functionNames), outdir: join(dir, 'first') });
}, 60_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('bundleFunctions', () => {
  it('makes vendor clients that are CommonJS inside load from an ES module', async () => {
    expect(await run('sync-stream')).toEqual(['function', 'function', 'function', 'function']);
  });

  it('loads vendor clients only when they are needed', () => {
    const { bytes, startBytes } = bundles['sync-stream'];

    expect(startBytes).toBeLessThan(bytes / 3);
    expect(readFileSync(join(bundles['sync-stream'].dir, 'index.mjs'), 'utf8')).not.toContain('jsforce.com');
  });

  it('keeps vendor clients out of functions that do not reach them', () => {
    const inputs = Object.keys(bundles['resolve-profile'].metafile.inputs).join();

    expect(inputs).toContain('@aws-sdk/client-dynamodb');
    expect(inputs).not.toMatch(/@hubspot|jsforce|mailchimp/);
  });

  it('keeps the names of functions for stack traces', async () => {
    expect(await run('resolve-profile')).toMatch(/DynamoDBClient[\s\S]*at .*handler/);
  });

  it('writes the same bytes from the same sources', async () => {
    const again = await bundleFunctions({ entries: join(dir, 'entries'), outdir: join(dir, 'second') });

    expect(filesOf(again['sync-stream'].dir)).toEqual(filesOf(bundles['sync-stream'].dir));
  }, 60_000);

  it('puts nothing but code into the directory that is deployed', () => {
    const names = functionNames.flatMap((name) => readdirSync(bundles[name].dir));

    expect(names.filter((name) => !name.endsWith('.mjs'))).toEqual([]);
  });

  it('names the functions that have no entry', async () => {
    const entries = mkdtempSync(join(dir, 'empty-'));

    await expect(bundleFunctions({ entries, outdir: join(dir, 'third') })).rejects.toMatchObject({
      kind: 'defect',
      code: 'infra/missing-function',
      message: expect.stringContaining('sweep-due') as unknown as string,
    });
  });
});

function writeEntries(names: readonly FunctionName[]): string {
  const entries = join(dir, 'entries');
  mkdirSync(entries);
  for (const name of names) {
    writeFileSync(join(entries, `${name}.ts`), name === 'sync-stream' ? reaching : plain);
  }
  return entries;
}

async function run(name: FunctionName): Promise<unknown> {
  const url = pathToFileURL(join(bundles[name].dir, 'index.mjs')).href;
  const { handler } = (await import(url)) as { handler(): Promise<unknown> };
  return handler();
}

function filesOf(of: string): Readonly<Record<string, string>> {
  return Object.fromEntries(readdirSync(of).map((name) => [name, readFileSync(join(of, name), 'utf8')]));
}
