import { openDeployed, openIdling } from '../lib/adapters/deployed.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openExamined } from '../lib/adapters/examined.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPeople, openQueuesNamed } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { createApi } from '../lib/api/app.ts';
import { serveConsole } from '../lib/api/console.ts';
import { serveGateway } from '../lib/api/gateway.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openPublished } from '../lib/pipeline/define/definitions.ts';
import { openSegmentTexts } from '../lib/workspace/segment-texts.ts';

const env = readEnv(process.env, 'IDENTITY_KEY_SECRET', 'DEPLOYED', 'INVENTORY');
const basics = openBasics(process.env);
const published = openPublished(basics);
const api = createApi({
  ...basics,
  ...openPeople(process.env, basics.dynamo, published.keptMs),
  ...openQueuesNamed(process.env, 'changes', 'sync', 'push', 'recompute', 'jobs'),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  notify: openNotify(process.env),
  connectors,
  ...published,
  deployed: openDeployed(env.DEPLOYED),
  ...openIdling(env.INVENTORY),
  ...openExamined(process.env),
  texts: openSegmentTexts(connectors, published.regionsFor),
});
export const handler = serveGateway(serveConsole(api, process.env.CONSOLE_SIGN_IN));
