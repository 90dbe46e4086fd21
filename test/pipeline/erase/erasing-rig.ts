import { connectors } from '../../../lib/connectors/registry.ts';
import type { Change, Identifier } from '../../../lib/domain/change.ts';
import type { ConnectionDefinition, Definitions, ErasureRule } from '../../../lib/domain/definitions.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { type EraseCommand, eraseInTools } from '../../../lib/pipeline/erase/erase-in-tools.ts';
import { type ErasureReceipt, readReceipt } from '../../../lib/pipeline/erase/erasure-receipt.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import type { ActivateDeps } from '../../../lib/pipeline/push/push-work.ts';
import { type GoogleAdsSimulator, startGoogleAds } from '../../vendors/google-ads/server.ts';
import { memberHash } from '../../vendors/mailchimp/member.ts';
import { DEFAULT_KEY, type Mailchimp, startMailchimp } from '../../vendors/mailchimp/simulator.ts';
import { type SalesforceSimulator, startSalesforce } from '../../vendors/salesforce/server.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openHandClock } from '../memory-state.ts';
import { Death, openMemoryStores } from '../memory-stores.ts';
import { NOW, definitions as world } from '../world.ts';
import { openPrivacy } from './forgetting.ts';

const LIST = 'a1b2c3d4e5';
const HOUR = 3_600_000;

export const annsAddress = 'ann@example.com';

/** Three real tools over HTTP, people who came from them, and the two functions that an erasure goes through. */
export async function openErasing(rules: { readonly news?: ErasureRule; readonly crm?: ErasureRule } = {}) {
  const clock = openHandClock(NOW);
  const news = await startMailchimp({ now: clock.now });
  news.addList({ id: LIST });
  const crm = await startSalesforce({ now: clock.now, bulkPolls: 1 });
  const ads = await startGoogleAds({ now: clock.now, processingMs: (nth) => (nth * HOUR) / 12 });
  const stores = openMemoryStores();
  const privacy = openPrivacy(stores, identityKey, clock);
  const definitions = workspaceOf({ news, crm, ads }, { news: 'delete', crm: 'remove', ...rules });
  const told: string[] = [];
  let fate = (): void => {};
  const state = mortal(privacy.state, () => fate());
  const deps = {
    ...privacy.deps,
    state,
    definitions: async () => definitions,
    connectors,
    secrets: async (name: string) => ({ ...{ news: newsSecret, crm: crm.secret, ads: ads.secret }[name] }),
    secretName: (name: string) => name,
    notify: async ({ subject }: { readonly subject: string }) => void told.push(subject),
  };
  const erase = eraseInTools(deps as unknown as ActivateDeps);
  const work = workJobs({ ...deps, connectors: {} });
  const signal = new AbortController().signal;

  /** Delivers what the queue of pushes holds, the clock going on by each delay; a death brings a message again. */
  async function drain(most = 60): Promise<void> {
    for (let round = 0; round < most; round += 1) {
      const messages = privacy.push.take();
      if (messages.length === 0) return;
      for (const { body, delaySeconds = 0 } of messages) {
        clock.pass(delaySeconds * 1_000);
        for (let tries = 0; tries < 50; tries += 1) {
          try {
            await erase(body as unknown as EraseCommand, signal);
            break;
          } catch (error) {
            if (!(error instanceof Death)) throw error;
            // SQS shows it again while the worker that died still has the errand: the harder of both.
          }
        }
      }
    }
  }

  return {
    ...privacy,
    deps,
    stores,
    clock,
    news,
    crm,
    ads,
    definitions,
    /** Whoever is on call was told these. */
    told,
    drain,
    work: (body: Parameters<typeof work>[0]) => work(body, signal),
    dieAt: (next: () => void) => {
      fate = next;
    },
    /** Ann is known from both tools, and a push told the newsletter of her. */
    async meetAnn(): Promise<{ readonly contact: string; readonly campaignMember: string }> {
      news.putMember(LIST, { email: annsAddress });
      news.putMember(LIST, { email: 'bob@example.com' });
      news.tag(LIST, annsAddress, 'Lapsing');
      const contact = crm.store.insert('Contact', { LastName: 'Dev', Email: annsAddress });
      const campaign = crm.store.insert('Campaign', { Name: 'Spring' });
      const campaignMember = crm.store.insert('CampaignMember', { CampaignId: campaign, ContactId: contact });
      await deliver(stores, [[memberOf(annsAddress), contactOf(contact, annsAddress)]]);
      return { contact, campaignMember };
    },
    /** Stands for what a push told: the audience's row says that Ann, or whom else, is on the list under these keys. */
    async tell(audience: string, keys: readonly Identifier[], whom = annsAddress): Promise<void> {
      const { id = '' } = (await findPerson(deps, whom)) ?? {};
      await stores.memberships.writeRows([
        { row: 'audience', audience, profile: id, version: 1, wanted: { in: true, keys } },
      ]);
      stores.tell(audience, id, { in: true, keys, outcome: 'applied', op: 'add', run: 'r1', at: NOW });
    },
    knowsAnn: () => news.member(LIST, annsAddress) !== undefined,
    placesOf: async (receipt: string, ...names: readonly string[]) => {
      const { places } = (await readReceipt(privacy.state, receipt)) as ErasureReceipt;
      return names.map((name) => places.find(({ place }) => place === name));
    },
    keysLeft: async () => {
      const kept = await privacy.state.list('erased-keys', { most: 9 });
      return kept.map(({ body }) => body).filter(({ done }) => done !== true);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([news.close(), crm.close(), ads.close()]);
    },
  };
}

