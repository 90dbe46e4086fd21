import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import type { JsonObject } from '../domain/json.ts';
import { type BundleDirs, bundleFunctions, dirsOf } from './bundle.ts';
import { projectRoot } from './project-root.ts';
import { TributaryStack } from './tributary-stack.ts';
import type { WorkspaceForSynthesis } from './workspace-for-synthesis.ts';

export type { WorkspaceForSynthesis } from './workspace-for-synthesis.ts';

/** The stack's id in the assembly. Its name in an account is `tributary-<workspace>`. */
export const STACK_ID = 'Tributary';

export interface SynthesiseOptions {
  readonly workspace: WorkspaceForSynthesis;
  /** Where the cloud assembly is written. */
  readonly outdir: string;
  /** As by `-c` on the command line. Default: none. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Bundles the functions. Default: `functions/` into a folder beside the template, so that runs do not meet. */
  readonly bundle?: () => Promise<BundleDirs>;
}

/** A CloudFormation template as far as readers of ours need it. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, JsonObject>>;
  readonly Mappings?: Readonly<Record<string, JsonObject>>;
  readonly Parameters?: Readonly<Record<string, JsonObject>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly Metadata?: JsonObject;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Synthesised {
  readonly template: Template;
  readonly assemblyDir: string;
  /** Logical id of each function → absolute path of its code as deployed, with `index.mjs` in it. */
  readonly codeDirs: Readonly<Record<string, string>>;
}

/**
 * Writes the cloud assembly of a workspace and reads its template back. Needs no account, no region and no network.
 * Throws `config` `infra/workspace-name`, `config` `infra/context`, `defect` `infra/missing-function`.
 */
export async function synthesise(options: SynthesiseOptions): Promise<Synthesised> {
  const bundles = await (options.bundle ?? (() => bundleInto(join(options.outdir, 'bundles'))))();
  // The stage checks the template for what it can run; CloudFormation's own rules, seconds of work, are for `cdk synth`.
  const { outdir, context = {} } = options;
  const app = openApp({ outdir, context, builtinCloudFormationValidation: false });
  new TributaryStack(app, STACK_ID, { workspace: options.workspace, bundles });
  const assembly = app.synth();
  const { templateFullPath } = assembly.getStackArtifact(STACK_ID);
  const template = JSON.parse(readFileSync(templateFullPath, 'utf8')) as Template;
  return {
    template,
    assemblyDir: assembly.directory,
    codeDirs: codeDirsOf(template, assembly.directory),
  };
}

/** The app with the settings that `cdk` and the local stage share, so that both write the same template. */
export function openApp(options: Pick<AppProps, 'outdir' | 'context' | 'builtinCloudFormationValidation'> = {}): App {
  return new App({
    ...options,
    context: { ...featureFlags(), ...options.context },
    analyticsReporting: false,
    treeMetadata: false,
    // After the command line's own context, so that these win.
    postCliContext: {
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:enable-path-metadata': false,
    },
  });
}

async function bundleInto(outdir: string): Promise<BundleDirs> {
  return dirsOf(await bundleFunctions({ outdir }));
}

/** The feature flags in cdk.json, which only the command line would read by itself. */
function featureFlags(): Readonly<Record<string, unknown>> {
  const { context } = JSON.parse(readFileSync(join(projectRoot(), 'cdk.json'), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  return context;
}

function codeDirsOf(template: Template, assemblyDir: string): Record<string, string> {
  const dirs: Record<string, string> = {};
  for (const [id, { Type, Metadata }] of Object.entries(template.Resources)) {
    const asset = Metadata?.['aws:asset:path'];
    if (Type === 'AWS::Lambda::Function' && typeof asset === 'string') dirs[id] = join(assemblyDir, asset);
  }
  return dirs;
}
