import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openLatenessMetric } from '../lib/adapters/metrics.ts';
import { openBasics, openPeople, openQueues } from '../lib/adapters/open.ts';
import { sqsBatchHandler } from '../lib/adapters/sqs/handler.ts';
import { openCompiled, openDefinitions } from '../lib/pipeline/definitions.ts';
import { countLateFlips } from '../lib/pipeline/lateness.ts';
import { resolveProfile } from '../lib/pipeline/resolve-profile.ts';
import { suggestDuplicates } from '../lib/pipeline/suggest-duplicates.ts';
import { doWork, quarantineTooLarge } from '../lib/pipeline/work.ts';

const { IDENTITY_KEY_SECRET } = readEnv(process.env, 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const definitions = openDefinitions(basics);
const people = openPeople(process.env, basics.dynamo, async () => (await definitions()).privacy.activitiesKeptMs);
const recompute = openQueues(process.env, 'RECOMPUTE_QUEUE_URL').RECOMPUTE_QUEUE_URL;
const identityKey = openIdentityKey(basics.secrets, IDENTITY_KEY_SECRET);
const tooLarge = quarantineTooLarge(basics);
const tellLate = countLateFlips({ ...basics, metric: openLatenessMetric() });
const deps = { ...basics, ...people, recompute, tooLarge, tellLate, compiled: openCompiled(definitions) };
const compare = suggestDuplicates({ ...deps, key: identityKey });

export const handler = sqsBatchHandler(async (bodies, signal) => {
  const resolve = resolveProfile({ ...deps, key: await identityKey() });
  return doWork({ ...deps, resolve, compare })(bodies, signal);
}, basics.log);
