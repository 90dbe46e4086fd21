import { createHash } from 'node:crypto';
import type { Change, Rejection } from '../../domain/change.ts';
import type { JsonObject } from '../../domain/json.ts';
import { applyMapping, type Mapping, type Rule } from '../../domain/mapping.ts';
import type { Config } from './config.ts';
import { presets } from './presets.ts';

/** Each response is a record of its own: fragments are `<connection>:response:<id>`. */
export const OBJECT = 'response';

export type MappedResponse =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** A response as what it tells of the person and what the person did by it, or why it cannot be used. Total. */
export function mapResponse(config: Config, connection: string, record: JsonObject): MappedResponse {
  const { form } = config;
  if (form !== undefined && record.form_id !== form) {
    const reason = `the response is of another form than the connection's, ${form}`;
    return { ok: false, rejection: { code: 'forms/other-form', reason, record } };
  }
  const mapping = mappingOf(config);
  const { activity: _, ...ofPerson } = mapping;
  const changes: Change[] = [];
  for (const one of [ofPerson, mapping]) {
    const mapped = applyMapping(one, connection, record);
    if (!mapped.ok) return mapped;
    changes.push(withoutAddress(mapped.change));
  }
  return { ok: true, changes };
}

/** The workspace's mapping in the words of lib/domain/mapping.ts. Whatever it says, it is the person's own word. */
export function mappingOf({ mapping: told, preset }: Config): Mapping {
  const id = listOf(told.id) ?? presets[preset].id;
  const source = { version: told.version, object: OBJECT, subject: 'person', by: 'person' } as const;
  return {
    ...source,
    id,
    at: listOf(told.at) ?? presets[preset].at,
    identifiers: Object.entries(told.identifiers).flatMap(([type, from]) =>
      (listOf(from) ?? []).map((path) => ({ type, from: path })),
    ),
    traits: rulesOf(told.traits),
    consent: told.consent.map(({ at, ...rule }) => ({ ...rule, by: 'person', ...(at === undefined ? {} : { at }) })),
    activity: {
      id: listOf(told.activity.id) ?? id,
      name: told.activity.name,
      properties: rulesOf(told.activity.properties),
    },
  };
}

function rulesOf(rules: Config['mapping']['traits']): Readonly<Record<string, Rule>> {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, ruleOf(rule)]));
}

function ruleOf(rule: Config['mapping']['traits'][string]): Rule {
  if (typeof rule === 'string') return { from: rule };
  if ('literal' in rule) return rule;
  return rule.as === undefined ? { from: rule.from } : { from: rule.from, as: rule.as };
}

function listOf(paths: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof paths === 'string' ? [paths] : paths;
}

/** Ids are in keys and logs: where the workspace's own path leads to an address, a digest stands for it. */
function withoutAddress(change: Change): Change {
  if (change.kind === 'account') return change;
  const digest = (id: string) => (id.includes('@') ? digestOf(id) : id);
  const [connection, object, ...rest] = change.fragment.split(':');
  const fragment = `${connection}:${object}:${digest(rest.join(':'))}`;
  return change.kind === 'activity' ? { ...change, fragment, id: digest(change.id) } : { ...change, fragment };
}

function digestOf(id: string): string {
  return createHash('sha256').update(id.trim().toLowerCase()).digest('hex').slice(0, 32);
}
