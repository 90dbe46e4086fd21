import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { objectAt, resourcesOf, textAt } from '../engines/template.ts';
import type { ResolvedTemplate } from './template-parts.ts';

/** A secret of the template, with its value when it has one. */
export interface SecretValue {
  readonly name: string;
  readonly arn: string;
  readonly value: string | undefined;
}

export interface SecretSources {
  /** Values by the last part of a secret's name, i.e. by connection. */
  readonly given: Readonly<Record<string, string>>;
  /** Where `TRIBUTARY_SECRET_<CONNECTION>` is looked up; it wins over `given`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keeps generated values, readable by the owner only. Absent = a new value at each start. */
  readonly file?: string;
}

const characters = {
  Lowercase: 'abcdefghijklmnopqrstuvwxyz',
  Uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  Numbers: '0123456789',
  Punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

/**
 * The secrets of a template. A value comes from the environment, from the caller, or is generated where the template
 * says so; a secret with none of these is empty, as one that no operator has filled.
 */
export function secretsOf(from: ResolvedTemplate, sources: SecretSources): readonly SecretValue[] {
  const kept = readKept(sources.file);
  const secrets = resourcesOf(from.template, 'AWS::SecretsManager::Secret').map((secret): SecretValue => {
    const properties = from.resolver.resolve(secret.properties);
    const read = isJsonObject(properties) ? properties : {};
    const name = from.resolver.nameOf(secret.logicalId);
    const connection = name.slice(name.lastIndexOf('/') + 1);
    const told =
      sources.environment[variableOf(connection)] ?? sources.given[connection] ?? textAt(read, 'SecretString');
    if (told === undefined && isJsonObject(read.GenerateSecretString)) {
      kept[name] ??= generated(read.GenerateSecretString);
    }
    return { name, arn: from.resolver.arnOf(secret.logicalId), value: told ?? kept[name] };
  });
  writeKept(sources.file, kept);
  return secrets;
}

/** `TRIBUTARY_SECRET_MAIN_NEWSLETTER` for the connection `main-newsletter`. */
export function variableOf(connection: string): string {
  return `TRIBUTARY_SECRET_${connection.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** A value as Secrets Manager's GetRandomPassword would make it (Secrets Manager API reference). */
function generated(settings: JsonObject): string {
  const excluded = textAt(settings, 'ExcludeCharacters') ?? '';
  const usable = (set: string): string => [...set].filter((character) => !excluded.includes(character)).join('');
  const sets = Object.entries(characters)
    .filter(([kind]) => settings[`Exclude${kind}`] !== true)
    .map(([, set]) => usable(set));
  if (settings.IncludeSpace === true) sets.push(' ');
  const length = Number(textAt(settings, 'PasswordLength') ?? 32);
  const password = randomText(sets, length, settings.RequireEachIncludedType !== false);
  const key = textAt(settings, 'GenerateStringKey');
  if (key === undefined) return password;
  return JSON.stringify({ ...objectFrom(textAt(settings, 'SecretStringTemplate')), [key]: password });
}

function randomText(sets: readonly string[], length: number, eachSet: boolean): string {
  const all = sets.join('');
  for (;;) {
    const text = Array.from({ length }, () => all[randomInt(all.length)] ?? '').join('');
    if (!eachSet || sets.every((set) => [...set].some((character) => text.includes(character)))) return text;
  }
}

function objectFrom(text: string | undefined): JsonObject {
  const parsed: unknown = JSON.parse(text ?? '{}');
  return isJsonObject(parsed) ? parsed : {};
}

function readKept(file: string | undefined): Record<string, string> {
  if (file === undefined || !existsSync(file)) return {};
  const values = objectAt({ values: JSON.parse(readFileSync(file, 'utf8')) }, 'values');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function writeKept(file: string | undefined, values: Readonly<Record<string, string>>): void {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
}
