import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { readWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';

const connectors = await loadConnectors(registry);

export const NEWS = 'news';
export const SHOP = 'shop';
export const WRITE_KEY = 'wk_storm_server';

/** Audience → the tag that it is in the shop. */
export const tags = { 'keen-to-shop': 'Keen', 'fresh-to-shop': 'Fresh', 'customers-to-shop': 'Customers' } as const;

const files = {
  'tributary.yaml': `
workspace: storm
timezone: Europe/Berlin
connections:
  crm: { connector: hubspot, streams: { contacts: every 6 hours }, quota: 100% }
  news: { connector: mailchimp, list: ${NEWS}, streams: { members: every 6 hours }, webhook: true, quota: 100% }
  voices:
    connector: forms
    preset: typeform
    form: lT4Z3j
    webhook: true
    streams: { responses: every 6 hours }
    mapping:
      identifiers: { email: answers.email }
      traits: { nps: { from: answers.nps, as: number } }
      consent: [{ topic: email, from: answers.contact_me, address: answers.email, granted: [true], denied: [false] }]
      activity: { name: NPS Answered, properties: { score: answers.nps } }
  shop: { connector: mailchimp, list: ${SHOP}, streams: {}, quota: 100% }
collection: { write_keys: { server: ${WRITE_KEY} } }
guardrails: { max_add: 100%, max_remove: 100%, min_source: 0%, small_change: 1000, first_run: allow, empty_segment: allow }
`,
  'segments/keen.yaml': `
segment: keen
title: Ordered lately, or said that they like us
when: { any: [{ did: Order Completed, count: { at_least: 2 }, within: 30 days }, { trait: nps, gte: 7 }] }
`,
  'segments/fresh.yaml': `
segment: fresh
title: Ordered just now, and not back at a cart
when: { all: [{ did: Order Completed, within: 2 hours }, { not: { did: Cart Opened, within: 1 hours } }] }
`,
  'segments/customers.yaml': `
segment: customers
title: Customers by the word of sales
when: { trait: lifecycle_stage, is: customer }
`,
  'audiences/keen-to-shop.yaml': `
audience: keen-to-shop
segment: keen
to: { connection: shop, tag: ${tags['keen-to-shop']} }
match: [email]
needs: { subscribed: email }
`,
  'audiences/fresh-to-shop.yaml': `
audience: fresh-to-shop
segment: fresh
to: { connection: shop, tag: ${tags['fresh-to-shop']} }
match: [email]
when: realtime
`,
  'audiences/customers-to-shop.yaml': `
audience: customers-to-shop
segment: customers
to: { connection: shop, tag: ${tags['customers-to-shop']} }
match: [email]
`,
};

/** The workspace of the storm, whose tools are at these addresses, by connection. */
export function stormWorkspace(endpoints: Readonly<Record<string, string>>): Definitions {
  const written = Object.entries(files).map(([file, text]) => ({ file, bytes: Buffer.from(text) }));
  const { definitions, problems } = readWorkspace(written, connectors);
  if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
  const connections = Object.entries(definitions.connections).map(([name, connection]) => {
    const endpoint = endpoints[name];
    return [name, endpoint === undefined ? connection : { ...connection, endpoint }] as const;
  });
  return versioned({ ...definitions, connections: Object.fromEntries(connections) });
}
