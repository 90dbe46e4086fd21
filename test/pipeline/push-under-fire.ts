import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openIdentityIndex } from '../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openStateStore } from '../../lib/adapters/dynamodb/state-store.ts';
import { openWriteLedger } from '../../lib/adapters/dynamodb/write-ledger.ts';
import { openArchive } from '../../lib/adapters/s3/archive.ts';
import { connectors } from '../../lib/connectors/registry.ts';
import type { AudienceDefinition, Definitions, Guardrails } from '../../lib/domain/definitions.ts';
import type { Wanted } from '../../lib/domain/profile.ts';
import { activateAudience } from '../../lib/pipeline/activate-audience.ts';
import { type OutcomeLine, readOutcomes } from '../../lib/pipeline/outcomes.ts';
import { latestPush } from '../../lib/pipeline/push-run.ts';
import type { ActivateDeps, PushCommand } from '../../lib/pipeline/push-work.ts';
import { createTables, engineLogin, type TestEngines } from '../engines.ts';
import { startMailchimp } from '../vendors/mailchimp/simulator.ts';
import { identityKey } from './delivering.ts';
import { openHandClock, openMemoryQueue } from './memory-state.ts';
import { definitions, NOW } from './world.ts';

const LIST = 'a1b2c3';
const TAG = 'Offers';
const AUDIENCE = 'offers';
/** After a death a message comes again: its visibility timeout is six times the function's. */
const VISIBILITY_MS = 12 * 60_000;

/** A push on real tables and objects into a simulated Mailchimp over HTTP, whose workers can be made to die. */
export async function openFire(engines: TestEngines, prefix: string, guardrails: Partial<Guardrails>) {
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
    /** Works on a command with a worker that dies at the n-th thing it does to the world; true when it came to that. */
    async workUntilDeath(command: PushCommand, nth: number): Promise<boolean> {
      let done = 0;
      let die = (_dead: boolean) => {};
      const death = new Promise<boolean>((resolve) => {
        die = resolve;
      });
      const mortal = <Given extends unknown[], Result>(does: (...given: Given) => Promise<Result>) => {
        return async (...given: Given): Promise<Result> => {
          const result = await does(...given);
          done += 1;
          if (done < nth) return result;
          die(true);
          return new Promise<Result>(() => {});
        };
      };
      const dying: ActivateDeps = {
        ...deps,
        state: { ...state, put: mortal(state.put) },
        memberships: { ...memberships, settle: mortal(memberships.settle) },
        archive: { ...archive, put: mortal(archive.put) },
      };
      // A failure that may pass leaves the message in the queue too: it comes again like that of a worker that died.
      const worked = work(command, dying).then(
        () => false,
        () => true,
      );
      const died = await Promise.race([worked, death]);
      if (died) clock.pass(VISIBILITY_MS);
      return died;
    },
    async outcomes(): Promise<OutcomeLine[]> {
      const run = await latestPush(state, AUDIENCE);
      const lines: OutcomeLine[] = [];
      for (let part = 0; part < (run?.outcomeParts ?? 0); part += 1) {
        if (run !== undefined) lines.push(...((await readOutcomes(archive, run, part)) ?? []));
      }
      return lines;
    },
    async close(): Promise<void> {
      await mailchimp.close();
      s3.destroy();
      dynamo.client.destroy();
    },
  };
}

export type Fire = Awaited<ReturnType<typeof openFire>>;

/**
 * Pushes `members` people with twenty deaths at random instants, deliveries that come twice, and a tool that answers 500
 * after it took a batch. Returns what became of it.
 */
export async function pushUnderFire(fire: Fire, members: number, seed: number) {
  const { idOf, addressOf } = fire;
  const everybody = Array.from({ length: members }, (_, n) => n);
  for (const n of everybody) fire.join(addressOf(n));
  await fire.want(
    everybody.map((n) => ({
      profile: idOf(n),
      wanted: { in: true, keys: [{ type: 'email', value: addressOf(n) }] },
    })),
  );
  const command = { audience: AUDIENCE, scheduledAt: fire.clock.now().toISOString() };
  let random = seed;
  const dice = (most: number): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (random % most);
  };
  const heard = () =>
    fire.mailchimp.calls.filter(({ method, path }) => method === 'POST' && /\/segments\/\d+$/.test(path));
  let deaths = 0;
  let failures = 0;
  while (deaths < 20) {
    // One at a time: three in a row for one batch would rightly end as `retry`.
    if (dice(2) === 1 && failures < 6 && fire.mailchimp.faults.length === 0) {
      failures += 1;
      fire.mailchimp.faults.push({ kind: 'error', status: 500, carriedOut: 1, on: 'write' });
    }
    // Three things to each batch: announcement, answers, outcomes; then the state.
    if (!(await fire.workUntilDeath(command, dice(Math.max(4, Math.ceil((members / 500) * 4) / 10))))) break;
    deaths += 1;
  }
  // The same message, delivered twice at once.
  const twice = await Promise.allSettled([fire.work(command), fire.work(command)]);
  if (twice.some(({ status }) => status === 'rejected')) fire.clock.pass(VISIBILITY_MS);
  await fire.work(command);
  await fire.drain();
  return { deaths, failures, calls: heard().length, least: Math.ceil(members / 500) };
}
