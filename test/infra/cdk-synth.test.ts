import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionNames } from '../../lib/infra/functions.ts';
import { projectRoot } from '../../lib/infra/project-root.ts';
import type { Template } from '../../lib/infra/synthesise.ts';
import { at, resourcesOf } from './reading.ts';

interface Run {
  readonly code: number;
  readonly output: string;
}

// A copy of the project whose functions do nothing, so that a synthesis takes seconds.
const project = mkdtempSync(join(tmpdir(), 'tributary-cdk-'));

beforeAll(() => {
  for (const name of ['lib', 'console', 'cdk.json', 'package.json', 'tsconfig.json', 'examples/acme']) {
    cpSync(join(projectRoot(), name), join(project, name), { recursive: true });
  }
  symlinkSync(join(projectRoot(), 'node_modules'), join(project, 'node_modules'));
  mkdirSync(join(project, 'functions'));
  for (const name of functionNames) {
    writeFileSync(join(project, 'functions', `${name}.ts`), 'export const handler = async () => undefined;\n');
  }
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function cdk(...args: readonly string[]): Promise<Run> {
  const command = join(project, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  // No credentials, no region, and a network that answers nothing.
  const env = {
    PATH: process.env.PATH,
    HOME: project,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: project, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, output: stdout + stderr });
    });
  });
}

describe('cdk synth', () => {
  it('works without account, credentials and network, on the example workspace', async () => {
    const { code, output } = await cdk('synth', '--quiet');
    const template = JSON.parse(readFileSync(join(project, 'cdk.out', 'Tributary.template.json'), 'utf8')) as Template;
    const names = Object.values(resourcesOf(template, 'AWS::SecretsManager::Secret')).map((secret) =>
      at(secret, 'Name'),
    );

    expect({ code, output }).toMatchObject({ code: 0 });
    expect(names).toEqual(expect.arrayContaining(['tributary/acme/salesforce', 'tributary/acme/newsletter']));
  }, 180_000);

  it('refuses a workspace with problems and names file, line and column', async () => {
    const broken = join(project, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'tributary.yaml'), 'workspace: acme\ntimezone: Europe/Berlin\nconections: {}\n');

    const { code, output } = await cdk('synth', '--quiet', '-c', `workspace=${broken}`);

    expect(code).not.toBe(0);
    expect(output).toMatch(/tributary\.yaml:3:1 /);
  }, 180_000);
});
