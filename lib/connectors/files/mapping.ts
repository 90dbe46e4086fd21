import { createHash } from 'node:crypto';
import { canonicalText } from '../../domain/canonical.ts';
import type { Rejection } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { normaliseIdentifier } from '../../domain/identifier.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { applyMapping, type Mapped, type Mapping, type Rule, valueAt } from '../../domain/mapping.ts';
import { parseChange } from '../../domain/parse-change.ts';
import type { OpenFile } from '../row-file.ts';
import type { MappingFile } from './config.ts';

/** A row as it is archived: what was in the file, and the time that stands for rows without one of their own. */
export interface FileRecord {
  readonly row: JsonObject;
  /** RFC 3339. */
  readonly at: string;
}

/** Where the values that are made of a row stand beside its columns; no column can be called like it. */
const MADE = '\u0000';
const NAME_CHARACTERS = 32;
/** A day, or a time of day, without a zone: read as UTC. */
const PLAIN_TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?)?$/;

/** The mapping of a workspace as the domain has it. Ids and times are made of each row by `openRows`. */
export function mappingOf(file: MappingFile): Mapping {
  const { version, object, subject, by, identifiers, traits, consent, account, activity, gone } = file;
  return {
    version,
    object,
    subject,
    ...(by === undefined ? {} : { by }),
    id: [`${MADE}.id`],
    at: [`${MADE}.at`],
    identifiers: Object.entries(identifiers).map(([type, from]) => ({ type, from })),
    traits: rulesOf(traits),
    consent: consent.map(({ at, source, ...rule }, index) => ({
      ...rule,
      source: source ?? rule.from,
      ...(at === undefined ? {} : { at: `${MADE}.stated.${index}` }),
    })),
    ...(account === undefined ? {} : { account }),
    ...(activity === undefined
      ? {}
      : {
          activity: {
            id: [`${MADE}.activity`],
            name: activity.name,
            ...(activity.properties === undefined ? {} : { properties: rulesOf(activity.properties) }),
          },
        }),
    ...(gone === undefined ? {} : { gone }),
  };
}

/** Maps rows of files. The same row with the same time makes the same change, however often it comes. */
export function openRows(file: MappingFile): (record: unknown, connection: string) => Mapped {
  const mapping = mappingOf(file);
  return (record, connection) => {
    if (!isJsonObject(record) || !isJsonObject(record.row) || typeof record.at !== 'string') {
      return rejected('mapping/not-an-object', 'expected a row of a file with its time', record);
    }
    const { row } = record;
    const id = idOf(file, row);
    if (id === undefined) return rejected('mapping/no-id', noId(file), record);
    const at = file.time === undefined ? record.at : firstTime(row, file.time);
    if (at === undefined) {
      const wanted = 'expected 2026-11-20, 2026-11-20 14:30 or an RFC 3339 instant';
      return rejected('mapping/no-time', `found no time in ${file.time?.join(' or ')}; ${wanted}`, record);
    }
    const activity = activityId(file, row);
    const made = { id, at, ...(activity === undefined ? {} : { activity }), stated: statedTimes(file, row) };
    const mapped = applyMapping(mapping, connection, { ...row, [MADE]: made });
    if (!mapped.ok) {
      const { code, reason } = mapped.rejection;
      return rejected(code, code === 'mapping/no-activity-id' ? noActivityId(file) : reason, record);
    }
    // What the profile writer would refuse later is told now, with its line.
    const parsed = parseChange(mapped.change);
    return parsed.ok ? mapped : rejected(parsed.code, parsed.reason, record);
  };
}

/** A time as files have it, as RFC 3339. Without a zone it is UTC. */
export function readTime(value: Json | undefined): string | undefined {
  const text = typeof value === 'string' ? value.trim() : undefined;
  const [, day, minute = '00:00', second = '00'] = PLAIN_TIME.exec(text ?? '') ?? [];
  const at = parseInstant(day === undefined ? text : `${day}T${minute}:${second}Z`);
  return at === undefined ? undefined : formatInstant(at);
}

