import type { ActivityChange, Change, ConsentStatement, Identifier, Rejection } from './change.ts';
import { formatInstant, isInstant, parseInstant } from './instant.ts';
import { isJsonObject, type Json } from './json.ts';

/**
 * How a vendor record becomes a change. Data, not code: no templates, no expressions, no functions.
 * A path names a value inside the record, dots walk nested objects: `Account.Name`.
 */
export interface Mapping {
  /** Raised whenever the meaning changes; a newer mapping of the same record wins over an older one. */
  readonly version: number;
  /** What the record is about: `contact` makes fragments `<connection>:contact:<id>`, `account` makes accounts. */
  readonly object: string;
  /** `person` records make profile, activity and gone changes; `account` records make account changes. */
  readonly subject: 'person' | 'account';
  /** The records are what people said themselves: answers of a form or a survey. */
  readonly by?: 'person';
  /** Path of the vendor's id of the subject. The first path that holds a value wins. */
  readonly id: readonly string[];
  /** Path of the source time. The first path that holds an instant wins. */
  readonly at: readonly string[];
  readonly identifiers?: readonly { readonly type: string; readonly from: string }[];
  readonly traits?: Readonly<Record<string, Rule>>;
  readonly consent?: readonly ConsentRule[];
  /** The account the person belongs to: path of the vendor's account id and the account object's name. */
  readonly account?: { readonly from: string; readonly object: string };
  readonly activity?: {
    readonly id: readonly string[];
    readonly name: string | { readonly from: string; readonly names: Readonly<Record<string, string>> };
    readonly properties?: Readonly<Record<string, Rule>>;
  };
  /** The record is gone when the value at the path equals one of these. */
  readonly gone?: { readonly from: string; readonly is: readonly Json[] };
}

/** Where a trait or a property comes from. `as` converts; a value that does not convert is left out. */
export type Rule =
  | { readonly from: string; readonly as?: 'string' | 'number' | 'boolean' | 'instant'; readonly emptyIsNull?: boolean }
  | { readonly literal: Json };

/** Values of one field that state consent about the record's own address. */
export interface ConsentRule {
  readonly topic: string;
  readonly from: string;
  readonly address: string;
  readonly granted: readonly Json[];
  readonly denied: readonly Json[];
  readonly by: 'person' | 'company';
  readonly source: string;
  /** Path of when it was stated; otherwise the record's own time. */
  readonly at?: string;
}

export type Mapped =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly rejection: Rejection };

/** What several mappings make of one record: it may say something of a person, and what the person did. */
export type MappedRecord =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** Applies several mappings to one record; what one of them refuses is refused as a whole. Total. */
export function applyMappings(mappings: readonly Mapping[], connection: string, record: unknown): MappedRecord {
  const changes: Change[] = [];
  for (const mapping of mappings) {
    const mapped = applyMapping(mapping, connection, record);
    if (!mapped.ok) return mapped;
    changes.push(mapped.change);
  }
  return { ok: true, changes };
}

/** Applies a mapping to one record. Total: never throws; what cannot be used is a rejection with its reason. */
export function applyMapping(mapping: Mapping, connection: string, record: unknown): Mapped {
  if (!isJsonObject(record)) return rejected(record, 'mapping/not-an-object', 'expected an object');
  const id = firstText(record, mapping.id);
  if (id === undefined) return rejected(record, 'mapping/no-id', `found no id at ${mapping.id.join(' or ')}`);
  const at = firstInstant(record, mapping.at);
  if (at === undefined) {
    return rejected(record, 'mapping/no-time', `found no RFC 3339 instant at ${mapping.at.join(' or ')}`);
  }
  const subject = `${connection}:${mapping.object}:${id}`;
  const gone = mapping.gone?.is.includes(valueAt(record, mapping.gone.from) ?? null) === true;
  const traits = readRules(record, mapping.traits);
  if (mapping.subject === 'account') {
    const base = { kind: 'account', account: subject, at, mapping: mapping.version } as const;
    return { ok: true, change: gone ? { ...base, gone: true } : { ...base, traits } };
  }
  const identifiers = readIdentifiers(record, mapping);
  const own = mapping.by === undefined ? {} : { by: mapping.by };
  const told = { fragment: subject, at, mapping: mapping.version, identifiers, ...own };
  if (gone) return { ok: true, change: { kind: 'gone', fragment: subject, at, mapping: mapping.version } };
  if (mapping.activity !== undefined) return mapActivity(mapping.activity, record, told);
  const accountId = mapping.account === undefined ? undefined : firstText(record, [mapping.account.from]);
  return {
    ok: true,
    change: {
      kind: 'profile',
      ...told,
      traits,
      consent: readConsent(record, mapping, at),
      ...(mapping.account === undefined
        ? {}
        : { accounts: accountId === undefined ? [] : [`${connection}:${mapping.account.object}:${accountId}`] }),
    },
  };
}

