import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const config = join(root, '.dependency-cruiser.cjs');
const rules = createRequire(import.meta.url)(config) as {
  readonly forbidden: readonly { readonly name: string; readonly comment: string }[];
};

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

/** More than one rule forbids what this file does. */
const REGISTRY = "import './acme/manifest.ts'; import { acme } from './acme/index.ts'; acme();";

/** One offence a line: the rule, the file, and what the file says. */
const offences: readonly (readonly [rule: string, file: string, code: string])[] = [
  ['no-cycles', 'lib/domain/egg.ts', "import { hen } from './hen.ts'; export const egg = () => hen;"],
  ['resolvable', 'lib/domain/lost.ts', "import './nowhere.ts';"],
  ['domain-is-pure', 'lib/domain/reads.ts', "import 'node:fs';"],
  ['domain-is-pure', 'lib/domain/parses.ts', "import 'zod';"],
  [
    'domain-is-pure',
    'lib/domain/knows.ts',
    "import type { Verb } from '../pipeline/verb.ts'; export type Knows = Verb;",
  ],
  ['contract-knows-domain-only', 'lib/connectors/contract.ts', "import 'zod'; export type Contract = 1;"],
  ['registry-lists-connectors-only', 'lib/connectors/registry.ts', REGISTRY],
  ['connectors-are-loaded-late', 'lib/connectors/registry.ts', REGISTRY],
  ['vendors-know-the-contract-only', 'lib/connectors/acme/audiences.ts', "import '../other/index.ts';"],
  ['vendors-know-the-contract-only', 'lib/connectors/acme/webhook.ts', "import '../../pipeline/verb.ts';"],
  ['connectors-have-no-effects-of-their-own', 'lib/connectors/acme/config.ts', "import 'node:fs';"],
  ['vendor-sdk-in-client-only', 'lib/connectors/acme/errors.ts', "import 'jsforce';"],
  [
    'training-is-loaded-late',
    'lib/pipeline/trains.ts',
    "import { train } from '../domain/learned/train/train.ts'; train();",
  ],
  ['client-is-loaded-late', 'lib/connectors/acme/people.stream.ts', "import { call } from './client.ts'; call();"],
  ['pipeline-knows-ports-only', 'lib/pipeline/stores.ts', "import '../adapters/store.ts';"],
  ['pipeline-has-no-effects-of-its-own', 'lib/pipeline/files.ts', "import 'node:fs';"],
  ['answers-are-loaded-late', 'lib/api/answering.ts', "import { answers } from './answers/answers.ts'; answers();"],
  ['api-asks-the-pipeline', 'lib/api/stores.ts', "import '../adapters/store.ts';"],
  ['adapters-implement-ports-only', 'lib/adapters/calls.ts', "import '../pipeline/verb.ts';"],
  ['aws-sdk-in-adapters-only', 'lib/pipeline/queue.ts', "import '@aws-sdk/client-sqs';"],
  ['credentials-in-one-place', 'lib/adapters/signs.ts', "import('@aws-sdk/credential-provider-node');"],
  ['credentials-are-loaded-late', 'cli/deployment.ts', "import '@aws-sdk/credential-provider-node';"],
  ['cdk-in-infra-only', 'cli/stack.ts', "import 'aws-cdk-lib';"],
  ['infra-names-functions-by-path', 'lib/infra/bundle.ts', "import '../../functions/sync.ts';"],
  ['workspace-reads-files-only', 'lib/workspace/load.ts', "import '../adapters/store.ts';"],
  ['functions-hold-no-logic', 'functions/decide.ts', "import '../lib/domain/hen.ts';"],
  ['stage-is-nobodys-dependency', 'functions/local.ts', "import '../lib/local/stage.ts';"],
  ['infra-is-nobodys-dependency', 'cli/synth.ts', "import '../lib/infra/bundle.ts';"],
  ['faces-use-the-api', 'cli/reach.ts', "import '../lib/adapters/store.ts';"],
  ['nobody-depends-on-faces', 'lib/local/prints.ts', "import '../../cli/good.ts';"],
  ['product-without-tests', 'lib/workspace/borrows.ts', "import '../../test/engines.ts';"],
  ['simulators-on-the-stage-only', 'functions/simulate.ts', "import '../test/vendors/acme/server.ts';"],
  [
    'simulators-share-nothing-with-connectors',
    'test/vendors/acme/shared.ts',
    "import '../../../lib/connectors/acme/manifest.ts';",
  ],
  ['no-dev-packages-in-the-product', 'test/vendors/acme/checked.ts', "import 'fast-check';"],
];

