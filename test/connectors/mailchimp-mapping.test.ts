import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { members } from '../../lib/connectors/mailchimp/members.stream.ts';

const folder = new URL('../fixtures/mailchimp/mapping/', import.meta.url);

describe('members mapping', () => {
  for (const name of readdirSync(new URL('valid/', folder))) {
    it(`maps ${name.replace('.json', '')}`, async () => {
      const { record, change } = fixture(`valid/${name}`);

      const page = await map(record);

      expect(page?.rejected).toEqual([]);
      expect(page?.changes).toEqual([change]);
      expect(page?.lines.map((line) => ('record' in line ? line.record : line))).toEqual([record]);
    });
  }

  for (const name of readdirSync(new URL('invalid/', folder))) {
    it(`quarantines ${name.replace('.json', '')}`, async () => {
      const { record, code } = fixture(`invalid/${name}`);

      const page = await map(record);

      expect(page?.changes).toEqual([]);
      expect(page?.rejected.map((rejection) => rejection.code)).toEqual([code]);
      expect(page?.rejected.map(({ reason }) => reason).join()).not.toContain('example.com');
    });
  }
});

function map(record: unknown) {
  const api: Partial<MailchimpClient> = { connection: 'newsletter', getMember: async () => record };
  const options = { signal: new AbortController().signal, now: new Date('2026-11-21T08:00:00Z') };
  return members.reread?.(api as MailchimpClient, 'newsletter', ['any'], options);
}

function fixture(path: string): { record: unknown; change?: unknown; code?: string } {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
}
