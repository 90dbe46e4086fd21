import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aspects, CfnResource, type Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, type INagLogger } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { openApp, STACK_ID } from '../../lib/infra/synthesise.ts';
import { TributaryStack } from '../../lib/infra/tributary-stack.ts';
import { tinyWorkspace, writeBundles, writeTables } from './tiny-workspace.ts';

interface Checked {
  /** `rule of resource` of what nobody accepted, and of rules that could not decide. */
  readonly found: readonly string[];
  readonly accepted: readonly string[];
  readonly passed: number;
  /** What the stack says it accepts, whether or not it is found. */
  readonly offered: readonly { readonly resource: string; readonly id: string; readonly reason: string }[];
}

const dir = mkdtempSync(join(tmpdir(), 'tributary-nag-'));

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function check(change: (stack: Stack) => void = () => undefined, context: Record<string, string> = {}): Checked {
  const app = openApp({ outdir: mkdtempSync(join(dir, 'assembly-')), context });
  const stack = new TributaryStack(app, STACK_ID, {
    workspace: { ...tinyWorkspace, console: { signIn: 'acme-people' } },
    bundles: writeBundles(join(dir, 'bundles')),
  });
  change(stack);
  const found: string[] = [];
  const accepted: string[] = [];
  let passed = 0;
  const say = (to: string[]) => (data: { readonly ruleId: string; readonly resource: CfnResource }) =>
    void to.push(`${data.ruleId} of ${data.resource.node.path}`);
  const logger: INagLogger = {
    onCompliance: () => void passed++,
    onNonCompliance: say(found),
    onSuppressed: say(accepted),
    onError: say(found),
    onSuppressedError: say(found),
    onNotApplicable: () => undefined,
  };
  Aspects.of(app).add(new AwsSolutionsChecks({ reports: false, additionalLoggers: [logger] }));
  try {
    app.synth();
  } catch (error) {
    // Synthesis refuses a stack with findings; the test says which.
    if (found.length === 0) throw error;
  }
  return { found, accepted, passed, offered: offeredBy(stack) };
}

function offeredBy(stack: Stack): Checked['offered'] {
  return stack.node
    .findAll()
    .filter((node) => node instanceof CfnResource)
    .flatMap((resource) => {
      const metadata = resource.getMetadata('cdk_nag') as
        | { readonly rules_to_suppress: readonly { readonly id: string; readonly reason: string }[] }
        | undefined;
      const rules = metadata?.rules_to_suppress ?? [];
      return rules.map(({ id, reason }) => ({ resource: resource.node.path, id, reason }));
    });
}

describe('cdk-nag', () => {
  it('finds nothing that is not accepted', () => {
    const { found, passed } = check();

    expect(found).toEqual([]);
    expect(passed).toBeGreaterThan(50);
  }, 60_000);

  it.each(['true', 'schedules'])(
    'finds nothing more in a stack that is paused=%s, on restored tables',
    (paused) => {
      const { found, passed } = check(undefined, { paused, tables: writeTables(dir) });

      expect(found).toEqual([]);
      expect(passed).toBeGreaterThan(50);
    },
    60_000,
  );

  it('finds a queue that is worse than ours', () => {
    const { found } = check((stack) => void new Queue(stack, 'careless'));

    expect(found).toEqual([
      'AwsSolutions-SQS3 of Tributary/careless/Resource',
      'AwsSolutions-SQS4 of Tributary/careless/Resource',
    ]);
  }, 60_000);
});

describe('accepted findings', () => {
  it('are found: nothing is accepted that is not there', () => {
    const { accepted, offered } = check();
    const used = new Set(accepted);

    expect(offered.length).toBeGreaterThan(0);
    expect(offered.filter(({ id, resource }) => !used.has(`${id} of ${resource}`))).toEqual([]);
  }, 60_000);

  it('each have a reason that a reviewer can weigh', () => {
    expect(check().offered.filter(({ reason }) => reason.length < 40)).toEqual([]);
  }, 60_000);
});
