import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { config } from '../../lib/connectors/sendgrid/config.ts';
import { contactMapping, contactRecord, withEveryField, withOwnFields } from '../../lib/connectors/sendgrid/contact.ts';
import {
  eventMapping,
  eventRecord,
  recipientMapping,
  suppressionRecord,
} from '../../lib/connectors/sendgrid/recipient.ts';
import { applyMapping } from '../../lib/domain/mapping.ts';

const kinds = {
  contacts: { schema: contactRecord, mapping: contactMapping },
  suppressions: { schema: suppressionRecord, mapping: recipientMapping },
  events: { schema: eventRecord, mapping: eventMapping },
};
const root = fileURLToPath(new URL('../fixtures/sendgrid/', import.meta.url));

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (name) => {
  it.each(fixtures(name, 'valid'))('maps %s', (_file, { record, change }) => {
    expect(outcome(name, record)).toEqual(change);
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { record, code, reason }) => {
    expect(outcome(name, record)).toEqual({ code, reason });
  });
});

describe('withOwnFields', () => {
  const own = config.parse({ fields: { tier: 'loyalty_tier', 'score.own': 'points' }, external_id: 'user_id' });
  const contact = { id: 'c1', updated_at: '2026-11-20T10:00:00Z', external_id: 'u1' };

  it('makes traits of the account’s own fields, and says of one that is gone that it is', () => {
    const mapped = map({ ...contact, custom_fields: { loyalty_tier: 'gold', unasked: 'x' } });

    expect(mapped).toMatchObject({ traits: { tier: 'gold', 'score.own': null } });
    expect(JSON.stringify(mapped)).not.toContain('unasked');
  });

  it('identifies by external_id only where the connection says what it is', () => {
    const other = applyMapping(contactMapping, 'mail', contactRecord.safeParse(contact).success ? contact : {});

    expect(map(contact)).toMatchObject({ identifiers: [{ value: 'c1' }, { type: 'user_id', value: 'u1' }] });
    expect(other).toMatchObject({ change: { identifiers: [{ type: 'sendgrid.contact_id', value: 'c1' }] } });
  });

  function map(record: unknown): unknown {
    const parsed = contactRecord.safeParse(withEveryField(record, own));
    const mapped = applyMapping(withOwnFields(contactMapping, own), 'mail', parsed.success ? parsed.data : undefined);
    return mapped.ok ? mapped.change : mapped.rejection;
  }
});

interface Fixture {
  readonly record: unknown;
  readonly change?: unknown;
  readonly code?: string;
  readonly reason?: string;
}

function fixtures(kind: string, folder: 'valid' | 'invalid'): [string, Fixture][] {
  const path = `${root}${kind}/${folder}/`;
  return readdirSync(path).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(path + file, 'utf8')) as Fixture,
  ]);
}

function outcome(name: keyof typeof kinds, record: unknown): unknown {
  const { schema, mapping } = kinds[name];
  const parsed = schema.safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { code: 'sync/bad-record', reason: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const mapped = applyMapping(mapping, 'mail', parsed.data);
  if (mapped.ok) return mapped.change;
  return { code: mapped.rejection.code, reason: mapped.rejection.reason };
}
