import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Aspects } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TributaryError } from '../domain/errors.ts';
import { loadWorkspace } from '../workspace/load.ts';
import { bundleFunctions, dirsOf } from './bundle.ts';
import { projectRoot } from './project-root.ts';
import { openApp, STACK_ID } from './synthesise.ts';
import { TributaryStack } from './tributary-stack.ts';

// The entry of `cdk`: `cdk synth`, `cdk deploy -c workspace=DIR`.
const app = openApp();
const dir = workspaceDir(app.node.tryGetContext('workspace'));
const { definitions, problems } = await loadWorkspace(dir);
const errors = problems.filter(({ severity }) => severity !== 'warning');
if (definitions === undefined || errors.length > 0) {
  for (const { file, line, column, code, found, expected } of errors) {
    console.error(`${file}:${line}:${column} ${code}: found ${found}, expected ${expected}`);
  }
  console.error(`The workspace in ${dir} has problems; nothing was synthesised.`);
  process.exitCode = 1;
} else {
  try {
    new TributaryStack(app, STACK_ID, { workspace: definitions, bundles: dirsOf(await bundleFunctions()) });
    Aspects.of(app).add(new AwsSolutionsChecks({ reports: false }));
    app.synth();
  } catch (thrown) {
    // What the operator has to put right is said without a stack.
    if (!(thrown instanceof TributaryError) || thrown.kind !== 'config') throw thrown;
    console.error(`${thrown.code}: ${thrown.message}`);
    process.exitCode = 1;
  }
}

/** The folder named by context or environment, else `./workspace`, else the example. */
function workspaceDir(context: unknown): string {
  const named = typeof context === 'string' ? context : process.env.TRIBUTARY_WORKSPACE;
  if (named !== undefined && named !== '') return resolve(named);
  const own = resolve('workspace');
  return existsSync(own) ? own : join(projectRoot(), 'examples', 'acme');
}
