import * as z from 'zod';
import { checkDefinitions } from '../domain/check-definitions.ts';
import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Role } from '../domain/role.ts';
import { startApply } from '../pipeline/define/apply-definitions.ts';
import { startPlan } from '../pipeline/define/plan-definitions.ts';
import { publishDefinitions } from '../pipeline/define/switch-definitions.ts';
import { readJob, startPull, startPush, startUnmerge, startVerify } from '../pipeline/jobs/jobs.ts';
import { approvePush } from '../pipeline/push/approve.ts';
import { redrivenQueues, startRedrive } from '../pipeline/redrive/redrive-queue.ts';
import type { ApiDeps } from './deps.ts';
import { mergesOf } from './read-routes.ts';
import { planPush } from './reads.ts';
import { actor, type Route, route } from './route.ts';

const pullSchema = z.object({ connection: z.string(), stream: z.string().optional(), full: z.boolean().optional() });
const unmergeSchema = z.object({ edge: z.string() });
const pushSchema = z.object({ audience: z.string().optional() });
const verifyAskedSchema = z.object({
  audience: z.string(),
  heal: z.enum(['report', 'restore', 'adopt']).optional(),
});
const planSchema = z.object({ definitions: z.looseObject({}), whole: z.boolean().optional() });
const applySchema = z.object({
  plan: z.string(),
  leave: z.array(z.string()).optional(),
  /** Who publishes, for the list of publications. */
  by: actor.optional(),
});
const definitionsSchema = z.looseObject({ version: z.string(), workspace: z.string() });
const approveSchema = z.object({ hash: z.string(), by: actor });
const redriveSchema = z.object({ queue: z.enum(redrivenQueues), dryRun: z.boolean().optional() });
/** Everything that starts or changes something. */
export function workRoutes(deps: ApiDeps): readonly Route<never>[] {
  const routes = [
    route({
      ...post('/api/pull', 'editor', 'Pull streams now', pullSchema),
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) =>
        startPull(deps, streamsOf(await deps.definitions(), body.connection, body.stream), body.full === true, by),
    }),
    route({
      ...post('/api/push', 'approver', 'Push audiences now', pushSchema),
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => startPush(deps, audiencesOf(await deps.definitions(), body.audience), by),
    }),
    route({
      ...post('/api/push/dry-run', 'viewer', 'What a push would do now', pushSchema),
      answer: 'DryRun',
      run: async ({ body }) => planPush(deps, audiencesOf(await deps.definitions(), body.audience)),
    }),
    route({
      ...post(
        '/api/people/{person}/unmerge',
        'approver',
        'Undo a piece of evidence that joined records',
        unmergeSchema,
      ),
      status: 202,
      answer: 'Job',
      run: async ({ params, body, by }) => startUnmerge(deps, await mergesOf(deps, params.person), body.edge, by),
    }),
    route({
      ...post('/api/verify', 'approver', "Compare a tool's real list with what we believe is on it", verifyAskedSchema),
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) =>
        startVerify(deps, audiencesOf(await deps.definitions(), body.audience), body.heal, by),
    }),
    route({
      ...post(
        '/api/runs/{run}/approve',
        'approver',
        'Let a held push go on with exactly the plan of this hash',
        approveSchema,
      ),
      answer: 'Approval',
      run: async ({ params: { run = '' }, body }) => approvePush(deps, run, body),
    }),
    route({
      ...post(
        '/api/redrive',
        'approver',
        'Move dead letters of a queue back to it, or look what they are',
        redriveSchema,
      ),
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => {
        const id = await startRedrive(deps, body.queue, body.dryRun === true, by);
        return readJob(deps, await deps.definitions(), id);
      },
    }),
    route({
      ...post('/api/plans', 'editor', 'What publishing a workspace would change', planSchema),
      status: 202,
      answer: 'Job',
      run: async ({ body }) => startPlan(deps, body.definitions as JsonObject, body.whole === true),
    }),
    route({
      ...post('/api/apply', 'approver', 'Publish what was planned, unless something moved since', applySchema),
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => startApply(deps, body.plan, { leave: body.leave ?? [], by }),
    }),
    route({
      ...post('/api/definitions', 'approver', 'Publish a workspace', definitionsSchema),
      answer: 'Published',
      run: async ({ body, by }) => {
        const changed = await publishDefinitions(deps, checkDefinitions(body as JsonObject), { by });
        return { version: body.version, changed };
      },
    }),
  ];
  return routes;
}

function post<Body>(path: string, needs: Role, summary: string, body: z.ZodType<Body>) {
  return { method: 'post', path, needs, summary, body } as const;
}

function streamsOf(definitions: Definitions, connection: string, stream: string | undefined) {
  const found = definitions.connections[connection];
  if (found === undefined) {
    const known = Object.keys(definitions.connections).join(', ');
    throw new TributaryError(
      'rejected',
      'api/no-such-connection',
      `no connection is called ${connection}; there are: ${known}`,
    );
  }
  const streams = Object.keys(found.streams);
  if (stream !== undefined && !streams.includes(stream)) {
    throw new TributaryError(
      'rejected',
      'api/no-such-stream',
      `${connection} has no stream ${stream}; it has: ${streams.join(', ')}`,
    );
  }
  return (stream === undefined ? streams : [stream]).map((one) => ({ connection, stream: one }));
}

function audiencesOf(definitions: Definitions, audience: string | undefined): string[] {
  const all = definitions.audiences.map((one) => one.audience);
  if (audience === undefined) return all;
  if (!all.includes(audience)) {
    throw new TributaryError(
      'rejected',
      'api/no-such-audience',
      `no audience is called ${audience}; there are: ${all.join(', ')}`,
    );
  }
  return [audience];
}
