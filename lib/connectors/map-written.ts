import { createHash } from 'node:crypto';
import { canonicalText } from '../domain/canonical.ts';
import type { Change } from '../domain/change.ts';
import { normaliseIdentifier } from '../domain/identifier.ts';
import { formatInstant, parseInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { applyMapping, type MappedRecord, type Mapping, type Rule, valueAt } from '../domain/mapping.ts';
import { parseChange } from '../domain/parse-change.ts';
import type { ReadMapping } from './written-mapping.ts';

/** A written mapping, ready for records. */
export interface OpenMapping {
  /** In the words of the domain: what a record says of its subject, and what was done by it. */
  readonly mappings: readonly Mapping[];
  /** Maps one record; `at` is the time of records that have none of their own. Total: what cannot be used is a rejection. */
  map(record: JsonObject, connection: string, at?: string): MappedRecord;
}

/** Where the values that are made of a record stand beside its own; no field can be called like it. */
const MADE = '\u0000';
const NAME_CHARACTERS = 32;
/** A day, or a time of day, without a zone: read as UTC. */
const PLAIN_TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?)?$/;

/** Opens a mapping. The same record with the same time makes the same changes, however often it comes. */
export function openMapping(written: ReadMapping, defaultObject: string): OpenMapping {
  const mappings = mappingsOf(written, defaultObject);
  const map: OpenMapping['map'] = (record, connection, time) => {
    const rejected = (code: string, reason: string): MappedRecord => ({
      ok: false,
      rejection: { code, reason, record },
    });
    const id = idOf(written, record);
    if (id === undefined) return rejected('mapping/no-id', noId(written));
    const at = written.at === undefined ? time : firstTime(record, written.at);
    if (at === undefined) {
      const wanted = 'expected 2026-11-20, 2026-11-20 14:30 or an RFC 3339 instant';
      return rejected('mapping/no-time', `found no time in ${written.at?.join(' or ') ?? 'the record'}; ${wanted}`);
    }
    const activity = activityId(written, record);
    const made = { id, at, ...(activity === undefined ? {} : { activity }), stated: statedTimes(written, record) };
    const changes: Change[] = [];
    for (const mapping of mappings) {
      const mapped = applyMapping(mapping, connection, { ...record, [MADE]: made });
      if (!mapped.ok) {
        const { code, reason } = mapped.rejection;
        return rejected(code, code === 'mapping/no-activity-id' ? noActivityId(written) : reason);
      }
      // What the profile writer would refuse later is told now.
      const parsed = parseChange(mapped.change);
      if (!parsed.ok) return rejected(parsed.code, parsed.reason);
      changes.push(mapped.change);
      if (mapped.change.kind === 'gone') break;
    }
    return { ok: true, changes };
  };
  return { mappings, map };
}

/** A time as people write it, as RFC 3339. Without a zone it is UTC. */
export function readTime(value: Json | undefined): string | undefined {
  const text = typeof value === 'string' ? value.trim() : undefined;
  const [, day, minute = '00:00', second = '00'] = PLAIN_TIME.exec(text ?? '') ?? [];
  const at = parseInstant(day === undefined ? text : `${day}T${minute}:${second}Z`);
  return at === undefined ? undefined : formatInstant(at);
}

/** The paths that a mapping names, each once. */
export function pathsIn(written: ReadMapping): readonly string[] {
  const { id = [], at = [], identifiers, traits, consent, account, activity, gone } = written;
  const rules = [...Object.values(traits), ...Object.values(activity?.properties ?? {})].map(ruleOf);
  const name = activity?.name;
  return [
    ...new Set([
      ...id,
      ...at,
      ...Object.values(identifiers).flat(),
      ...rules.flatMap((rule) => ('from' in rule ? [rule.from] : [])),
      ...consent.flatMap(({ from, address, at: stated }) => [from, address, ...(stated === undefined ? [] : [stated])]),
      ...(account === undefined ? [] : [account.from]),
      ...(activity?.id ?? []),
      ...(typeof name === 'object' ? [name.from] : []),
      ...(gone === undefined ? [] : [gone.from]),
    ]),
  ];
}