const allowed: Readonly<Record<string, string>> = {
  'lib/domain/hen.ts':
    "import type { egg } from './egg.ts'; import 'node:crypto'; import 'canonicalize'; export const hen: typeof egg | 1 = 1;",
  'lib/connectors/acme/client.ts': "import 'jsforce'; import 'node:http'; export const call = () => 1;",
  'lib/connectors/acme/index.ts':
    "import type { call } from './client.ts'; import './manifest.ts'; import 'zod'; export const acme = (): Promise<{ call: typeof call }> => import('./client.ts');",
  'lib/connectors/acme/manifest.ts': 'export const manifest = 1;',
  'lib/connectors/other/index.ts': "import '../contract.ts'; import '../../domain/hen.ts';",
  'lib/domain/learned/train/train.ts': 'export const train = () => 1;',
  'lib/pipeline/learns.ts': "export const learns = () => import('../domain/learned/train/train.ts');",
  'lib/pipeline/ports.ts': "import '../domain/hen.ts'; export type Port = 1;",
  'lib/pipeline/verb.ts':
    "import './ports.ts'; import '../connectors/contract.ts'; import 'zod'; export type Verb = 1;",
  'lib/api/app.ts':
    "import '../pipeline/verb.ts'; import 'hono'; import type { Name } from './answers/answers.ts'; import('./openapi.ts'); export type A = Name;",
  'lib/api/openapi.ts': "import { answers } from './answers/answers.ts'; answers();",
  'lib/api/answers/answers.ts': 'export const answers = () => 1; export type Name = 1;',
  'lib/adapters/store.ts': "import '../pipeline/ports.ts'; import '@aws-sdk/client-dynamodb';",
  'lib/infra/stack.ts': "import 'aws-cdk-lib'; import '../connectors/acme/manifest.ts';",
  'lib/workspace/check.ts': "import 'yaml'; import '../connectors/registry.ts';",
  'lib/local/stage.ts':
    "import '../infra/stack.ts'; import '../../test/vendors/acme/server.ts'; import 'node:child_process';",
  'functions/sync.ts':
    "import '../lib/pipeline/verb.ts'; import '../lib/adapters/store.ts'; import '../lib/connectors/registry.ts';",
  'cli/good.ts': "import '../lib/local/stage.ts'; import '../lib/workspace/check.ts'; import '../lib/domain/hen.ts';",
  'test/vendors/acme/server.ts': "import 'hono';",
  'test/vendors/acme/scenario.ts':
    "import './server.ts'; import '../../../lib/connectors/acme/index.ts'; import 'vitest';",
  'test/engines.ts': "import '@aws-sdk/client-sqs'; import '../lib/local/stage.ts'; import 'vitest';",
};

describe('the boundaries between rooms', () => {
  let tree = '';
  let found: readonly Violation[] = [];

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'rooms-'));
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    await symlink(join(root, 'package.json'), join(tree, 'package.json'));
    await symlink(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    for (const [file, code] of [
      ...Object.entries(allowed),
      ...offences.map(([, file, code]) => [file, code] as const),
    ]) {
      await mkdir(dirname(join(tree, file)), { recursive: true });
      await writeFile(join(tree, file), code);
    }
    found = await cruise(tree, ['lib', 'functions', 'cli', 'test']);
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it('has an offence for each rule', () => {
    expect([...new Set(offences.map(([rule]) => rule))].sort()).toEqual(rules.forbidden.map(({ name }) => name).sort());
  });

  it.each(offences)('%s catches %s', (rule, file) => {
    expect(found.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(rule);
  });

  it('allows what docs/architecture.md allows', () => {
    expect(found.filter(({ from }) => from in allowed && !partOfCycle(from))).toEqual([]);
  });

  it('says in each rule what to do instead', () => {
    expect(rules.forbidden.filter(({ comment }) => comment.length < 40)).toEqual([]);
  });
});

/** The hen is allowed, and stands in the cycle that the egg makes. */
function partOfCycle(file: string): boolean {
  return file === 'lib/domain/hen.ts';
}

async function cruise(folder: string, rooms: readonly string[]): Promise<readonly Violation[]> {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [bin, '--config', config, '--output-type', 'json', ...rooms];
  const report = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64_000_000 }, (failure, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(`dependency-cruiser printed no report: ${stdout}${stderr}`, { cause: failure }));
    });
  });
  const { summary } = JSON.parse(report) as { readonly summary: { readonly violations: readonly Violation[] } };
  return summary.violations;
}
