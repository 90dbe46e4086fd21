import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPersons, openQueuesNamed, openRedriven, openSearched } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openPublished } from '../lib/pipeline/define/definitions.ts';
import { workJobs } from '../lib/pipeline/jobs/work-jobs.ts';
import { redrivenQueues } from '../lib/pipeline/redrive/redrive-queue.ts';

const { IDENTITY_KEY_SECRET, LEDGER_TABLE } = readEnv(process.env, 'IDENTITY_KEY_SECRET', 'LEDGER_TABLE');
const basics = openBasics(process.env);
const published = openPublished(basics);
const work = workJobs({
  ...basics,
  ...openPersons(process.env, basics.dynamo, published.keptMs),
  ...openQueuesNamed(process.env, 'changes', 'jobs', 'push', 'recompute'),
  connectors,
  ...published,
  notify: openNotify(process.env),
  key: openIdentityKey(basics.secrets, IDENTITY_KEY_SECRET),
  ledger: openWriteLedger(basics.dynamo, LEDGER_TABLE),
  deadLetters: openSearched(process.env, 'changes', 'sync'),
  redriven: openRedriven(process.env, ...redrivenQueues),
});

export const handler = sqsHandler(work, basics.log);
