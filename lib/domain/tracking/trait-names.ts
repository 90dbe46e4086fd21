import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/**
 * Reserved traits of the Segment spec (read in camelCase and snake_case) under the names that every source fills here.
 * Other traits keep the name they are sent with.
 */
const personNames: Readonly<Record<string, string>> = {
  firstName: 'first_name',
  lastName: 'last_name',
  createdAt: 'created_at',
};

const addressNames: Readonly<Record<string, string>> = {
  postalCode: 'postal_code',
  state: 'region',
};

const companyNames: Readonly<Record<string, string>> = {
  employee_count: 'employees',
  employeeCount: 'employees',
  createdAt: 'created_at',
};

/** Traits of an `identify` call. */
export function personTraits(traits: JsonObject): JsonObject {
  return renamed(traits, personNames);
}

/** Traits of a `group` call: what they say is about the company. */
export function companyTraits(traits: JsonObject): JsonObject {
  return { company: company(traits) };
}

function renamed(traits: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const found: Record<string, Json> = {};
  for (const [sent, value] of Object.entries(traits)) {
    const name = Object.hasOwn(names, sent) ? (names[sent] ?? sent) : sent;
    // Both spellings in one message: the spec's own camelCase is what the client meant.
    if (name === sent && Object.hasOwn(found, name)) continue;
    found[name] = name === 'address' ? address(value) : name === 'company' ? company(value) : value;
  }
  return found;
}

function address(value: Json): Json {
  return isJsonObject(value) ? renamed(value, addressNames) : value;
}

/** Some clients send no more than the company's name. */
function company(value: Json): Json {
  if (isJsonObject(value)) return renamed(value, companyNames);
  return typeof value === 'string' ? { name: value } : value;
}
