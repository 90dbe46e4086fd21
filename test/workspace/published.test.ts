import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { publishedSchemas } from '../../lib/workspace/published.ts';
import { readWith, soundFiles } from './a-workspace.ts';

const connectors = await loadConnectors(registry);

const root = join(import.meta.dirname, '..', '..');
const schemas = publishedSchemas(connectors);

function examplesOf(name: string): string[] {
  const folder = join(root, 'examples', name);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.yaml')).map((file) => join(folder, file));
}

function validate(name: string, value: unknown): boolean {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  return ajv.validate(schemas[name] ?? false, value);
}

function schemaOf(file: string): string {
  return `${file === 'tributary.yaml' ? 'tributary' : file.split('/')[0]?.slice(0, -1)}.schema.json`;
}

describe('publishedSchemas', () => {
  it.each(Object.keys(schemas))('is what schemas/%s holds (node --import tsx scripts/write-schemas.ts)', (name) => {
    expect(JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8'))).toEqual(schemas[name]);
  });

  it.each([...examplesOf('acme'), ...examplesOf('starter')])('is named by and accepts %s', (file) => {
    const text = readFileSync(file, 'utf8');

    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';

    const name = resolve(dirname(file), named).slice(root.length + '/schemas/'.length);
    expect(Object.keys(schemas)).toContain(name);
    expect(validate(name, parse(text))).toBe(true);
  });

  it.each([
    ['tributary.yaml', 'timezone:', 'guardrail: {}\ntimezone:'],
    ['tributary.yaml', 'every 15 minutes', 'evry 15 minutes'],
    ['tributary.yaml', 'connector: mailchimp', 'connector: mailchip'],
    ['tributary.yaml', 'list: a1b2c3', 'lists: a1b2c3'],
    ['tributary.yaml', 'contacts: every', 'contact: every'],
    ['tributary.yaml', 'workspace: acme', 'workspace: Acme'],
    ['segments/lapsing.yaml', 'within: 30 days', 'within: 30 dayz'],
    ['segments/lapsing.yaml', 'trait:', 'trate:'],
    ['segments/lapsing.yaml', 'when:', 'wen:'],
    ['personas/careful-buyer.yaml', 'messages: {', 'messages: { sms: 4, '],
    ['audiences/lapsing-to-tag.yaml', 'match: [email]', 'match: []'],
    ['audiences/lapsing-to-tag.yaml', '04:00', 'two'],
  ])('refuses in %s what the check refuses: "%s" as "%s"', (file, from, to) => {
    const sound = soundFiles[file] ?? '';
    const broken = sound.replace(from, to);

    expect(validate(schemaOf(file), parse(sound))).toBe(true);
    expect(readWith({ [file]: broken }).definitions).toBeUndefined();
    expect(validate(schemaOf(file), parse(broken))).toBe(false);
  });
});
