import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { hubspotScenario } from './scenario.ts';
import { type HubspotSimulator, startHubspot } from './server.ts';

/**
 * HubSpot's own OpenAPI documents are not ours to keep. Whoever has them (github.com/HubSpot/HubSpot-public-api-spec-collection)
 * names their folder in HUBSPOT_SPECS, with the file names `spec.<api>.json`; else these tests are skipped.
 */
const folder = process.env.HUBSPOT_SPECS ?? '';

interface Spec {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  readonly components: object;
}

const NOW = new Date('2026-11-21T08:00:00Z');

describe.skipIf(!existsSync(join(folder, 'spec.crm-lists.v3.json')))('answers of the simulator', () => {
  const cases: readonly [string, string, string, object | undefined][] = [
    ['crm-contacts.v3', 'POST', '/crm/v3/objects/contacts/search', { properties: ['email'], limit: 3 }],
    ['crm-contacts.v3', 'GET', '/crm/v3/objects/contacts', undefined],
    [
      'crm-contacts.v3',
      'POST',
      '/crm/v3/objects/contacts/batch/read',
      { inputs: [{ id: '1002' }, { id: '9' }], properties: [] },
    ],
    [
      'crm-contacts.v3',
      'POST',
      '/crm/v3/objects/contacts/batch/update',
      {
        inputs: [
          { id: '1002', properties: { jobtitle: 'Buyer' } },
          { id: '9', properties: { jobtitle: 'Buyer' } },
        ],
      },
    ],
    ['crm-properties.v3', 'GET', '/crm/v3/properties/{objectType}/{propertyName}', undefined],
    ['crm-lists.v3', 'POST', '/crm/v3/lists', { name: 'New', objectTypeId: '0-1', processingType: 'MANUAL' }],
    ['crm-lists.v3', 'GET', '/crm/v3/lists/object-type-id/{objectTypeId}/name/{listName}', undefined],
    ['crm-lists.v3', 'PUT', '/crm/v3/lists/{listId}/memberships/add', ['1002', '9']],
    ['crm-lists.v3', 'GET', '/crm/v3/lists/{listId}/memberships', undefined],
    ['crm-lists.v3', 'PUT', '/crm/v3/lists/{listId}/memberships/remove', ['1002']],
    [
      'crm-lists.v3',
      'POST',
      '/crm/v3/lists/records/memberships/batch/read',
      { inputs: [{ objectTypeId: '0-1', recordId: '1002' }] },
    ],
    ['crm-lists.v3', 'POST', '/crm/v3/lists/search', { query: '' }],
    [
      'crm-associations.v4-130902',
      'POST',
      '/crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read',
      { inputs: [{ id: '1002' }, { id: '1003' }] },
    ],
    ['comm-prefs.v4', 'POST', '/communication-preferences/v4/statuses/batch/read', { inputs: ['person1@example.com'] }],
  ];
  it.each(cases)('of %s fit %s %s', async (api, method, path, body) => {
    const spec = JSON.parse(readFileSync(join(folder, `spec.${api}.json`), 'utf8')) as Spec;
    const vendor = await filled();
    try {
      const { status, answer } = await ask(vendor, method, path, body);

      const schema = spec.paths[path]?.[method.toLowerCase()]?.responses[status]?.content?.['application/json']?.schema;
      expect(schema, `the document has no answer ${status}`).toBeDefined();
      const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
      const check = ajv.compile({ ...schema, components: spec.components });
      check(answer);
      // Recorded answers hold null for what is empty, which the documents call a text.
      expect(
        (check.errors ?? []).filter(({ keyword, message }) => keyword !== 'type' || message !== 'must be string'),
      ).toEqual([]);
    } finally {
      await vendor.close();
    }
  });
});

async function filled(): Promise<HubspotSimulator> {
  const vendor = await startHubspot({ now: () => NOW });
  hubspotScenario.streams.contacts?.seed(vendor);
  vendor.store.addProperty('contacts', 'a_choice', 'text', { options: ['gold', 'silver'] });
  vendor.marketing.setSubscription('person1@example.com', 8421, 'SUBSCRIBED');
  vendor.store.lists.add(vendor.store.lists.create('Known'), '1003');
  return vendor;
}

async function ask(vendor: HubspotSimulator, method: string, path: string, body: object | undefined) {
  const values: Readonly<Record<string, string>> = {
    objectTypeId: '0-1',
    listName: 'known',
    listId: vendor.store.lists.named('Known')?.listId ?? '',
    fromObjectType: 'contacts',
    toObjectType: 'companies',
    objectType: 'contacts',
    propertyName: 'a_choice',
  };
  const filledPath = path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  const answered = await fetch(`${vendor.url}${filledPath}?channel=EMAIL`, {
    method,
    headers: { authorization: `Bearer ${vendor.tokens.accessToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: String(answered.status), answer: (await answered.json()) as unknown };
}
