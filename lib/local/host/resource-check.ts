import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { knownResourceTypes } from '../../infra/resource-types.ts';
import { resourcesOf } from '../engines/template.ts';

/** Throws TributaryError `stage/unknown-resource-type` when the template holds a type that nobody has decided about. */
export function checkResourceTypes(template: JsonObject): void {
  for (const { logicalId, type } of resourcesOf(template)) {
    if (Object.hasOwn(knownResourceTypes, type)) continue;
    throw new TributaryError(
      'config',
      'stage/unknown-resource-type',
      `the stage does not know ${type} (${logicalId}); say in resource-types.ts whether it is run or ignored`,
    );
  }
}
