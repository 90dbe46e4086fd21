import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { Template, TemplateResource } from '../../lib/infra/synthesise.ts';

/** A statement of a policy, with one-element lists written out as lists. */
export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly Json[];
}

/** Resources of a type, by logical id. */
export function resourcesOf(template: Template, type: string): Readonly<Record<string, TemplateResource>> {
  return Object.fromEntries(Object.entries(template.Resources).filter(([, { Type }]) => Type === type));
}

/** The resource of a logical id; throws when there is none, so that no test passes on nothing. */
export function resource(template: Template, id: string): TemplateResource {
  const found = template.Resources[id];
  if (found === undefined) throw new Error(`no resource ${id}`);
  return found;
}

/** The value at a dotted path of a resource's properties. */
export function at(of: TemplateResource, path: string): Json | undefined {
  let value: Json | undefined = of.Properties as Json | undefined;
  for (const step of path.split('.')) value = (value as JsonObject | undefined)?.[step];
  return value;
}

/** All statements of a role's own policies. */
export function statementsOf(role: TemplateResource): readonly Statement[] {
  const policies = (at(role, 'Policies') ?? []) as unknown as readonly {
    readonly PolicyDocument: { readonly Statement: readonly JsonObject[] };
  }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map(asStatement));
}

export function asStatement(raw: JsonObject): Statement {
  return {
    effect: String(raw.Effect),
    actions: listOf(raw.Action).map(String),
    resources: listOf(raw.Resource),
  };
}

/** Logical ids that a value refers to by Ref or Fn::GetAtt, at any depth. */
export function referencesIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String((inner as readonly Json[])[0])];
    return referencesIn(inner as Json);
  });
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Json];
}
