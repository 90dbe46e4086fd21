import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPersons, openQueuesNamed, openSearched } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openCompiled, openDefinitions, openVersions } from '../lib/pipeline/define/definitions.ts';
import { workJobs } from '../lib/pipeline/jobs/work-jobs.ts';

const { IDENTITY_KEY_SECRET, LEDGER_TABLE } = readEnv(process.env, 'IDENTITY_KEY_SECRET', 'LEDGER_TABLE');
const basics = openBasics(process.env);
const definitions = openDefinitions(basics);
const work = workJobs({
  ...basics,
  ...openQueuesNamed(process.env, 'changes', 'jobs', 'push'),
  ...openPersons(process.env, basics.dynamo, async () => (await definitions()).privacy.activitiesKeptMs),
  connectors,
  definitions,
  compiled: openCompiled(definitions),
  versions: openVersions(basics.archive),
  notify: openNotify(process.env),
  key: openIdentityKey(basics.secrets, IDENTITY_KEY_SECRET),
  ledger: openWriteLedger(basics.dynamo, LEDGER_TABLE),
  deadLetters: openSearched(process.env, 'changes', 'sync'),
});

export const handler = sqsHandler(work, basics.log);
