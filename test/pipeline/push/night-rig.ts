import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openDynamo } from '../../../lib/adapters/dynamodb/client.ts';
import { openIdentityIndex } from '../../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../../../lib/adapters/dynamodb/state-store.ts';
import { openWriteLedger } from '../../../lib/adapters/dynamodb/write-ledger.ts';
import { openArchive } from '../../../lib/adapters/s3/archive.ts';
import { connectors } from '../../../lib/connectors/registry.ts';
import type { AudienceDefinition, Definitions, Guardrails } from '../../../lib/domain/definitions.ts';
import type { Wanted } from '../../../lib/domain/profile.ts';
import { activateAudience } from '../../../lib/pipeline/push/activate-audience.ts';
import { latestPush } from '../../../lib/pipeline/push/push-run.ts';
import type { ActivateDeps, PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { createTables, engineLogin, type TestEngines } from '../../engines.ts';
import { startMailchimp } from '../../vendors/mailchimp/simulator.ts';
import { identityKey } from '../delivering.ts';
import { openHandClock, openMemoryQueue } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const LIST = 'a1b2c3';
const TAG = 'Offers';
const AUDIENCE = 'offers';

export interface Night extends Awaited<ReturnType<typeof openNight>> {}

/** A push on real tables and objects into a simulated Mailchimp over HTTP. */
export async function openNight(engines: TestEngines, prefix: string, guardrails: Partial<Guardrails>) {
  const clock = openHandClock(NOW);
  const names = await createTables(engines.dynamodb, `${prefix}-`);
  const dynamo = openDynamo(async () => {}, Math.random, { ...engineLogin, endpoint: engines.dynamodbUrl });
  const s3 = new S3Client({ ...engineLogin, endpoint: engines.queuesUrl, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: prefix }));
  const mailchimp = await startMailchimp({ now: clock.now });
  mailchimp.addList({ id: LIST });
  const queue = openMemoryQueue();
  const memberships = openMembershipStore(dynamo, names.memberships, clock.now);
  const state = openStateStore(dynamo, names.state);
  const archive = openArchive(s3, prefix);
  const told: string[] = [];
  let audience: AudienceDefinition = {
    audience: AUDIENCE,
    segment: 'customers',
    connection: 'newsletter',
    target: { tag: TAG },
    match: ['email'],
    mode: 'mirror',
    needs: {},
    holdout: 0,
    when: undefined,
  };
  const published = (): Definitions => ({
    ...definitions,
    audiences: [audience],
    guardrails: { maxAdd: 0.2, maxRemove: 0.05, minSource: 0.8, ...guardrails },
    connections: {
      newsletter: {
        name: 'newsletter',
        connector: 'mailchimp',
        endpoint: mailchimp.url,
        streams: {},
        webhook: false,
        quotaShare: 1,
        config: { list: LIST },
      },
    },
  });
  const deps: ActivateDeps = {
    connectors,
    definitions: async () => published(),
    secrets: async () => ({ api_key: mailchimp.apiKey, webhook_secret: 'a secret that no push needs' }),
    secretName: (name) => name,
    state,
    archive,
    memberships,
    profiles: openProfileStore(dynamo, { profiles: names.profiles, identifiers: names.identifiers }),
    identities: openIdentityIndex(dynamo, names.identifiers),
    key: async () => identityKey,
    ledger: openWriteLedger(dynamo, names.ledger),
    push: queue,
    clock,
    log: () => {},
    notify: async ({ text }) => {
      told.push(text);
    },
  };
  let version = 0;
  const work = (command: PushCommand, how: ActivateDeps = deps) =>
    activateAudience(how)(command, new AbortController().signal);
  return {
    clock,
    deps,
    dynamo,
    tables: names,
    state,
    memberships,
    mailchimp,
    told,
    work,
    idOf: (n: number) => `p_${String(n).padStart(6, '0')}`,
    addressOf: (n: number) => `person${n}@example.com`,
    list: () => mailchimp.tagged(LIST, TAG, { anyStatus: true }),
    statuses: () => mailchimp.members(LIST).map(({ status }) => status),
    join: (address: string) => mailchimp.putMember(LIST, { email: address, status: 'subscribed' }),
    unsubscribe: (address: string) => mailchimp.setStatus(LIST, address, 'unsubscribed'),
    bindTo(tag: string): void {
      audience = { ...audience, target: { tag } };
    },
    async want(people: readonly { readonly profile: string; readonly wanted: Wanted }[]): Promise<void> {
      version += 1;
      await memberships.writeRows(people.map((one) => ({ row: 'audience', audience: AUDIENCE, version, ...one })));
    },
    run: () => latestPush(state, AUDIENCE),
    push: (): Promise<void> => work({ audience: AUDIENCE, scheduledAt: clock.now().toISOString() }),
    async drain(): Promise<void> {
      for (let round = 0; round < 500; round += 1) {
        const messages = queue.take();
        if (messages.length === 0) return;
        for (const { body, delaySeconds = 0 } of messages) {
          clock.pass(delaySeconds * 1_000);
          await work(body as unknown as PushCommand);
        }
      }
      throw new Error('the queue never became empty');
    },
    async close(): Promise<void> {
      await mailchimp.close();
      s3.destroy();
      dynamo.client.destroy();
    },
  };
}
