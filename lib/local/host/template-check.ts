import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { knownResourceTypes } from '../../infra/resource-types.ts';
import { openResolver } from '../engines/resource-names.ts';
import { resourcesOf } from '../engines/template.ts';
import { readPolicies } from '../proxy/roles.ts';
import { findMissingGrants } from '../proxy/standing-grants.ts';
import { parseScheduleExpression } from './schedule-expression.ts';
import { eventSourcesOf, routesOf, rulesOf, schedulesOf } from './template-parts.ts';

/**
 * Finds out, before anything is started, whether the stage can run a template and whether the deployed system could
 * work. Throws TributaryError `stage/unknown-resource-type`, `stage/unsupported-property`, `stage/bad-schedule`,
 * `stage/missing-grant` and what reading the template throws.
 */
export async function checkTemplate(template: JsonObject): Promise<void> {
  checkResourceTypes(template);
  // Names do not depend on where the engines will listen.
  const resolver = openResolver(template, { queueOrigin: 'http://127.0.0.1' });
  const from = { template, resolver };
  eventSourcesOf(from);
  routesOf(from);
  rulesOf(from);
  for (const { expression, zone } of schedulesOf(from)) parseScheduleExpression(expression, zone, 0);
  await checkGrants(from.template, resolver);
}

function checkResourceTypes(template: JsonObject): void {
  for (const { logicalId, type } of resourcesOf(template)) {
    if (Object.hasOwn(knownResourceTypes, type)) continue;
    throw new TributaryError(
      'config',
      'stage/unknown-resource-type',
      `the stage does not know ${type} (${logicalId}); say in resource-types.ts whether it is run or ignored`,
    );
  }
}

async function checkGrants(template: JsonObject, resolver: ReturnType<typeof openResolver>): Promise<void> {
  const missing = await findMissingGrants(template, resolver, readPolicies(template, resolver));
  if (missing.length === 0) return;
  const lines = missing.map((grant) => `${grant.who} needs ${grant.action} on ${grant.resource} for ${grant.for}`);
  throw new TributaryError('config', 'stage/missing-grant', `the deployed system would not work: ${lines.join('; ')}`);
}