/** A record of which something was done is told twice where it says something of the person besides. */
function mappingsOf(written: ReadMapping, defaultObject: string): readonly Mapping[] {
  const {
    version,
    object = defaultObject,
    subject,
    by,
    identifiers,
    traits,
    consent,
    account,
    activity,
    gone,
  } = written;
  const base: Mapping = {
    version,
    object,
    subject,
    ...(by === undefined ? {} : { by }),
    id: [`${MADE}.id`],
    at: [`${MADE}.at`],
    identifiers: Object.entries(identifiers).flatMap(([type, paths]) => paths.map((from) => ({ type, from }))),
    ...(gone === undefined ? {} : { gone }),
  };
  const ofSubject: Mapping = {
    ...base,
    traits: rulesOf(traits),
    consent: consent.map(({ at, source, by: whose, ...rule }, index) => ({
      ...rule,
      by: whose ?? by ?? 'company',
      source: source ?? rule.from,
      ...(at === undefined ? {} : { at: `${MADE}.stated.${index}` }),
    })),
    ...(account === undefined ? {} : { account }),
  };
  if (activity?.name === undefined) return [ofSubject];
  const properties = activity.properties === undefined ? {} : { properties: rulesOf(activity.properties) };
  const done: Mapping = { ...base, activity: { id: [`${MADE}.activity`], name: activity.name, ...properties } };
  const says = Object.keys(traits).length + consent.length > 0 || account !== undefined;
  return says ? [ofSubject, done] : [done];
}

function rulesOf(rules: ReadMapping['traits']): Record<string, Rule> {
  return Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, ruleOf(rule)]));
}

function ruleOf(rule: ReadMapping['traits'][string]): Rule {
  if (typeof rule === 'string') return { from: rule };
  if ('literal' in rule) return rule;
  const { from, as, empty_is_null: emptyIsNull } = rule;
  return { from, ...(as === undefined ? {} : { as }), ...(emptyIsNull === undefined ? {} : { emptyIsNull }) };
}

/** The id of a record: the first path of `id` that holds something, or else made of the first usable identifier. */
function idOf({ id, identifiers }: ReadMapping, record: JsonObject): string | undefined {
  if (id !== undefined) return nameOf(firstText(record, id));
  for (const [type, paths] of Object.entries(identifiers)) {
    const value = firstText(record, paths);
    if (value === undefined) continue;
    const normal = normaliseIdentifier({ type, value });
    if (normal.ok) return hashed(`${type}\n${normal.identifier.value}`);
    // A number without a country is none yet: the workspace says of which country a connection's numbers are.
    if (normal.reason === 'not-a-phone') return hashed(`${type}\n${value.trim()}`);
  }
  return undefined;
}

/** Equal records are one activity where nothing tells them apart. */
function activityId({ activity }: ReadMapping, record: JsonObject): string | undefined {
  if (activity === undefined) return undefined;
  return activity.id === undefined ? hashed(canonicalText(record)) : nameOf(firstText(record, activity.id));
}

/** An address is never a name itself: names stand in keys and logs, which are shown where addresses must not be. */
function nameOf(text: string | undefined): string | undefined {
  const plain = text?.trim();
  return plain === undefined || !/@|^\+\d{6}/.test(plain) ? plain : hashed(plain.toLowerCase());
}

function statedTimes({ consent }: ReadMapping, record: JsonObject): JsonObject {
  const stated = consent.flatMap(({ at }, index) => {
    const time = at === undefined ? undefined : readTime(valueAt(record, at));
    return time === undefined ? [] : [[String(index), time] as const];
  });
  return Object.fromEntries(stated);
}

function firstTime(record: JsonObject, paths: readonly string[]): string | undefined {
  return paths.map((path) => readTime(valueAt(record, path))).find((time) => time !== undefined);
}

function firstText(record: JsonObject, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(record, path);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function noId({ id, identifiers }: ReadMapping): string {
  return id === undefined
    ? `found no usable identifier in ${Object.values(identifiers).flat().join(' or ')} to name the record by`
    : `found no id in ${id.join(' or ')}`;
}

function noActivityId({ activity }: ReadMapping): string {
  return `found no id of the activity in ${activity?.id?.join(' or ')}`;
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, NAME_CHARACTERS);
}
