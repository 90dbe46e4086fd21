import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { linkedin as connector } from '../../lib/connectors/linkedin/index.ts';

const streams = ['leads', 'social-actions'] as const;
const root = fileURLToPath(new URL('../fixtures/linkedin/', import.meta.url));

describe.each(streams)('%s', (name) => {
  it.each(fixtures(name, 'valid'))('maps %s', (_file, { settings, record, change }) => {
    expect(outcome(name, record, settings)).toEqual({ changes: change, rejected: [] });
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { record, code, reason }) => {
    expect(outcome(name, record)).toEqual({
      changes: [],
      rejected: [{ code, reason, record, mapping: mappingOf(name) }],
    });
  });
});

interface Fixture {
  readonly settings?: object;
  readonly record: unknown;
  readonly change?: unknown;
  readonly code?: string;
  readonly reason?: string;
}

function fixtures(stream: string, kind: 'valid' | 'invalid'): [string, Fixture][] {
  const folder = `${root}${stream}/${kind}/`;
  const files = readdirSync(folder);
  return files.map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(folder + file, 'utf8')) as Fixture]);
}

/** What the stream makes of an archived record. */
function outcome(name: (typeof streams)[number], record: unknown, given: object = {}): unknown {
  const stream = connector.streams.find((one) => one.name === name);
  const settings = connector.config.safeParse(given);
  if (!settings.success) throw new Error('the settings of a fixture do not fit');
  return stream?.remap([{ mapping: mappingOf(name), record }], 'social', settings.data);
}

/** The stream's only one. */
function mappingOf(name: (typeof streams)[number]): string {
  return Object.keys(connector.streams.find((one) => one.name === name)?.mappings ?? {})[0] ?? '';
}
