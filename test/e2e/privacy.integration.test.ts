import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesise } from '../../lib/infra/synthesise.ts';
import { type SimulatedTools, startSimulators } from '../../lib/local/simulators.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import type { ErasureReceipt } from '../../lib/pipeline/erase/erasure-receipt.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { engineLogin } from '../engines.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';
import { makeWorld } from '../vendors/world.ts';

/** An evening in Berlin: the daily round over the archive, at 03:30 there, is near. */
const START = Date.parse('2026-11-20T21:00:00.000Z');
const AFTER_THE_ROUND = Date.parse('2026-11-21T04:00:00.000Z');
const DAY = 24 * 3_600_000;
/** A segment that everybody is in who has an address, and an audience that nobody pushes. */
const EVERYBODY = 'everybody';
const tiny = { accounts: 2, contacts: 10, leads: 2, members: 10, overlap: 5 };

let folder: string;
let stage: Stage;
let tools: SimulatedTools;
/** Somebody whom both tools know, and somebody else. */
let ann: string;
let bob: string;

beforeAll(async () => {
  const { definitions } = await loadWorkspace('examples/acme');
  if (definitions === undefined) throw new Error('examples/acme does not load');
  folder = await mkdtemp(join(tmpdir(), 'tributary-privacy-'));
  const { template, codeDirs } = await synthesise({ workspace: definitions, outdir: folder, bundle: bundledOnce });
  tools = await startSimulators(definitions, new Date(START), () => new Date(stage?.now() ?? START), tiny);
  stage = await openStage({
    from: { assembly: { template, codeDirs } },
    start: START,
    secrets: tools.secrets,
    stageFileIn: folder,
  });
  const connections = Object.fromEntries(
    Object.entries(definitions.connections).map(([name, one]) => [
      name,
      { ...one, endpoint: tools.endpoints[name] ?? '' },
    ]),
  );
  const everybody = { segment: EVERYBODY, when: { trait: 'email', exists: true } };
  const [pushed] = definitions.audiences.filter(({ connection }) => connection === 'newsletter');
  if (pushed === undefined) throw new Error('the example pushes to the newsletter');
  const { when: _when, verify: _verify, ...byHand } = pushed;
  const audience = { ...byHand, audience: EVERYBODY, segment: EVERYBODY, holdout: 0 };
  const segments = [...definitions.segments, everybody];
  const audiences = [...definitions.audiences, audience as typeof pushed];
  await post('/api/definitions', versioned({ ...definitions, connections, segments, audiences }));
  const world = makeWorld(7, new Date(START), tiny);
  const members = new Set(world.members.filter(({ status }) => status === 'subscribed').map(({ email }) => email));
  const both = world.people.filter(({ email, deletedAt }) => deletedAt === undefined && members.has(email));
  [ann = '', bob = ''] = both.map(({ email }) => email.trim().toLowerCase());
}, 240_000);

afterAll(async () => {
  await stage?.close();
  await tools?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' };
  const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(`${stage.url}${path}`, request);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
const get = <Answer>(path: string) => ask<Answer>('GET', path);
const post = <Answer>(path: string, body: object) => ask<Answer>('POST', path, body);
const person = (who: string) => `/api/people/${encodeURIComponent(who)}`;

/** Asks for a job and lets the stage work until it has ended. */
async function doJob(path: string, body: object): Promise<Job> {
  let job = await post<Job>(path, body);
  for (let rounds = 0; job.state === 'running' && rounds < 60; rounds += 1) {
    await stage.idle();
    await stage.runUntil(Date.parse(stage.now()) + 10_000);
    job = await get<Job>(`/api/jobs/${encodeURIComponent(job.id)}`);
  }
  return job;
}

/** Everything in the archive, as text. */
async function archived(): Promise<string> {
  const s3 = new S3Client({ endpoint: stage.engines.queues, forcePathStyle: true, ...engineLogin });
  const Bucket = String(stage.resolve('ARCHIVE_BUCKET'));
  try {
    const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
    const keys = (listed.Contents ?? []).flatMap(({ Key }) => (Key?.startsWith('definitions/') ? [] : (Key ?? [])));
    const texts = keys.map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString('utf8');
    });
    return (await Promise.all(texts)).join('\n').toLowerCase();
  } finally {
    s3.destroy();
  }
}

/** Puts a message into the dead letters of the queue `changes`, or reads what lies there. */
async function deadLetters(put?: object): Promise<string> {
  const sqs = new SQSClient({ endpoint: stage.engines.queues, ...engineLogin });
  const QueueName = String(stage.resolve('CHANGES_DEAD_LETTERS_URL')).split('/').at(-1);
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    if (put !== undefined) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(put) }));
    const { Messages = [] } = put === undefined ? await sqs.send(new ReceiveMessageCommand({ QueueUrl })) : {};
    return Messages.map(({ Body }) => Body).join('\n');
  } finally {
    sqs.destroy();
  }
}

