import { readEnv } from '../lib/adapters/env.ts';
import { openBasics, openQueuesNamed } from '../lib/adapters/open.ts';
import { openPlainObjects } from '../lib/adapters/s3/plain-objects.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { openFile } from '../lib/connectors/files/open-file.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { takeDropped } from '../lib/pipeline/imports/take-dropped.ts';

const { ARCHIVE_BUCKET } = readEnv(process.env, 'ARCHIVE_BUCKET');
const basics = openBasics(process.env);
const take = takeDropped({
  ...basics,
  ...openQueuesNamed(process.env, 'changes', 'imports'),
  connectors,
  definitions: openDefinitions(basics),
  files: openPlainObjects(ARCHIVE_BUCKET),
  openFile,
  notify: openNotify(process.env),
  bucket: ARCHIVE_BUCKET,
});

export const handler = sqsHandler(take, basics.log);
