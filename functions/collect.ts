import { randomUUID } from 'node:crypto';
import { machineClock as clock } from '../lib/adapters/clock.ts';
import { openDirectRequests } from '../lib/adapters/direct/request.ts';
import { openDirectArchive, openDirectQueue } from '../lib/adapters/direct/services.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { type HttpEvent, readRequest, replyHttp } from '../lib/adapters/http.ts';
import { openLog } from '../lib/adapters/log.ts';
import { openTraceId } from '../lib/adapters/trace.ts';
import { collect } from '../lib/pipeline/collect/collect.ts';
import { openCollection } from '../lib/pipeline/collect/collection.ts';

const env = readEnv(process.env, 'ARCHIVE_BUCKET', 'CHANGES_QUEUE_URL');
const send = openDirectRequests(process.env, clock);
const answer = collect({
  collection: openCollection({ archive: openDirectArchive(send, env.ARCHIVE_BUCKET, process.env), clock }),
  changes: openDirectQueue(send, env.CHANGES_QUEUE_URL, process.env),
  newId: randomUUID,
  clock,
  log: openLog(),
  traceId: openTraceId(process.env),
});

export async function handler(event: HttpEvent) {
  return replyHttp(await answer(readRequest(event)));
}
