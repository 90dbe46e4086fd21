import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventRecord } from '../../lib/connectors/klaviyo/events.stream.ts';
import { klaviyo } from '../../lib/connectors/klaviyo/index.ts';
import { listJoinRecord } from '../../lib/connectors/klaviyo/list-joins.stream.ts';
import { profileRecord } from '../../lib/connectors/klaviyo/profile.ts';
import { applyMapping } from '../../lib/domain/mapping.ts';

const records = { events: eventRecord, 'list-joins': listJoinRecord, profiles: profileRecord };
const root = fileURLToPath(new URL('../fixtures/klaviyo/', import.meta.url));

describe.each(Object.keys(records) as (keyof typeof records)[])('%s', (name) => {
  it.each(fixtures(name, 'valid'))('maps %s', (_file, { record, change }) => {
    expect(outcome(name, record)).toEqual(change);
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { record, code, reason }) => {
    expect(outcome(name, record)).toEqual({ code, reason });
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

function outcome(name: keyof typeof records, record: unknown): unknown {
  const mappings = klaviyo.streams.find((stream) => stream.name === name)?.mappings ?? {};
  const [mapping] = Object.values(mappings);
  if (mapping === undefined) throw new Error(`the stream ${name} has no mapping`);
  const parsed = records[name].safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { code: 'sync/bad-record', reason: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const mapped = applyMapping(mapping, 'shop', parsed.data);
  if (mapped.ok) return mapped.change;
  return { code: mapped.rejection.code, reason: mapped.rejection.reason };
}
