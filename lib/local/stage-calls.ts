import { TributaryError } from '../domain/errors.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { PushRun } from '../pipeline/push/push-run.ts';
import type { Stage } from './stage.ts';

/** How often a question is put again when the API fails at it: everything that is asked here may be asked twice. */
const TRIES = 5;

/** Calls the stage's API as the CLI does. Throws with the API's own code when it refuses. */
export async function callStage(
  stage: Pick<Stage, 'url' | 'token'>,
  method: 'GET' | 'POST',
  path: string,
  body?: Json,
  attempt = 1,
): Promise<Json> {
  const answer = await fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const found = (await answer.json()) as Json;
  if (answer.ok) return found;
  if (answer.status >= 500 && attempt < TRIES) return callStage(stage, method, path, body, attempt + 1);
  const { code, message } = isJsonObject(found) ? found : {};
  throw new TributaryError(
    'defect',
    'stage/api-refused',
    `${path} answered ${answer.status}: ${String(code)} ${String(message)}`,
  );
}

/** Does what an operator would do with a push that is held on the rehearsed day: look at its plan, say so, let it go on. */
export async function approveHeld(stage: Stage, tell: (message: string) => void): Promise<void> {
  const { runs } = (await callStage(stage, 'GET', '/api/runs?what=push&state=held')) as unknown as {
    readonly runs: readonly PushRun[];
  };
  for (const { id, plan, holds = [] } of runs) {
    if (plan === undefined) continue;
    const why = holds.map(({ guard, says }) => `${says} (${guard})`).join('; ');
    const message = `${id} was held: ${why}. Approved for the rehearsal: ${plan.add} to add, ${plan.remove} to remove`;
    tell(message);
    await callStage(stage, 'POST', `/api/runs/${encodeURIComponent(id)}/approve`, { hash: plan.hash, by: 'rehearsal' });
  }
  await stage.idle();
}
