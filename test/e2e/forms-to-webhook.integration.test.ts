import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';
import { answer, FORM } from '../vendors/forms/scenario.ts';
import { type FormTool, startFormTool } from '../vendors/forms/server.ts';
import { typeformRequest } from '../vendors/forms/signing.ts';
import { type Receiver, startReceiver } from '../vendors/webhook/server.ts';

const START = Date.parse('2026-11-20T04:00:00.000Z');
const MINUTE = 60_000;

const files = {
  'tributary.yaml': `
workspace: voices
timezone: Europe/Berlin
connections:
  nps:
    connector: forms
    preset: typeform
    form: ${FORM}
    webhook: true
    streams: { responses: nightly at 01:00 }
    mapping:
      identifiers: { email: answers.email }
      traits: { nps: { from: answers.nps, as: number }, first_name: answers.name }
      consent: [{ topic: email, from: answers.contact_me, address: answers.email, granted: [true], denied: [false] }]
      activity: { name: NPS Answered, properties: { score: answers.nps } }
  channel: { connector: webhook, url: "https://channel.example.com/members" }
guardrails: { max_add: 100%, max_remove: 100%, min_source: 0%, first_run: allow, empty_segment: allow }
`,
  'segments/critics.yaml': `
segment: critics
title: Said that they would not recommend us
when: { all: [{ trait: nps, lte: 6 }, { did: NPS Answered, within: 30 days }] }
`,
  'audiences/critics-to-channel.yaml': `
audience: critics-to-channel
segment: critics
to: { connection: channel, list: Critics }
match: [email]
fields: { name: { trait: first_name }, origin: { value: nps } }
needs: { subscribed: email }
`,
};

let folder: string;
let form: FormTool;
let channel: Receiver;
let stage: Stage;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-forms-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { definitions, problems } = await loadWorkspace(folder);
  if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
  const now = () => new Date(stage?.now() ?? START);
  form = await startFormTool({ now, form: FORM });
  channel = await startReceiver({ now });
  channel.lists.know('ann@example.com', 'ben@example.com');
  const { nps, channel: sms } = definitions.connections;
  if (nps === undefined || sms === undefined) throw new Error('the workspace lacks a connection');
  const workspace: Definitions = {
    ...definitions,
    connections: { nps: { ...nps, endpoint: form.url }, channel: { ...sms, endpoint: channel.url } },
  };
  // Somebody answered before we were there.
  await form.submit(voice('ben@example.com', 2));
  stage = await openStage({
    from: { workspace, bundle: bundledOnce },
    start: START + MINUTE,
    port: 0,
    secrets: { nps: JSON.stringify(form.secret), channel: JSON.stringify(channel.secret) },
    stageFileIn: folder,
  });
  await call('POST', '/api/definitions', versioned(workspace));
  form.sender.subscribe(`${stage.url}/webhooks/nps`);
});

afterAll(async () => {
  await stage?.close();
  await Promise.all([form?.close(), channel?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a form on the stage', () => {
  it('fills a list behind an endpoint with those who said so, and takes off who says otherwise', async () => {
    await call('POST', '/api/pull', { connection: 'nps', stream: 'responses' });
    await stage.idle();
    await form.submit(voice('ann@example.com', 3));
    await stage.idle();
    await push();

    expect(form.sender.sent.map(({ status }) => status)).toEqual([200]);
    expect(channel.lists.on('Critics')).toEqual(['ann@example.com', 'ben@example.com']);
    expect(channel.lists.fieldsOf('Critics', 'ann@example.com')).toEqual({ name: 'Ann', origin: 'nps' });

    await stage.runUntil(Date.parse(stage.now()) + MINUTE);
    await form.submit(voice('ann@example.com', 10));
    await stage.idle();
    await push();

    expect(channel.lists.on('Critics')).toEqual(['ben@example.com']);
    expect(channel.refused).toEqual([]);
  });

  it('shows an answer as the person’s own word, and counts one that comes twice once', async () => {
    const body = form.sender.sent[0]?.body ?? '';

    await deliver(body);
    await deliver(body);
    await stage.idle();

    const person = (await call('GET', '/api/people/ann%40example.com')) as {
      readonly facets: { readonly explicit: readonly { readonly name: string; readonly value: unknown }[] };
      readonly activities: { readonly total: number };
    };
    expect(person.facets.explicit).toMatchObject([{ name: 'nps', value: 10 }]);
    expect(person.activities.total).toBe(2);
  });

  it('quarantines what it cannot use, and takes nothing that nobody signed', async () => {
    const strange = {
      event_type: 'form_response',
      form_response: { form_id: 'another', token: 't', submitted_at: null },
    };
    const forged = typeformRequest('not-the-secret', form.sender.sent[0]?.body ?? '');

    const unusable = await deliver(JSON.stringify(strange));
    const refused = await fetch(`${stage.url}/webhooks/nps`, { method: 'POST', ...forged });
    await stage.idle();

    expect([unusable.status, refused.status]).toEqual([200, 401]);
    expect(await call('GET', '/api/quarantine/nps')).toMatchObject([
      { stream: 'deliveries', code: 'forms/other-form', record: strange },
    ]);
  });
});

function voice(email: string, nps: number) {
  const name = email.startsWith('ann') ? 'Ann' : 'Ben';
  return {
    answers: [
      answer('email', 'email', email),
      answer('name', 'text', name),
      answer('nps', 'number', nps),
      answer('contact_me', 'boolean', true),
    ],
  };
}

function deliver(body: string): Promise<Response> {
  return fetch(`${stage.url}/webhooks/nps`, { method: 'POST', ...typeformRequest(form.secret.signing_secret, body) });
}

async function push(): Promise<void> {
  await call('POST', '/api/push', { audience: 'critics-to-channel' });
  await stage.idle();
}

async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answered = await fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answered.ok) throw new Error(`${path} answered ${answered.status} ${await answered.text()}`);
  return answered.json();
}