/** The columns that a mapping names, each once. */
export function columnsOf(file: MappingFile): readonly string[] {
  const { id = [], time = [], identifiers, traits, consent, account, activity, gone } = file;
  const rules = [...Object.values(traits), ...Object.values(activity?.properties ?? {})].map(ruleOf);
  const name = activity?.name;
  return [
    ...new Set([
      ...id,
      ...time,
      ...Object.values(identifiers),
      ...rules.flatMap((rule) => ('from' in rule ? [rule.from] : [])),
      ...consent.flatMap(({ from, address, at }) => [from, address, ...(at === undefined ? [] : [at])]),
      ...(account === undefined ? [] : [account.from]),
      ...(activity?.id ?? []),
      ...(typeof name === 'object' ? [name.from] : []),
      ...(gone === undefined ? [] : [gone.from]),
    ]),
  ];
}

/**
 * Columns that the mapping names and a file lacks. Of NDJSON only the first rows are looked at: what they lack may come
 * later. Throws `import/unknown-header` where the file has none of the columns that tell one row from another.
 */
export function missingColumns(mapping: MappingFile, { form, columns }: OpenFile): readonly string[] {
  if (form === 'ndjson') return [];
  const has = (name: string) => columns.some((column) => column === name || name.startsWith(`${column}.`));
  const telling = mapping.id ?? Object.values(mapping.identifiers);
  if (!telling.some(has)) {
    // Found names stay untold: of a file without a header they are somebody's data.
    const message = `none of the ${columns.length} columns is called ${telling.join(' or ')}, by which rows are told apart; correct the header or the mapping`;
    throw new TributaryError('rejected', 'import/unknown-header', message);
  }
  return columnsOf(mapping).filter((name) => !has(name));
}

function rulesOf(rules: NonNullable<MappingFile['traits']>): Record<string, Rule> {
  return Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, ruleOf(rule)]));
}

function ruleOf(rule: MappingFile['traits'][string]): Rule {
  if (typeof rule === 'string') return { from: rule };
  if ('literal' in rule) return rule;
  const { from, as, empty_is_null: emptyIsNull } = rule;
  return { from, ...(as === undefined ? {} : { as }), ...(emptyIsNull === undefined ? {} : { emptyIsNull }) };
}

/**
 * The id of a row's record: the first column of `id` that holds something, or else made of the first identifier. An
 * address is never an id itself: ids stand in names of fragments, which are shown where addresses must not be.
 */
function idOf({ id, identifiers }: MappingFile, row: JsonObject): string | undefined {
  if (id !== undefined) {
    const text = firstText(row, id)?.trim();
    return text === undefined || !/@|^\+\d{6}/.test(text) ? text : hashed(text.toLowerCase());
  }
  for (const [type, from] of Object.entries(identifiers)) {
    const value = firstText(row, [from]);
    if (value === undefined) continue;
    const normal = normaliseIdentifier({ type, value });
    if (normal.ok) return hashed(`${type}\n${normal.identifier.value}`);
    // A number without a country is none yet: the workspace says of which country a connection's numbers are.
    if (normal.reason === 'not-a-phone') return hashed(`${type}\n${value.trim()}`);
  }
  return undefined;
}

function activityId({ activity }: MappingFile, row: JsonObject): string | undefined {
  if (activity === undefined) return undefined;
  return activity.id === undefined ? hashed(canonicalText(row)) : firstText(row, activity.id)?.trim();
}

function statedTimes({ consent }: MappingFile, row: JsonObject): JsonObject {
  const stated = consent.flatMap(({ at }, index) => {
    const time = at === undefined ? undefined : readTime(valueAt(row, at));
    return time === undefined ? [] : [[String(index), time] as const];
  });
  return Object.fromEntries(stated);
}

function firstTime(row: JsonObject, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const time = readTime(valueAt(row, path));
    if (time !== undefined) return time;
  }
  return undefined;
}

function firstText(row: JsonObject, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(row, path);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function noId({ id, identifiers }: MappingFile): string {
  return id === undefined
    ? `found no usable identifier in ${Object.values(identifiers).join(' or ')} to name the record by`
    : `found no id in ${id.join(' or ')}`;
}

function noActivityId({ activity }: MappingFile): string {
  return `found no id of the activity in ${activity?.id?.join(' or ')}`;
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, NAME_CHARACTERS);
}

function rejected(code: Rejection['code'], reason: string, record: unknown): Mapped {
  return { ok: false, rejection: { code, reason, record } };
}
