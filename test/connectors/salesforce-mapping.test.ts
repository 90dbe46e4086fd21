import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { accounts } from '../../lib/connectors/salesforce/accounts.stream.ts';
import { activities, activityRecord } from '../../lib/connectors/salesforce/activities.stream.ts';
import { contacts } from '../../lib/connectors/salesforce/contacts.stream.ts';
import { leads } from '../../lib/connectors/salesforce/leads.stream.ts';
import { dealRecord, opportunities } from '../../lib/connectors/salesforce/opportunities.stream.ts';
import { accountRecord, personRecord } from '../../lib/connectors/salesforce/record.ts';
import { applyMapping } from '../../lib/domain/mapping.ts';

const records = {
  accounts: accountRecord,
  activities: activityRecord,
  contacts: personRecord,
  leads: personRecord,
  opportunities: dealRecord,
};
const streams = { accounts, activities, contacts, leads, opportunities };
const root = fileURLToPath(new URL('../fixtures/salesforce/', import.meta.url));

describe.each(Object.keys(streams) as (keyof typeof streams)[])('%s', (name) => {
  it.each(fixtures(name, 'valid'))('maps %s', (_file, { mapping, record, change }) => {
    expect(outcome(name, mapping, record)).toEqual(change);
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { mapping, record, code, reason }) => {
    expect(outcome(name, mapping, record)).toEqual({ code, reason });
  });
});

interface Fixture {
  readonly mapping: string;
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

function outcome(stream: keyof typeof streams, mapping: string, record: unknown): unknown {
  const rule = streams[stream].mappings[mapping];
  if (rule === undefined) throw new Error(`the stream ${stream} has no mapping ${mapping}`);
  const parsed = records[stream].safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { code: 'sync/bad-record', reason: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const mapped = applyMapping(rule, 'crm', parsed.data);
  if (mapped.ok) return mapped.change;
  return { code: mapped.rejection.code, reason: mapped.rejection.reason };
}