const newsSecret = { api_key: DEFAULT_KEY, webhook_secret: 'correct-horse-battery-staple' };

export function memberOf(email: string): Change {
  return {
    kind: 'profile',
    fragment: `news:member:${memberHash(email)}`,
    at: new Date(NOW - 9 * HOUR).toISOString(),
    identifiers: [{ type: 'email', value: email }],
    traits: { stage: 'customer' },
  };
}

function contactOf(id: string, email: string): Change {
  return { ...memberOf(email), fragment: `crm:contact:${id}` } as Change;
}

function workspaceOf(
  tools: { readonly news: Mailchimp; readonly crm: SalesforceSimulator; readonly ads: GoogleAdsSimulator },
  rules: { readonly news: ErasureRule; readonly crm: ErasureRule },
): Definitions {
  const connection = (name: keyof typeof tools, connector: string, config: object): ConnectionDefinition => ({
    name,
    connector,
    endpoint: tools[name].url,
    streams: {},
    webhook: false,
    quotaShare: 1,
    erasure: name === 'ads' ? 'remove' : rules[name],
    config: config as ConnectionDefinition['config'],
  });
  const [template] = world.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  return {
    ...world,
    connections: {
      news: connection('news', 'mailchimp', { list: LIST }),
      crm: connection('crm', 'salesforce', {}),
      ads: connection('ads', 'google-ads', { customer_id: '7693729833', customer_match_terms: 'accepted' }),
    },
    audiences: [
      { ...template, audience: 'to-tool', connection: 'news', target: { tag: 'Lapsing' } },
      { ...template, audience: 'to-crm', connection: 'crm', target: { campaign: 'Spring' } },
      { ...template, audience: 'to-ads', connection: 'ads', target: { user_list: 'Lapsing' } },
      { ...template, audience: 'to-more-ads', connection: 'ads', target: { user_list: 'Customers' } },
    ],
  };
}

/** A state store at whose writes the process may die. */
function mortal(state: StateStore, step: () => void): StateStore {
  return {
    ...state,
    async put(...args) {
      step();
      const written = await state.put(...args);
      step();
      return written;
    },
  };
}
