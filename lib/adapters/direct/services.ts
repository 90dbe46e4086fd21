import { gunzipSync } from 'node:zlib';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Archive, Queue } from '../../pipeline/ports.ts';
import { queueInBatches } from '../sqs/batches.ts';
import type { DirectAnswer, SendDirect } from './request.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A queue by plain requests (Amazon SQS API reference, SendMessageBatch over the JSON protocol). */
export function openDirectQueue(send: SendDirect, queueUrl: string, env: Env): Queue {
  const endpoint = env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL ?? new URL(queueUrl).origin;
  return queueInBatches(async (entries) => {
    const answer = await send({
      service: 'sqs',
      method: 'POST',
      url: `${endpoint.replace(/\/$/, '')}/`,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessageBatch' },
      body: JSON.stringify({ QueueUrl: queueUrl, Entries: entries }),
    });
    if (answer.status !== 200) throw refused('sqs', answer);
    const { Failed = [] } = JSON.parse(answer.body.toString('utf8')) as { Failed?: readonly { Id: string }[] };
    return Failed.map(({ Id }) => Id);
  }, env);
}

/** Objects of the archive bucket by plain requests: reading only. */
export function openDirectArchive(send: SendDirect, bucket: string, env: Env): Pick<Archive, 'getJson'> {
  return {
    async getJson(key) {
      const answer = await send({ service: 's3', method: 'GET', url: `${bucketUrl(bucket, env)}/${key}`, headers: {} });
      // Who may not list the bucket is told 403 of an object that is not there (S3 API reference, GetObject).
      if (answer.status === 404 || (answer.status === 403 && !isSignatureProblem(answer))) return undefined;
      if (answer.status !== 200) throw refused('s3', answer);
      return JSON.parse(gunzipSync(answer.body).toString('utf8')) as Json;
    },
  };
}

/** The SDK's own variables name another endpoint, which then has the bucket in its path. */
function bucketUrl(bucket: string, env: Env): string {
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  if (endpoint !== undefined) return `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const region = env.AWS_REGION ?? '';
  return `https://${bucket}.s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function isSignatureProblem({ body }: DirectAnswer): boolean {
  return /SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken|RequestTimeTooSkewed/.test(body.toString('utf8'));
}

function refused(service: string, { status }: DirectAnswer): TributaryError {
  return new TributaryError('defect', 'aws/refused', `${service} refused a request with status ${status}`);
}