/** Whether the newsletter tool has somebody, asked as its own users would. */
async function isMember(email: string): Promise<boolean> {
  const { api_key: key } = JSON.parse(tools.secrets.newsletter ?? '{}') as { api_key: string };
  const answer = await fetch(`${tools.endpoints.newsletter}/3.0/lists/a1b2c3/members/${encodeURIComponent(email)}`, {
    headers: { authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}` },
  });
  return answer.status === 200;
}

/** What a stream said of somebody that never became part of them. */
function saying(email: string) {
  const at = new Date(START - DAY).toISOString();
  const identifiers = [{ type: 'email', value: email }];
  return { kind: 'profile', fragment: `newsletter:member:${email}`, at, identifiers };
}

describe('on the stage, by the roles of the template', () => {
  it('exports one person, replays a day, forgets one for good, and keeps the others', async () => {
    for (const connection of ['salesforce', 'newsletter']) {
      expect((await doJob('/api/pull', { connection })).state).toBe('finished');
    }
    const before = await get<{ fragments: string[] }>(person(bob));
    expect(before.fragments.length).toBeGreaterThan(1);

    const exported = await doJob('/api/export', { person: ann });
    expect(exported).toMatchObject({ state: 'finished' });
    const path = `/api/exports/${encodeURIComponent(exported.id)}`;
    const { text } = await get<{ text: string }>(`${path}/json/0`);
    const whole = JSON.parse(text) as { person: { identifiers: object[] }; archive: object[]; fragments: object };
    expect(whole.person.identifiers).toContainEqual({ type: 'email', value: ann });
    expect(whole.archive.length).toBeGreaterThanOrEqual(Object.keys(whole.fragments).length);
    expect(text).not.toContain(bob);
    expect((await get<{ text: string }>(`${path}/html/0`)).text).toMatch(/^<!doctype html>/);

    // Whoever is on the list is blocked, though they are in the segment and would be reached.
    const wantedOf = async (who: string) =>
      (await get<{ audiences: Record<string, { in: boolean; reason?: string }> }>(person(who))).audiences[EVERYBODY];
    expect(await wantedOf(bob)).toMatchObject({ in: true });
    await post('/api/suppressions', { person: bob, by: 'ops', reason: 'asked by letter' });
    await stage.idle();
    expect(await wantedOf(bob)).toEqual({ in: false, reason: 'suppressed' });
    expect((await get<{ suppressions: object[] }>('/api/suppressions')).suppressions).toHaveLength(1);

    await deadLetters({ connection: 'newsletter', changes: [saying(ann), saying(bob)] });
    expect([await isMember(ann), await isMember(bob)]).toEqual([true, true]);

    const forgotten = await doJob('/api/forget', { person: ann });
    expect(forgotten).toMatchObject({ state: 'finished' });
    await expect(get(person(ann))).rejects.toThrow('404');
    const receiptPath = `/api/erasures/${encodeURIComponent(String(forgotten.parts[0]?.receipt))}`;
    expect(await get<ErasureReceipt>(receiptPath)).toMatchObject({ state: 'pending' });
    expect(await archived()).toContain(ann);

    const from = new Date(START - DAY).toISOString();
    const replayed = await doJob('/api/replay', { from, to: new Date(START + DAY).toISOString() });
    expect(replayed).toMatchObject({ state: 'finished' });
    expect(replayed.parts.reduce((sum, { changes }) => sum + Number(changes), 0)).toBeGreaterThan(20);
    await expect(get(person(ann))).rejects.toThrow('404');
    expect(await get(person(bob))).toMatchObject({ fragments: before.fragments });

    // The next night: pulls bring the record again, then the daily round takes it out of the archive.
    await stage.runUntil(AFTER_THE_ROUND);
    await expect(get(person(ann))).rejects.toThrow('404');
    expect(await archived()).not.toContain(ann);
    expect(await archived()).toContain(bob);
    const receipt = await get<ErasureReceipt>(receiptPath);
    const open = receipt.places.filter(({ state }) => state === 'pending').map(({ place }) => place);
    expect(open).toEqual(['checks of lists', 'plans and outcomes', 'backups']);
    const states = new Map(receipt.places.map(({ place, state }) => [place, state]));
    expect(['tool newsletter', 'tool salesforce'].map((place) => states.get(place))).toEqual([
      'confirmed',
      'impossible',
    ]);
    expect([await isMember(ann), await isMember(bob)]).toEqual([false, true]);
    const dead = await deadLetters();
    expect([dead.includes(ann), dead.includes(bob)]).toEqual([false, true]);
    expect([stage.refusals, stage.troubles]).toEqual([[], []]);
  }, 400_000);
});
