import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { walkEverybody } from '../../lib/pipeline/define/walk-everybody.ts';
import type { SegmentPageOf } from '../../lib/pipeline/describe/describe-segment.ts';
import { withApi } from './asking.ts';

const now = new Date('2026-11-21T00:00:00.000Z');
const on = withApi(now);
const { misfits } = on;

const FILE = readFileSync(new URL('../../examples/starter/segments/quiet-readers.yaml', import.meta.url), 'utf8');

function reader(id: string, opened: string): Change[] {
  const told = { fragment: `newsletter:member:${id}`, identifiers: [{ type: 'email', value: `${id}@example.com` }] };
  const consent = [
    {
      address: `${id}@example.com`,
      topic: 'email',
      state: 'granted',
      by: 'person',
      at: '2026-01-01T00:00:00Z',
      source: 'newsletter',
    },
  ] as const;
  return [
    { kind: 'profile', ...told, at: '2026-01-01T00:00:00Z', traits: { plan: id < 'c' ? 'small' : 'large' }, consent },
    { kind: 'activity', ...told, at: opened, id: `open-${id}`, name: 'Email Opened' },
  ];
}

beforeAll(async () => {
  await on.api.fold([
    ...reader('ann', '2026-09-01T00:00:00Z'),
    ...reader('bob', '2026-11-20T00:00:00Z'),
    ...reader('cyd', '2026-09-10T00:00:00Z'),
  ]);
});

