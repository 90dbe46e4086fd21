import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The files of test/fixtures/corpus/<folder>: sound input, and what once did harm. */
export function corpusFiles(folder: string): readonly { readonly name: string; readonly bytes: Buffer }[] {
  const path = join(root, 'fixtures/corpus', folder);
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(path, name)) }));
}

export function corpusBytes(folder: string): readonly Buffer[] {
  return corpusFiles(folder).map(({ bytes }) => bytes);
}

export function corpusTexts(folder: string): readonly string[] {
  return corpusBytes(folder).map((bytes) => bytes.toString('utf8'));
}

/** Each line of the folder's files: for what is short. */
export function corpusLines(folder: string): readonly string[] {
  return corpusTexts(folder).flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

export function corpusJson(folder: string): readonly Json[] {
  return corpusTexts(folder).map((text) => JSON.parse(text) as Json);
}

/** The records of a vendor's fixtures, of all its streams. */
export function fixtureRecords(connector: string): readonly Json[] {
  const path = join(root, 'fixtures', connector);
  // A tool whose answers are only ever told by its simulator.
  if (!existsSync(path)) return [];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return files.sort().flatMap((name) => {
    const fixture = JSON.parse(readFileSync(join(path, name), 'utf8')) as Json;
    const record = isJsonObject(fixture) ? fixture.record : undefined;
    return record === undefined ? [] : [record];
  });
}
