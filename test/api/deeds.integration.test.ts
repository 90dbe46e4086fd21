import { beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../lib/api/app.ts';
import type { Change } from '../../lib/domain/change.ts';
import { versionOf } from '../../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { quarantine } from '../../lib/pipeline/quarantine.ts';
import { withApi } from './asking.ts';
import { bySignature, bySignIn, type GatewayContext } from './gateway-context.ts';

const on = withApi(new Date('2026-11-21T00:00:00.000Z'));

const ARN = 'arn:aws:iam::000000000000:user/ann';
const bea = bySignIn(['approver'], { username: 'bea' });

interface Line extends JsonObject {
  readonly says: string;
}

/** The API with a log that can be read, asked by whom a test says. */
function openLogged() {
  const lines: Line[] = [];
  const keptUntil = new Map<string, number | undefined>();
  const { state } = on.api.deps;
  const put: typeof state.put = (kind, id, body, version, options) => {
    keptUntil.set(id, options?.expiresAt);
    return state.put(kind, id, body, version, options);
  };
  const log = (says: string, fields?: JsonObject) => lines.push({ says, ...fields });
  const api = createApi({ ...on.api.deps, state: { ...state, put }, log });
  const ask = async (who: GatewayContext, method: string, path: string, body?: Json) => {
    const asked = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await api.request(path, asked, { ...who });
    return { status: answer.status, body: (await answer.json()) as JsonObject };
  };
  return { lines, ask, keptUntil };
}

function member(id: string, ...emails: readonly string[]): Change {
  const identifiers = emails.map((value) => ({ type: 'email', value }));
  return { kind: 'profile', fragment: `newsletter:member:${id}`, at: `2026-02-0${id}T00:00:00Z`, identifiers };
}

/** What each deed is asked with, and who acts in person. */
const deeds: readonly (readonly [operation: string, path: string, body: Json])[] = [
  ['POST /api/pull', '/api/pull', { connection: 'newsletter' }],
  ['POST /api/push', '/api/push', {}],
  ['POST /api/verify', '/api/verify', { audience: 'quiet-readers-to-newsletter' }],
  ['POST /api/export', '/api/export', { person: 'cyd@example.com' }],
  ['POST /api/replay', '/api/replay', { from: '2026-11-20T00:00:00Z', to: '2026-11-20T02:00:00Z' }],
  ['POST /api/redrive', '/api/redrive', { queue: 'changes', dryRun: true }],
  ['POST /api/quarantine/{connection}/replay', '/api/quarantine/newsletter/replay', { code: 'mapping/no-time' }],
  ['POST /api/forget', '/api/forget', { person: 'cyd@example.com' }],
];

describe('who did it', () => {
  beforeAll(async () => {
    await on.api.fold([
      member('1', 'cyd@example.com'),
      member('2', 'dan@example.com'),
      member('3', 'dan@example.com'),
      member('4', 'eve@example.com'),
    ]);
    const rejected = { code: 'mapping/no-time', reason: 'no time', record: { id: '9' } };
    await quarantine(on.api.deps, 'newsletter', 'members', 'r1', [rejected]);
  });

  it.each(deeds)('stays with the job of %s, and in one line of the log', async (operation, path, body) => {
    for (const [who, expected] of [
      [bea, 'bea'],
      [bySignature, ARN],
    ] as const) {
      const { lines, ask } = openLogged();

      const started = await ask(who, 'POST', path, body);

      expect(started.status).toBe(202);
      expect(started.body).toMatchObject({ by: expected });
      const job = await ask(who, 'GET', `/api/jobs/${encodeURIComponent(String(started.body.id))}`);
      expect(job.body).toMatchObject({ by: expected });
      expect(on.misfits('/api/jobs/{job}', 'GET', job.body)).toEqual([]);
      expect(lines).toEqual([{ says: 'operation done', operation, role: 'approver', by: expected }]);
    }
  });

  it('stays in the receipt of an erasure; receipts from before that are read as they are', async () => {
    const { ask } = openLogged();
    const old = {
      askedAt: '2026-01-01T00:00:00.000Z',
      state: 'done',
      profiles: ['p_old'],
      audiences: [],
      keys: [],
      places: [],
    };
    await on.api.deps.state.put('erasure', 'old', old, 0);

    const { body } = await ask(bea, 'POST', '/api/forget', { person: 'eve@example.com' });

    const [{ receipt }] = body.parts as unknown as [{ receipt: string }];
    const kept = await ask(bea, 'GET', `/api/erasures/${encodeURIComponent(receipt)}`);
    expect(kept.body).toMatchObject({ by: 'bea', state: 'pending' });
    expect(on.misfits('/api/erasures/{receipt}', 'GET', kept.body)).toEqual([]);
    const before = await ask(bea, 'GET', '/api/erasures/old');
    expect(before.body).toEqual({ id: 'old', askedAt: old.askedAt, state: 'done', profiles: ['p_old'], places: [] });
    expect(on.misfits('/api/erasures', 'GET', (await ask(bea, 'GET', '/api/erasures')).body)).toEqual([]);
  });

  it('stays with an unmerge for 400 days', async () => {
    const { lines, ask, keptUntil } = openLogged();
    const { body } = await ask(bea, 'GET', '/api/people/dan%40example.com/merges');
    const [{ edge }] = body.merges as unknown as [{ edge: string }];

    const job = await ask(bea, 'POST', '/api/people/dan%40example.com/unmerge', { edge });

    expect(job.body).toMatchObject({ what: 'unmerge', by: 'bea' });
    expect(lines).toEqual([
      { says: 'operation done', operation: 'POST /api/people/{person}/unmerge', role: 'approver', by: 'bea' },
    ]);
    const days = ((keptUntil.get(String(job.body.id)) ?? 0) - on.api.deps.clock.now().getTime()) / 86_400_000;
    expect(days).toBe(400);
  });

  it('stays with what is published, whatever a document says of itself', async () => {
    const { lines, ask } = openLogged();
    const { version: _, ...content } = await on.api.deps.definitions();
    const { activitiesKeptMs } = content.privacy;
    const next = { ...content, privacy: { ...content.privacy, activitiesKeptMs: activitiesKeptMs + 86_400_000 } };
    const claimed = { ...next, by: 'mallory' };
    const document = { version: versionOf(claimed), ...claimed };

    expect(await ask(bySignature, 'POST', '/api/definitions', document as unknown as Json)).toMatchObject({
      status: 200,
    });

    const { body } = await ask(bea, 'GET', '/api/definitions/versions?most=1');
    expect(body).toMatchObject({ publications: [{ version: document.version, by: ARN }] });
    expect(lines).toEqual([{ says: 'operation done', operation: 'POST /api/definitions', role: 'approver', by: ARN }]);
  });

  it('is whom a program names, and the log has who signed', async () => {
    const { lines, ask } = openLogged();
    const order = { person: 'fay@example.com', reason: 'asked by letter' };

    const named = await ask(bySignature, 'POST', '/api/suppressions', { ...order, by: 'the hotline' });
    const signed = await ask(bySignature, 'POST', '/api/suppressions/lift', order);

    expect(named.body).toMatchObject([{ by: 'the hotline' }]);
    expect(signed.body).toMatchObject([{ lifted: { by: ARN } }]);
    expect(lines).toEqual([
      { says: 'operation done', operation: 'POST /api/suppressions', role: 'approver', by: 'the hotline', signer: ARN },
      { says: 'operation done', operation: 'POST /api/suppressions/lift', role: 'approver', by: ARN },
    ]);
  });

  it('is in the log of what was refused, with the code and nothing of the body', async () => {
    const { lines, ask } = openLogged();
    const viewer = bySignIn(['viewer'], { username: 'vic' });

    await ask(viewer, 'POST', '/api/forget', { person: 'cyd@example.com' });
    await ask(bea, 'POST', '/api/forget', { person: 'nobody@example.com' });
    await ask(bea, 'POST', '/api/runs/none.1/approve', { hash: 7 });

    expect(lines).toEqual([
      { says: 'operation refused', operation: 'POST /api/forget', role: 'viewer', by: 'vic', code: 'api/not-allowed' },
      {
        says: 'operation refused',
        operation: 'POST /api/forget',
        role: 'approver',
        by: 'bea',
        code: 'api/no-such-person',
      },
      {
        says: 'operation refused',
        operation: 'POST /api/runs/{run}/approve',
        role: 'approver',
        by: 'bea',
        code: 'api/bad-body',
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('@example.com');
  });

  it('is in the log when people are taken away in a file, and not when somebody looks', async () => {
    const { lines, ask } = openLogged();
    const viewer = bySignIn(['viewer'], { username: 'vic' });

    await ask(viewer, 'GET', '/api/people/dan%40example.com');
    await ask(viewer, 'POST', '/api/push/dry-run', {});
    await ask(viewer, 'GET', '/api/segments/quiet-readers/people?columns=id');

    expect(lines).toEqual([
      { says: 'operation done', operation: 'GET /api/segments/{segment}/people', role: 'viewer', by: 'vic' },
    ]);
  });
});

describe('/api/workspace', () => {
  it('says what each tool is asked about who is erased, also where its connection says nothing', async () => {
    const { body } = await on.ask('GET', '/api/workspace');

    expect(body).toMatchObject({ connections: [{ name: 'newsletter', connector: 'mailchimp', erasure: 'delete' }] });
  });
});
