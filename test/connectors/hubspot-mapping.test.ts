import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dealRecord } from '../../lib/connectors/hubspot/deals.stream.ts';
import { emailEventRecord } from '../../lib/connectors/hubspot/email-events.stream.ts';
import { engagementRecord } from '../../lib/connectors/hubspot/engagements.stream.ts';
import { submissionRecord } from '../../lib/connectors/hubspot/form-submissions.stream.ts';
import { hubspot } from '../../lib/connectors/hubspot/index.ts';
import { objectRecord } from '../../lib/connectors/hubspot/record.ts';
import { applyMapping } from '../../lib/domain/mapping.ts';

const records = {
  companies: objectRecord,
  contacts: objectRecord,
  deals: dealRecord,
  'email-events': emailEventRecord,
  engagements: engagementRecord,
  'form-submissions': submissionRecord,
};
const root = fileURLToPath(new URL('../fixtures/hubspot/', import.meta.url));

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
  const mappings = hubspot.streams.find((stream) => stream.name === name)?.mappings ?? {};
  const [mapping] = Object.values(mappings);
  if (mapping === undefined) throw new Error(`the stream ${name} has no mapping`);
  const parsed = records[name].safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { code: 'sync/bad-record', reason: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const mapped = applyMapping(mapping, 'crm', parsed.data);
  if (mapped.ok) return mapped.change;
  return { code: mapped.rejection.code, reason: mapped.rejection.reason };
}
