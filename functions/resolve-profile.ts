import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPeople, openQueuesNamed } from '../lib/adapters/open.ts';
import { sqsBatchHandler } from '../lib/adapters/sqs/handler.ts';
import { openPublished } from '../lib/pipeline/define/definitions.ts';
import { walkEverybody } from '../lib/pipeline/define/walk-everybody.ts';
import { pauseMembers } from '../lib/pipeline/push/pause-members.ts';
import { touchRealtime } from '../lib/pipeline/push/touch-audiences.ts';
import { countLateFlips } from '../lib/pipeline/resolve/lateness.ts';
import { resolveProfile } from '../lib/pipeline/resolve/resolve-profile.ts';
import { suggestDuplicates } from '../lib/pipeline/resolve/suggest-duplicates.ts';
import { markSuppressed } from '../lib/pipeline/resolve/suppression.ts';
import { doWork, quarantineTooLarge } from '../lib/pipeline/resolve/work.ts';

const basics = { ...openBasics(process.env), ...openQueuesNamed(process.env, 'recompute', 'push', 'jobs') };
const published = openPublished(basics);
const people = openPeople(process.env, basics.dynamo, published.keptMs);
const identityKey = openIdentityKey(basics.secrets, readEnv(process.env, 'IDENTITY_KEY_SECRET').IDENTITY_KEY_SECRET);
const tellLate = countLateFlips(basics);
const more = { tellLate, tooLarge: quarantineTooLarge(basics) };
const known = { ...basics, ...people, ...more, ...published };
const deps = { ...known, touch: touchRealtime(known) };
const compare = suggestDuplicates({ ...deps, key: identityKey });

export const handler = sqsBatchHandler(async (...batch) => {
  const keyed = { ...deps, key: await identityKey() };
  const work = { resolve: resolveProfile(keyed), compare, pause: pauseMembers(keyed), mark: markSuppressed(deps) };
  return doWork({ ...deps, ...work, ...walkEverybody({ ...deps, key: identityKey }, work.resolve) })(...batch);
}, basics.log);
