import * as http from 'node:http';
import * as https from 'node:https';
import aws4 from 'aws4';
import { TributaryError } from '../../domain/errors.ts';
import type { Clock } from '../../pipeline/ports.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A request to an AWS service, before it is signed. */
export interface DirectRequest {
  readonly service: 'sqs' | 's3';
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface DirectAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export type SendDirect = (request: DirectRequest) => Promise<DirectAnswer>;

/** A function of ten seconds asks two services after each other; both may fail to the last try within them. */
export const TRIES = 3;
export const TIMEOUT_MS = 1_500;
/** How SQS says with status 400 that it has too much to do. */
const BUSY = /Throttl|RequestLimitExceeded|TooManyRequests/;

/**
 * Signs requests with the credentials that Lambda puts into the environment, and sends them over connections that stay
 * open. Tries again what passes by itself; throws `transient` `aws/unavailable` when it does not pass. Every other
 * status is the caller's to read.
 */
export function openDirectRequests(env: Env, { wait, random }: Pick<Clock, 'wait' | 'random'>): SendDirect {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  return async function send(request) {
    let last = 'no answer';
    let cause: unknown;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (attempt > 0) await wait(random() * 50 * 2 ** attempt);
      try {
        const answer = await sendOnce(env, request, agents);
        const isBusy = answer.status === 400 && BUSY.test(answer.body.toString('utf8'));
        if (answer.status < 500 && answer.status !== 429 && !isBusy) return answer;
        last = `status ${answer.status}`;
      } catch (error) {
        // A connection that broke or never came about says nothing about the request: it is sent again.
        last = error instanceof Error && 'code' in error ? String(error.code) : 'a broken connection';
        cause = error;
      }
    }
    const message = `${request.service} could not be reached or had too much to do ${TRIES} times (${last})`;
    throw new TributaryError('transient', 'aws/unavailable', message, { cause });
  };
}

function sendOnce(
  env: Env,
  request: DirectRequest,
  agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent },
): Promise<DirectAnswer> {
  const url = new URL(request.url);
  const { headers = {} } = aws4.sign(
    {
      service: request.service,
      region: env.AWS_REGION ?? '',
      method: request.method,
      host: url.host,
      path: url.pathname,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
    },
    {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      ...(env.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: env.AWS_SESSION_TOKEN }),
    },
  );
  const isPlain = url.protocol === 'http:';
  const options = {
    method: request.method,
    headers,
    timeout: TIMEOUT_MS,
    agent: isPlain ? agents['http:'] : agents['https:'],
  };
  return new Promise((resolve, reject) => {
    const sent = (isPlain ? http : https).request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end(request.body);
  });
}
