import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** One resource of a CloudFormation template, as synthesised: its properties still hold intrinsic functions. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** The resources of a template, in the template's order; those whose type is in `types` when it is given. */
export function resourcesOf(template: JsonObject, ...types: readonly string[]): readonly TemplateResource[] {
  const found: TemplateResource[] = [];
  for (const logicalId of Object.keys(objectAt(template, 'Resources'))) {
    const resource = resourceOf(template, logicalId);
    if (resource !== undefined && (types.length === 0 || types.includes(resource.type))) found.push(resource);
  }
  return found;
}

/** The resource with this logical id, or undefined. */
export function resourceOf(template: JsonObject, logicalId: string): TemplateResource | undefined {
  const resource = objectAt(template, 'Resources')[logicalId];
  if (!isJsonObject(resource) || typeof resource.Type !== 'string') return undefined;
  return { logicalId, type: resource.Type, properties: objectAt(resource, 'Properties') };
}

/** The object at `key`, or an empty one. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isJsonObject(value) ? value : {};
}

/** The list at `key`, or an empty one. */
export function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** The text at `key`, or undefined. CloudFormation accepts numbers where text is meant. */
export function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}
