import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Collection } from '../lib/domain/collection.ts';
import type { JsonObject } from '../lib/domain/json.ts';
import { bundleFunctions } from '../lib/infra/bundle.ts';
import { openCollectingStage, writeKeys } from '../test/e2e/collecting-stage.ts';
import { type BenchOptions, type Measurement, median, rounded } from './measurement.ts';

/** What a fresh process of the function tells: when it had answered first, and what many further answers took. */
interface Answered {
  readonly firstMs: number;
  readonly seconds: number;
  readonly cpuMicroseconds: number;
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
const collection: Collection = { version: 'bench', sources: { [writeKeys.site]: 'site' }, strict: false, blocked: [] };

/** Requests as clients send them: one message of a browser, a batch of a server, a large one compressed. */
const requests = [
  { name: 'a page view of a browser', messages: 1, gzip: false, loops: 4_000 },
  { name: 'a batch of a server', messages: 20, gzip: false, loops: 800 },
  { name: 'a compressed batch', messages: 200, gzip: true, loops: 100 },
] as const;

/**
 * The bundled `collect` function in a process of its own, one request at a time as Lambda does, with SQS and S3 as a
 * server that answers at once: what one process takes a second, and how soon a cold one answers. Then a visitor on the
 * stage: how long after `identify` the API shows one person with the anonymous history.
 */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const outdir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const services = await openServices();
  try {
    const { collect } = await bundleFunctions({ outdir });
    for (const { name, messages, gzip, loops } of requests) {
      note(`collect: ${name}`);
      const event = eventOf(messages, gzip);
      const rounds: Answered[] = [];
      for (let round = 0; round < (quick ? 1 : 7); round += 1) {
        rounds.push(await answerIn(join(collect.dir, 'index.mjs'), services, event, quick ? 20 : loops));
      }
      const count = quick ? 20 : loops;
      const of = { request: name, messages, bytes: String(event.body).length };
      const line = (metric: string, value: number, unit: string): Measurement => ({
        job: 'collect',
        metric,
        value: rounded(value),
        unit,
        of,
      });
      const middle = (value: (answered: Answered) => number): number => median(rounds.map(value));
      yield line('requests a second, one process', count / middle(({ seconds }) => seconds), 'requests/s');
      yield line('messages a second, one process', (count * messages) / middle(({ seconds }) => seconds), 'messages/s');
      yield line('CPU of a message', middle(({ cpuMicroseconds }) => cpuMicroseconds) / count / messages, 'µs');
      yield line(
        'from the start of the process to the first answer',
        middle(({ firstMs }) => firstMs),
        'ms',
      );
    }
    note('collect: a visitor on the stage');
    yield { ...(await untilVisible(quick ? 1 : 15)), target: { most: 2_000 } };
  } finally {
    services.close();
    await rm(outdir, { recursive: true, force: true });
  }
}

/** SQS that takes everything and S3 that holds the write keys. */
async function openServices(): Promise<Server> {
  const keys = gzipSync(JSON.stringify(collection));
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.method === 'GET' ? keys : '{"Successful":[]}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function answerIn(bundle: string, services: Server, event: JsonObject, loops: number): Promise<Answered> {
  const endpoint = `http://127.0.0.1:${(services.address() as AddressInfo).port}`;
  const code = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    const event = ${JSON.stringify(event)};
    const first = await handler(event);
    if (first.statusCode !== 200) throw new Error(first.body);
    const firstMs = performance.now();
    for (let n = 0; n < ${Math.ceil(loops / 4)}; n += 1) await handler(event);
    const [from, before] = [performance.now(), process.cpuUsage()];
    for (let n = 0; n < ${loops}; n += 1) await handler(event);
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ firstMs, seconds: (performance.now() - from) / 1000, cpuMicroseconds: user + system }));
    process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: {
      ARCHIVE_BUCKET: 'archive',
      CHANGES_QUEUE_URL: `${endpoint}/000000000000/changes`,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      POWERTOOLS_SERVICE_NAME: 'collect',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out = (out + chunk.toString()).slice(-10_000);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`the function did not answer: ${problem.slice(0, 400)}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Answered;
}

function eventOf(messages: number, gzip: boolean): JsonObject {
  const message = (n: number) => ({
    type: 'page',
    anonymousId: `visitor-${n}`,
    userId: null,
    messageId: `ajs-next-1795287865351-${n}`,
    timestamp: '2026-11-21T12:00:00.000Z',
    properties: { title: 'Prices', path: '/prices', url: 'https://shop.example.com/prices', referrer: '', search: '' },
    context: {
      page: { title: 'Prices', path: '/prices', url: 'https://shop.example.com/prices', referrer: '', search: '' },
      userAgent: FIREFOX,
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
      library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
    },
  });
  const sentAt = '2026-11-21T12:00:00.100Z';
  const batch = { batch: Array.from({ length: messages }, (_, n) => message(n)), sentAt };
  const body = JSON.stringify(messages === 1 ? { ...message(0), sentAt } : batch);
  const authorization = `Basic ${Buffer.from(`${writeKeys.site}:`).toString('base64')}`;
  return {
    rawPath: messages === 1 ? '/v1/p' : '/v1/batch',
    rawQueryString: '',
    headers: { authorization, 'content-type': 'text/plain', ...(gzip ? { 'content-encoding': 'gzip' } : {}) },
    body: gzip ? gzipSync(body).toString('base64') : body,
    isBase64Encoded: gzip,
    requestContext: { http: { method: 'POST' } },
  };
}

/** From the answer to `identify` to a person with the whole anonymous history in the API, asked every 20 ms. */
async function untilVisible(rounds: number): Promise<Measurement> {
  const site = await openCollectingStage();
  const waited: number[] = [];
  const post = async (path: string, message: JsonObject): Promise<void> => {
    const answer = await fetch(`${site.url}/v1/${path}`, {
      method: 'POST',
      body: JSON.stringify({ ...message, writeKey: writeKeys.site }),
    });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const anonymousId = `visitor-${round}`;
      for (let n = 0; n < 5; n += 1) await post('page', { anonymousId, name: `page ${n}` });
      await post('identify', { anonymousId, userId: `user-${round}`, traits: { email: `user-${round}@example.com` } });
      const from = performance.now();
      while ((await site.person(`user-${round}@example.com`))?.activities.total !== 5) {
        if (performance.now() - from > 60_000) throw new Error(`round ${round} was not visible after a minute`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      waited.push(performance.now() - from);
    }
  } finally {
    await site.close();
  }
  const metric = 'from identify to one person with all pages in the API, on the stage';
  return { job: 'collect', metric, value: rounded(median(waited)), unit: 'ms', of: { pages: 5 } };
}