/** Every path that the mapping of a person or an account reads: what a record has to be asked for. */
export function pathsRead(mapping: Mapping): readonly string[] {
  const { id, at, identifiers = [], traits = {}, consent = [], account, gone } = mapping;
  return [
    ...new Set([
      ...id,
      ...at,
      ...(gone === undefined ? [] : [gone.from]),
      ...(account === undefined ? [] : [account.from]),
      ...identifiers.map(({ from }) => from),
      ...Object.values(traits).flatMap((rule) => ('from' in rule ? [rule.from] : [])),
      ...consent.flatMap(({ from, address }) => [from, address]),
    ]),
  ];
}

/** The value at a dotted path, or undefined. Own properties only, so `__proto__` finds nothing. */
export function valueAt(record: unknown, path: string): Json | undefined {
  // Most paths are one step.
  if (!path.includes('.')) return isJsonObject(record) && Object.hasOwn(record, path) ? record[path] : undefined;
  let value: unknown = record;
  for (const step of path.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value as Json | undefined;
}

function mapActivity(
  activity: NonNullable<Mapping['activity']>,
  record: unknown,
  told: Pick<ActivityChange, 'fragment' | 'at' | 'mapping' | 'identifiers' | 'by'>,
): Mapped {
  const id = firstText(record, activity.id);
  if (id === undefined) return rejected(record, 'mapping/no-activity-id', `found no id at ${activity.id.join(' or ')}`);
  const name =
    typeof activity.name === 'string'
      ? activity.name
      : nameAmong(activity.name.names, valueAt(record, activity.name.from) ?? '');
  if (name === undefined) {
    return rejected(
      record,
      'mapping/unknown-activity',
      'the field that names the activity holds a value the mapping does not list',
    );
  }
  const properties = readRules(record, activity.properties);
  return { ok: true, change: { kind: 'activity', ...told, id, name, properties } };
}

/** Own names only: whoever fills in a form can write what every object inherits. */
function nameAmong(names: Readonly<Record<string, string>>, value: Json): string | undefined {
  // What is no single value names nothing; an object could say of itself that it is no text either.
  const text = typeof value === 'object' ? undefined : String(value);
  return text !== undefined && Object.hasOwn(names, text) ? names[text] : undefined;
}

function readIdentifiers(record: unknown, mapping: Mapping): Identifier[] {
  const found: Identifier[] = [];
  for (const { type, from } of mapping.identifiers ?? []) {
    const value = firstText(record, [from]);
    if (value !== undefined) found.push({ type, value });
  }
  return found;
}

function readRules(record: unknown, rules: Readonly<Record<string, Rule>> | undefined): Record<string, Json> {
  const traits: Record<string, Json> = {};
  for (const [path, rule] of Object.entries(rules ?? {})) {
    const value = readRule(record, rule);
    if (value !== undefined) traits[path] = value;
  }
  return traits;
}

function readRule(record: unknown, rule: Rule): Json | undefined {
  if ('literal' in rule) return rule.literal;
  const value = valueAt(record, rule.from);
  if (value === undefined) return undefined;
  if (value === null || (value === '' && rule.emptyIsNull !== false)) return null;
  return convert(value, rule.as);
}

function convert(value: Json, as: 'string' | 'number' | 'boolean' | 'instant' | undefined): Json | undefined {
  if (as === undefined) return value;
  if (as === 'string') return typeof value === 'object' ? undefined : String(value);
  if (as === 'boolean') {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }
  if (as === 'number') {
    const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  }
  const at = parseInstant(value);
  return at === undefined ? undefined : formatInstant(at);
}

function readConsent(record: unknown, mapping: Mapping, at: string): ConsentStatement[] {
  const found: ConsentStatement[] = [];
  for (const rule of mapping.consent ?? []) {
    const address = firstText(record, [rule.address]);
    const value = valueAt(record, rule.from) ?? null;
    const state = rule.granted.includes(value) ? 'granted' : rule.denied.includes(value) ? 'denied' : undefined;
    if (address === undefined || state === undefined) continue;
    const statedAt = rule.at === undefined ? at : (firstInstant(record, [rule.at]) ?? at);
    found.push({ address, topic: rule.topic, state, at: statedAt, source: rule.source, by: rule.by });
  }
  return found;
}

function firstText(record: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(record, path);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function firstInstant(record: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = valueAt(record, path);
    if (typeof text === 'string' && isInstant(text)) return text;
    const at = parseInstant(text);
    if (at !== undefined) return formatInstant(at);
  }
  return undefined;
}

function rejected(record: unknown, code: string, reason: string): Mapped {
  return { ok: false, rejection: { code, reason, record } };
}
