import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseInstant } from '../../../lib/domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { nodeKeys } from '../../../lib/domain/segment/condition.ts';
import { evaluateDocument, readDocument } from '../../../lib/domain/segment/document.ts';
import { operatorNames, operators } from '../../../lib/domain/segment/operator.ts';
import { conditionSchema } from '../../../lib/domain/segment/schema.ts';
import type { SegmentDefinition } from '../../../lib/domain/segment.ts';
import { readTrait } from './ask.ts';

const guide = readFileSync('docs/segments.md', 'utf8');
const folder = 'examples/every-operator/segments';
const files = readdirSync(folder).map((file) => [file, readFileSync(`${folder}/${file}`, 'utf8')] as const);
const definitions = files.map(([, text]) => parse(text) as SegmentDefinition);

describe('docs/segments.md', () => {
  it('tells every operator as the schema does', () => {
    const told = rowsOf('| operator | takes | holds when |');

    expect(told).toEqual(operatorNames.map((name) => [name, operators[name].takes, operators[name].holds]));
  });

  it('tells every leaf of the schema', () => {
    const told = rowsOf('| leaf | holds for people who |').map(([name]) => name);

    expect(new Set(told)).toEqual(new Set(nodeKeys.filter((key) => !['all', 'any', 'not'].includes(key))));
    expect(new Set(nodeKeys)).toEqual(new Set(refsOf(conditionSchema)));
  });

  it('tells every key of a did leaf', () => {
    const told = rowsOf('| key | takes | means |').map(([name]) => name);

    expect(new Set(told)).toEqual(new Set(Object.keys(propertiesOf('did'))));
  });
});

describe('examples/every-operator', () => {
  const program = compile(definitions, { timezone: 'Europe/Berlin' });

  it('uses every operator and every key', () => {
    const written = files.map(([, text]) => text).join('\n');
    const words = [...operatorNames, ...nodeKeys, ...Object.keys(propertiesOf('did')), 'calendar', 'case', 'for'];

    expect(words.filter((word) => !new RegExp(`\\b${word}:`).test(written))).toEqual([]);
  });

  it('names each file like its segment', () => {
    expect(definitions.map(({ segment }) => `${segment}.yaml`)).toEqual(files.map(([file]) => file));
  });

  it.each(
    definitions.flatMap((definition) =>
      (definition.tests ?? []).map((test) => [definition.segment, test.name, test] as const),
    ),
  )('%s: %s', (segment, _name, test) => {
    const read = readDocument(test.profile, readTrait);
    if (!read.ok) throw new Error(read.reason);

    const { member, flips_at } = evaluateDocument(program, read.document, parseInstant(test.now) ?? -1, segment);

    expect({ member, flips_at: test.flips_at === undefined ? undefined : flips_at }).toEqual({
      member: test.member,
      flips_at: test.flips_at,
    });
  });
});

/** Cells of the table under a header row, without the marks of code. */
function rowsOf(header: string): string[][] {
  const lines = guide.split('\n');
  const start = lines.indexOf(header) + 2;
  const rows: string[][] = [];
  for (const line of lines.slice(start)) {
    if (!line.startsWith('|')) break;
    const [name = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    rows.push([name.replaceAll('`', ''), ...cells]);
  }
  return rows;
}

function propertiesOf(leaf: string): JsonObject {
  const definition = (conditionSchema.$defs as JsonObject)[leaf];
  return isJsonObject(definition) && isJsonObject(definition.properties) ? definition.properties : {};
}

function refsOf(schema: JsonObject): string[] {
  const { condition } = schema.$defs as { condition: { oneOf: readonly Json[] } };
  return condition.oneOf.map((item) => String((item as JsonObject).$ref).replace('#/$defs/', ''));
}
