import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetters, Queue } from '../pipeline/ports.ts';
import type { Redriven } from '../pipeline/redrive/redrive-queue.ts';
import { clientConfig } from './client-config.ts';
import { machineClock } from './clock.ts';
import { openAccountStore } from './dynamodb/account-store.ts';
import { openActivityStore } from './dynamodb/activity-store.ts';
import { openBlockStore } from './dynamodb/block-store.ts';
import { openDynamo } from './dynamodb/client.ts';
import { openHistoryStore } from './dynamodb/history-store.ts';
import { openIdentityIndex } from './dynamodb/identity-index.ts';
import { openMembershipStore } from './dynamodb/membership-store.ts';
import { openProfileStore } from './dynamodb/profile-store.ts';
import { openStateStore } from './dynamodb/state-store.ts';
import { readEnv } from './env.ts';
import { openLog } from './log.ts';
import { tellPassingFailures } from './passing-failures.ts';
import { openArchive } from './s3/archive.ts';
import { openSecrets } from './secrets.ts';
import { openDeadLetters } from './sqs/dead-letters.ts';
import { openQueue } from './sqs/queue.ts';
import { openTraceId } from './trace.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The adapters that nearly every function uses: state, archive, log, clock, secrets. */
export function openBasics(env: Env) {
  const { STATE_TABLE, ARCHIVE_BUCKET } = readEnv(env, 'STATE_TABLE', 'ARCHIVE_BUCKET');
  const dynamo = openDynamo(machineClock.wait, machineClock.random);
  return {
    dynamo,
    state: openStateStore(dynamo, STATE_TABLE),
    archive: openArchive(tellPassingFailures(new S3Client(clientConfig)), ARCHIVE_BUCKET),
    clock: machineClock,
    workspace: env.WORKSPACE ?? '',
    ...(env.DOCS_URL === undefined ? {} : { docsUrl: env.DOCS_URL }),
    log: openLog(),
    traceId: openTraceId(env),
    secrets: openSecrets(env),
    secretName: (connection: string) => `${env.CONNECTION_SECRET_PREFIX ?? ''}${connection}`,
  };
}

/** Queues by the names of their URL variables. */
export function openQueues<Name extends string>(env: Env, ...names: readonly Name[]) {
  const client = tellPassingFailures(new SQSClient(clientConfig));
  const urls = readEnv(env, ...names);
  return Object.fromEntries(names.map((name) => [name, openQueue(client, urls[name], env)])) as Record<
    Name,
    ReturnType<typeof openQueue>
  >;
}

/** Queues by their own names, as a function uses many of them. */
export function openQueuesNamed<Name extends string>(env: Env, ...names: readonly Name[]) {
  const urls = names.map((name) => `${name.toUpperCase()}_QUEUE_URL`);
  const opened = openQueues(env, ...urls);
  return Object.fromEntries(names.map((name, at) => [name, opened[urls[at] ?? '']])) as Record<Name, Queue>;
}

/** The dead letters of queues, by the names of the queues. */
export function openSearched<Name extends string>(env: Env, ...names: readonly Name[]) {
  const client = tellPassingFailures(new SQSClient(clientConfig));
  const variables = names.map((name) => `${name.toUpperCase()}_DEAD_LETTERS_URL`);
  const urls = readEnv(env, ...variables);
  const opened = names.map((name, at) => [name, openDeadLetters(client, urls[variables[at] ?? ''] ?? '')]);
  return Object.fromEntries(opened) as Record<Name, DeadLetters>;
}

/** Queues with their dead letters, by their names: for whoever moves these back. */
export function openRedriven<Name extends string>(env: Env, ...names: readonly Name[]) {
  const queues = openQueuesNamed(env, ...names);
  const letters = openSearched(env, ...names);
  const opened = names.map((name) => [name, { queue: queues[name], letters: letters[name] }]);
  return Object.fromEntries(opened) as Record<Name, Redriven>;
}

/** Every table of the profile side. `keptMs` tells how long activities are kept. */
export function openPeople(env: Env, dynamo: ReturnType<typeof openDynamo>, keptMs: () => Promise<number>) {
  const { ACCOUNTS_TABLE } = readEnv(env, 'ACCOUNTS_TABLE');
  return { ...openPersons(env, dynamo, keptMs), accounts: openAccountStore(dynamo, ACCOUNTS_TABLE) };
}

/** The tables that hold people, without that of companies. */
export function openPersons(env: Env, dynamo: ReturnType<typeof openDynamo>, keptMs: () => Promise<number>) {
  const tables = readEnv(env, 'ACTIVITIES_TABLE', 'MEMBERSHIPS_TABLE', 'HISTORY_TABLE');
  return {
    ...openMembers(env, dynamo),
    activities: openActivityStore(dynamo, tables.ACTIVITIES_TABLE, keptMs),
    blocks: openBlockStore(dynamo, tables.MEMBERSHIPS_TABLE),
    history: openHistoryStore(dynamo, tables.HISTORY_TABLE),
  };
}

/** The tables that tell who is in what, and who that is. */
export function openMembers(env: Env, dynamo: ReturnType<typeof openDynamo>) {
  const tables = readEnv(env, 'PROFILES_TABLE', 'IDENTIFIERS_TABLE', 'MEMBERSHIPS_TABLE');
  return {
    identities: openIdentityIndex(dynamo, tables.IDENTIFIERS_TABLE),
    profiles: openProfileStore(dynamo, { profiles: tables.PROFILES_TABLE, identifiers: tables.IDENTIFIERS_TABLE }),
    memberships: openMembershipStore(dynamo, tables.MEMBERSHIPS_TABLE, machineClock.now),
  };
}
