import { problems } from './api-error.ts';
import type { Route } from './route.ts';
import { type ObjectType, type PropertyType, typeNamed } from './schema.ts';
import type { Properties } from './store.ts';

/** Type and form field of each kind, as definitions name them (properties API). */
const kinds: Readonly<Record<PropertyType, readonly [type: string, fieldType: string]>> = {
  text: ['string', 'text'],
  number: ['number', 'number'],
  instant: ['datetime', 'date'],
  bool: ['bool', 'booleancheckbox'],
};

export const propertyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/crm\/v3\/properties\/([^/]+)\/([^/]+)$/,
    area: 'read',
    // Any scope of the object's records does for reading a definition (properties API, `security`).
    scope: (part) => `crm.objects.${part(1)}.read`,
    run({ store, part }) {
      const type = typeNamed(store.types, part(1));
      const name = part(2);
      const kind = type?.properties.get(name);
      if (type === undefined || kind === undefined) throw problems.notFound(`Property ${name} does not exist`);
      return { status: 200, body: definitionOf(type, name, kind) };
    },
  },
];

function definitionOf(type: ObjectType, name: string, kind: PropertyType): object {
  const { options = [], many, readOnly = false } = type.rules.get(name) ?? {};
  const [plainType, plainField] = kinds[kind];
  const choice = many ? 'checkbox' : 'select';
  return {
    name,
    label: name,
    type: options.length > 0 ? 'enumeration' : plainType,
    fieldType: options.length > 0 ? choice : plainField,
    description: '',
    groupName: 'contactinformation',
    options: options.map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false })),
    displayOrder: -1,
    calculated: false,
    externalOptions: false,
    hasUniqueValue: false,
    hidden: false,
    hubspotDefined: name.startsWith('hs_'),
    formField: true,
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: readOnly },
  };
}

/**
 * Refuses values that their properties do not take. That the reasons stand as JSON inside the message is how one answer
 * was recorded (an invalid address); the words for other reasons are not, status and category are what is relied on.
 */
export function checkValues(type: ObjectType, values: Properties): void {
  const reasons = Object.entries(values).flatMap(([name, value]) => {
    const error = errorOf(type, name, value);
    return error === undefined ? [] : [{ isValid: false, message: `${name} is not valid`, error, name }];
  });
  if (reasons.length > 0) throw problems.invalid(`Property values were not valid: ${JSON.stringify(reasons)}`);
}

function errorOf(type: ObjectType, name: string, value: string | null): string | undefined {
  const kind = type.properties.get(name);
  const { options = [], many, readOnly } = type.rules.get(name) ?? {};
  if (kind === undefined) return 'PROPERTY_DOESNT_EXIST';
  if (readOnly) return 'READ_ONLY_VALUE';
  if (value === null || value === '') return undefined;
  const chosen = many ? value.split(';') : [value];
  if (options.length > 0 && chosen.some((one) => !options.includes(one))) return 'INVALID_OPTION';
  if (kind === 'number' && !Number.isFinite(Number(value))) return 'INVALID_DOUBLE';
  return kind === 'bool' && value !== 'true' && value !== 'false' ? 'INVALID_OPTION' : undefined;
}
