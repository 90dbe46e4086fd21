import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { meta as connector } from '../../lib/connectors/meta/index.ts';

const streams = ['comments', 'leads'] as const;
const root = fileURLToPath(new URL('../fixtures/meta/', import.meta.url));

describe.each(streams)('%s', (name) => {
  it.each(fixtures(name, 'valid'))('maps %s', (_file, { record, change }) => {
    expect(outcome(name, record)).toEqual({ changes: change, rejected: [] });
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { record, code, reason }) => {
    expect(outcome(name, record)).toEqual({
      changes: [],
      rejected: [{ code, reason, record, mapping: mappingOf(name) }],
    });
  });
});

interface Fixture {
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
function outcome(name: (typeof streams)[number], record: unknown): unknown {
  const stream = connector.streams.find((one) => one.name === name);
  const settings = connector.config.safeParse({});
  if (!settings.success) throw new Error('no setting is required');
  return stream?.remap([{ mapping: mappingOf(name), record }], 'social', settings.data);
}

/** The stream's only one. */
function mappingOf(name: (typeof streams)[number]): string {
  return Object.keys(connector.streams.find((one) => one.name === name)?.mappings ?? {})[0] ?? '';
}