/** Asks, and checks that the answer is what the document says. */
async function ask<Answer = JsonObject>(method: string, path: string, url: string, body?: Json, form?: string) {
  const headers = form === undefined ? {} : { 'if-match': `"${form}"` };
  const answer = await on.api.app.request(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const content = (await answer.json()) as Json;
  if (answer.ok) expect(misfits(path, method, content)).toEqual([]);
  return { status: answer.status, etag: answer.headers.get('etag'), body: content as unknown as Answer };
}

const segment = () => ask<SegmentPageOf>('GET', '/api/segments/{segment}', '/api/segments/quiet-readers');
const preview = (yaml: string, id = 'quiet-readers') =>
  ask('POST', '/api/segments/preview', '/api/segments/preview', { segment: id, yaml });
const edit = (body: Json, form?: string, id = 'quiet-readers') =>
  ask<{ id: string; code?: string; message?: string }>(
    'POST',
    '/api/segments/{segment}/edits',
    `/api/segments/${id}/edits`,
    body,
    form,
  );

/** Follows the plan of an edit to its end, as the queue of the scan does, and returns it. */
async function planned(job: string): Promise<{ hash: string; definitions: readonly JsonObject[] }> {
  const { scan } = walkEverybody(
    { ...on.api.deps, log: () => {} },
    async () => ({ failed: new Set(), written: 0 }) as never,
  );
  for (let part = 0; part < 8; part += 1) await scan({ id: job, part }, new AbortController().signal);
  const { body } = await ask<{ plan: { hash: string; definitions: readonly JsonObject[] } }>(
    'GET',
    '/api/jobs/{job}',
    `/api/jobs/${encodeURIComponent(job)}`,
  );
  return body.plan;
}

const apply = (plan: string, by: string) => ask('POST', '/api/apply', '/api/apply', { plan, by });

describe('/api/segments', () => {
  it('lists segments in pages, with a sentence for each', async () => {
    const { body } = await ask('GET', '/api/segments', '/api/segments?most=1&q=QUIET');

    expect(body).toMatchObject({ total: 1, next: null });
    expect(body.segments).toMatchObject([
      { segment: 'quiet-readers', members: 2, audiences: ['quiet-readers-to-newsletter'] },
    ]);
    expect((await ask('GET', '/api/segments', '/api/segments?q=nothing')).body).toEqual({
      segments: [],
      total: 0,
      next: null,
    });
    expect(await ask('GET', '/api/segments', '/api/segments?from=nobody')).toMatchObject({
      status: 400,
      body: { code: 'api/bad-query' },
    });
  });

  it('tells a segment in sentences and in YAML, made from the definition while nobody kept the file', async () => {
    const { body, etag } = await segment();

    expect(body).toMatchObject({
      yamlFrom: 'definition',
      usedBy: { segments: [], audiences: ['quiet-readers-to-newsletter'] },
    });
    expect(etag).toBe(`"${body.form}"`);
    expect(body.told.parts.map(({ path }) => path)).toEqual(
      ['when.all[0]', 'when.all[1]', 'when.all[2]'].slice(0, body.told.parts.length),
    );

    await ask(
      'POST',
      '/api/definitions/versions/{version}/sources',
      `/api/definitions/versions/${body.version}/sources`,
      {
        files: { 'segments/quiet-readers.yaml': FILE },
      },
    );

    expect((await segment()).body).toMatchObject({ yaml: FILE, yamlFrom: 'file', form: body.form });
  });

  it('previews what is typed: problems by line and column, or whom each part lets through', async () => {
    const broken = await preview('segment: quiet-readers\nwhen: { did: Email Opened, wihtin: 30 days }\n');
    const { body } = await preview(
      'segment: quiet-readers\nwhen:\n  all:\n    - { did: Email Opened }\n    - { trait: plan, is: small }\n',
    );

    expect(broken).toMatchObject({
      status: 200,
      body: { preview: null, problems: [{ line: 2, column: 28, code: 'segment/unknown-key', suggestion: 'within' }] },
    });
    expect(body.preview).toMatchObject({
      counted: { how: 'everybody', people: 3, of: 3 },
      total: { count: 2 },
      moves: { enters: { count: 1 }, leaves: { count: 1 }, stays: { count: 1 } },
      parts: { when: { count: 2 }, 'when.all[0]': { count: 3 }, 'when.all[1]': { count: 2 } },
    });
  });

  it('plans an edit and publishes it with its comments, by whom and what changed; whoever edited before looks again', async () => {
    const { form, version } = (await segment()).body;
    const yaml = FILE.replace(/^title: .*$/m, 'title: Readers to win back # a comment');

    const { status, body } = await edit({ yaml }, form);
    const plan = await planned(body.id);
    await apply(plan.hash, 'ann');

    expect(status).toBe(202);
    expect(plan.definitions).toMatchObject([
      { kind: 'segment', id: 'quiet-readers', change: 'edited', entering: 0, leaving: 0 },
    ]);
    const after = (await segment()).body;
    expect(after).toMatchObject({
      title: 'Readers to win back',
      yaml,
      yamlFrom: 'file',
      since: { by: 'ann', at: now.toISOString() },
    });
    const { body: list } = await ask('GET', '/api/definitions/versions', '/api/definitions/versions');
    expect(list.publications).toMatchObject([
      {
        version: after.version,
        moves: 2,
        by: 'ann',
        changes: [{ kind: 'segment', id: 'quiet-readers', change: 'edited' }],
      },
      { version, moves: 1 },
    ]);
    const changes = await ask(
      'GET',
      '/api/definitions/versions/{version}/changes',
      `/api/definitions/versions/${after.version}/changes`,
    );
    expect(changes.body).toMatchObject({
      from: version,
      to: after.version,
      changes: [{ id: 'quiet-readers', before: FILE, after: yaml }],
    });
    expect(
      (await ask('GET', '/api/definitions/versions/{version}', `/api/definitions/versions/${version}`)).body,
    ).toMatchObject({ version });

    expect(await edit({ yaml: FILE }, form)).toMatchObject({ status: 412, body: { code: 'api/segment-moved' } });
    expect(await apply(plan.hash, 'bob')).toMatchObject({ status: 202 });
  });

  it('refuses a plan that was made before something else was published', async () => {
    const { form } = (await segment()).body;
    const early = await planned((await edit({ yaml: FILE }, form)).body.id);
    const other = await planned((await edit({ yaml: FILE.replace(/^title: .*$/m, 'title: Others') }, form)).body.id);
    await apply(other.hash, 'ann');

    expect(await apply(early.hash, 'bob')).toMatchObject({ status: 412, body: { code: 'definitions/moved' } });
  });

  it('adds a segment, and removes one that nobody refers to', async () => {
    const yaml = 'segment: small-plans\nwhen: { trait: plan, is: small }\n';
    const added = await planned((await edit({ yaml }, undefined, 'small-plans')).body.id);
    await apply(added.hash, 'ann');
    const one = await ask<SegmentPageOf>('GET', '/api/segments/{segment}', '/api/segments/small-plans');
    const again = await edit({ yaml }, undefined, 'small-plans');
    const used = await edit({ remove: true }, (await segment()).body.form);
    const removed = await planned((await edit({ remove: true }, one.body.form, 'small-plans')).body.id);
    await apply(removed.hash, 'ann');

    expect(added.definitions).toMatchObject([{ id: 'small-plans', change: 'added', entering: 2 }]);
    expect(one.body).toMatchObject({ sentence: 'Plan is small', yaml });
    expect(again).toMatchObject({ status: 412, body: { code: 'api/segment-moved' } });
    expect(used).toMatchObject({ status: 400, body: { code: 'definitions/dangling' } });
    expect(removed.definitions).toMatchObject([{ id: 'small-plans', change: 'removed' }]);
    expect(await ask('GET', '/api/segments/{segment}', '/api/segments/small-plans')).toMatchObject({ status: 404 });
  });

  it('refuses what is no segment, and versions that are not kept', async () => {
    const { form } = (await segment()).body;

    expect(await edit({ yaml: 'segment: quiet-readers\n' }, form)).toMatchObject({
      status: 400,
      body: { code: 'segment/has-problems' },
    });
    expect(await edit({ yaml: 'segment: other\nwhen: { did: Opened }\n' }, form)).toMatchObject({
      status: 400,
      body: {
        code: 'segment/has-problems',
        message: expect.stringContaining('line 1, column 10') as unknown as string,
      },
    });
    expect(
      await ask('GET', '/api/definitions/versions/{version}', '/api/definitions/versions/0123456789abcdef'),
    ).toMatchObject({
      status: 404,
      body: { code: 'api/no-such-version' },
    });
  });
});
