import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { synthesise } from '../../lib/infra/synthesise.ts';
import { startSimulators } from '../../lib/local/simulators.ts';
import { openStage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

const outdirs: string[] = [];
afterAll(() => {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true });
});

/** The template with one action taken out of every statement of one function's policy. */
function withoutGrant(template: object, policyOf: string, action: string): object {
  const altered = structuredClone(template) as { Resources: Record<string, Policy> };
  for (const [id, { Type, Properties }] of Object.entries(altered.Resources)) {
    if (!id.startsWith(policyOf)) continue;
    const documents =
      Type === 'AWS::IAM::Policy'
        ? [Properties.PolicyDocument]
        : (Properties.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument);
    for (const document of documents) {
      for (const statement of document?.Statement ?? []) {
        const actions = [statement.Action].flat();
        if (actions.includes(action)) statement.Action = actions.filter((one) => one !== action);
      }
      if (document !== undefined)
        document.Statement = document.Statement.filter(({ Action }) => [Action].flat().length > 0);
    }
  }
  return altered;
}

interface Policy {
  readonly Type: string;
  readonly Properties: {
    readonly PolicyDocument?: PolicyDocument;
    readonly Policies?: readonly { readonly PolicyDocument: PolicyDocument }[];
  };
}

interface PolicyDocument {
  Statement: { Action: string | string[] }[];
}

describe('a role that lacks an action', () => {
  it('stops the call on the stage and is named with its action and resource', async () => {
    const { definitions } = await loadWorkspace('examples/acme');
    if (definitions === undefined) throw new Error('examples/acme does not load');
    const outdir = await mkdtemp(join(tmpdir(), 'tributary-roles-'));
    outdirs.push(outdir);
    const { template, codeDirs } = await synthesise({ workspace: definitions, outdir, bundle: bundledOnce });
    const start = Date.parse('2026-11-20T04:00:00.000Z');
    const tiny = { accounts: 2, contacts: 10, leads: 2, members: 10, overlap: 5 };
    const tools = await startSimulators(definitions, new Date(start), () => new Date(start), tiny);
    const stage = await openStage({
      from: { assembly: { template: withoutGrant(template, 'ResolveProfile', 'dynamodb:PartiQLInsert'), codeDirs } },
      start,
      secrets: tools.secrets,
      stageFileIn: outdir,
    });
    try {
      const connections = Object.fromEntries(
        Object.entries(definitions.connections).map(([name, one]) => [
          name,
          { ...one, endpoint: tools.endpoints[name] ?? '' },
        ]),
      );
      await call(stage, '/api/definitions', versioned({ ...definitions, connections }));
      await call(stage, '/api/pull', { connection: 'salesforce', stream: 'contacts' });
      await stage.idle();

      const refused = [...stage.refusals];
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({
        functionName: expect.stringMatching(/resolve-?profile/i) as string,
        action: 'dynamodb:PartiQLInsert',
        resource: expect.stringMatching(/^arn:aws:dynamodb:.*table\//) as string,
      });
    } finally {
      await stage.close();
      await tools.close();
    }
  }, 180_000);
});

async function call(
  stage: { readonly url: string; readonly token: string },
  path: string,
  body: object,
): Promise<void> {
  const headers = { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${stage.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
}
