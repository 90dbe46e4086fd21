import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import type { Cost } from '../../lib/domain/cost/cost.ts';
import { versionOf } from '../../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { Explanation } from '../../lib/pipeline/describe/explain-membership.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { quarantine } from '../../lib/pipeline/quarantine.ts';
import type { Merges } from '../../lib/pipeline/resolve/merges.ts';
import { endVerify, takeUpVerify } from '../../lib/pipeline/verify/verify-run.ts';
import { answerPointer, withApi } from './asking.ts';

const now = new Date('2026-11-21T00:00:00.000Z');
const on = withApi(now);
const { ask, misfits } = on;

beforeAll(async () => {
  await on.api.fold([
    ...reader('1', 'ann@example.com'),
    ...reader('2', 'bob@example.com', { last: '2026-11-20T00:00:00Z' }),
  ]);
  await quarantine(on.api.deps, 'newsletter', 'members', 'run-1#1', [
    { code: 'mapping/no-id', reason: 'found no id', record: {} },
  ]);
  // A check that found nobody's list: what there is to show of one.
  const audience = 'quiet-readers-to-newsletter';
  const held = await takeUpVerify(on.api.deps, { verify: audience }, 'report');
  if (held !== undefined) await endVerify(on.api.deps, held, { ...held.state.run, state: 'never-pushed' });
});

const wordsOf = ({ description, schema }: JsonObject): string =>
  String(description ?? (schema as JsonObject | undefined)?.description ?? '');

describe('/api/openapi.json', () => {
  it('describes every operation with its answer', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(on.document, 'api');
    const operations = Object.entries(on.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method })),
    );

    const schemas = operations.map(({ path, method }) =>
      ajv.compile({ $ref: `api${answerPointer(on.document, path, method)}` }),
    );

    expect(on.document.openapi).toBe('3.1.0');
    expect(schemas).toHaveLength(86);
    for (const { path, method } of operations) {
      const {
        summary,
        parameters = [],
        responses = {},
      } = (on.document.paths[path]?.[method] ?? {}) as {
        summary?: string;
        parameters?: JsonObject[];
        responses?: JsonObject;
      };
      const inPath = parameters.filter(({ in: place }) => place === 'path');
      const named = inPath.map(({ name, in: place, required }) => [name, place, required]);
      expect(summary).toMatch(/^[A-Z]/);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '403', '404', '500']));
      expect(parameters.map(wordsOf)).not.toContain('');
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'path', true]));
    }
  });
});

describe('the answers of /api', () => {
  it.each([
    ['GET', '/api/workspace', '/api/workspace'],
    ['GET', '/api/segments', '/api/segments'],
    ['GET', '/api/audiences', '/api/audiences'],
    ['GET', '/api/audiences/{audience}', '/api/audiences/quiet-readers-to-newsletter'],
    ['GET', '/api/audiences/{audience}/runs', '/api/audiences/quiet-readers-to-newsletter/runs'],
    ['GET', '/api/people/{person}', '/api/people/ann%40example.com'],
    ['GET', '/api/people/{person}/segments/{segment}', '/api/people/newsletter%3Amember%3A1/segments/quiet-readers'],
    ['GET', '/api/lateness', '/api/lateness'],
    ['GET', '/api/doctor', '/api/doctor'],
    ['GET', '/api/segments/{segment}/members', '/api/segments/quiet-readers/members?most=1'],
    ['GET', '/api/segments/{segment}/people', '/api/segments/quiet-readers/people?columns=id,email,consent.email'],
    ['GET', '/api/segments/{segment}/history', '/api/segments/quiet-readers/history?from=2026-11-20&to=2026-11-21'],
    ['GET', '/api/left-lists', '/api/left-lists'],
    ['GET', '/api/runs', '/api/runs'],
    ['GET', '/api/runs', '/api/runs?what=push&state=finished&limit=1'],
    ['GET', '/api/duplicates', '/api/duplicates?limit=5'],
    ['GET', '/api/quarantine/{connection}', '/api/quarantine/newsletter'],
    ['GET', '/api/data', '/api/data'],
    ['GET', '/api/day', '/api/day'],
    ['GET', '/api/figures', '/api/figures?connection=newsletter&name=sessions&from=2026-11-01&to=2026-11-20&limit=10'],
    ['GET', '/api/connections/{connection}', '/api/connections/newsletter'],
    ['GET', '/api/people/{person}/activities', '/api/people/ann%40example.com/activities?most=1'],
    ['GET', '/api/people/{person}/audiences', '/api/people/ann%40example.com/audiences'],
    ['GET', '/api/people/{person}/segments', '/api/people/ann%40example.com/segments'],
    ['GET', '/api/audiences/{audience}/verify', '/api/audiences/quiet-readers-to-newsletter/verify'],
    ['POST', '/api/verify', '/api/verify', { audience: 'quiet-readers-to-newsletter', heal: 'adopt' }],
    ['POST', '/api/pull', '/api/pull', { connection: 'newsletter', stream: 'members' }],
    ['POST', '/api/sample', '/api/sample', { connection: 'newsletter', stream: 'members' }],
    ['POST', '/api/push', '/api/push', {}],
    ['POST', '/api/suppressions', '/api/suppressions', { person: 'cyd@example.com', by: 'ops', reason: 'a letter' }],
    [
      'POST',
      '/api/suppressions/batch',
      '/api/suppressions/batch',
      { people: ['dee@example.com', 'nobody'], by: 'ops', reason: 'an old list' },
    ],
    ['GET', '/api/suppressions', '/api/suppressions?limit=1'],
    [
      'POST',
      '/api/suppressions/lift',
      '/api/suppressions/lift',
      { person: 'cyd@example.com', by: 'ops', reason: 'a call' },
    ],
    ['POST', '/api/push/dry-run', '/api/push/dry-run', { audience: 'quiet-readers-to-newsletter' }],
  ])('fit what the document says of %s %s', async (method, path, url, body?: Json) => {
    const answer = await ask(method, url, body);

    expect(answer.status).toBe(method === 'POST' && !path.endsWith('dry-run') ? 202 : 200);
    expect(misfits(path, method, answer.body)).toEqual([]);
  });

  it('count what is quarantined, and list it by pages', async () => {
    const { body } = await ask('GET', '/api/data');
    const { body: page } = await ask('GET', '/api/quarantine/newsletter');
    const [record] = page as { id: string }[];

    const reasons = [{ stream: 'members', code: 'mapping/no-id', reason: 'found no id', records: 1 }];
    expect(body).toEqual({
      counted: null,
      quarantine: [{ connection: 'newsletter', records: 1, more: false, reasons }],
    });
    expect(page).toMatchObject([{ stream: 'members', code: 'mapping/no-id', record: {} }]);
    const after = encodeURIComponent(record?.id ?? '');
    expect((await ask('GET', `/api/quarantine/newsletter?after=${after}`)).body).toEqual([]);
  });

  it('know no connection that is not in the workspace', async () => {
    expect(await ask('GET', '/api/connections/nowhere')).toMatchObject({
      status: 404,
      body: { code: 'api/no-such-connection' },
    });
  });

  it('show every value of a person by its kind of data', async () => {
    const { facets } = (await ask('GET', '/api/people/ann%40example.com')).body as unknown as PersonPage;

    expect(facets.identity).toEqual([
      {
        name: 'email',
        title: 'E-mail address',
        type: 'email',
        value: 'ann@example.com',
        source: 'newsletter:member:1',
        at: '2026-01-01T00:00:00.000Z',
        losers: [],
      },
    ]);
    expect(facets.behavioural).toMatchObject([{ name: 'activities', value: 1 }, { value: 'Email Opened' }, {}]);
  });

  it('lead from a job to how it stands', async () => {
    const started = (await ask('POST', '/api/pull', { connection: 'newsletter' })).body as { id: string };

    const { status, body } = await ask('GET', `/api/jobs/${encodeURIComponent(started.id)}`);

    expect(status).toBe(200);
    expect(misfits('/api/jobs/{job}', 'GET', body)).toEqual([]);
    expect(body).toMatchObject({
      what: 'pull',
      state: 'running',
      parts: [{ stream: 'members' }, { stream: 'activity' }],
    });
  });

  it('list the evidence of a merge, and follow its undoing to two people', async () => {
    const told = (id: string, day: number, ...emails: string[]): Change => ({
      kind: 'profile',
      fragment: `newsletter:member:${id}`,
      at: `2026-02-0${day}T00:00:00Z`,
      identifiers: emails.map((value) => ({ type: 'email', value })),
    });
    await on.api.fold([
      told('7', 1, 'eve@example.com', 'not an email'),
      told('8', 2, 'fay@example.com'),
      told('8', 3, 'eve@example.com'),
    ]);
    const listed = await ask('GET', '/api/people/eve%40example.com/merges');
    expect(misfits('/api/people/{person}/merges', 'GET', listed.body)).toEqual([]);
    expect(listed.body).toMatchObject({
      fragments: ['newsletter:member:7', 'newsletter:member:8'],
      merges: [{ fragment: 'newsletter:member:8', joins: 'newsletter:member:7', at: '2026-02-03T00:00:00.000Z' }],
      refused: [],
      unusable: [
        { fragment: 'newsletter:member:7', type: 'email', reason: 'not-an-email', at: '2026-02-01T00:00:00.000Z' },
      ],
      apart: [],
      crowded: false,
    });
    const { unusable } = listed.body as unknown as Merges;
    expect((await ask('GET', '/api/people/eve%40example.com')).body).toMatchObject({ unusable });
    const { merges } = listed.body as unknown as Merges;

    const started = await ask('POST', '/api/people/eve%40example.com/unmerge', { edge: merges[0]?.edge ?? '' });
    expect(started.status).toBe(202);
    const path = `/api/jobs/${encodeURIComponent((started.body as unknown as Job).id)}`;
    expect((await ask('GET', path)).body).toMatchObject({ what: 'unmerge', state: 'running' });
    await on.api.fold(await on.api.sentChanges());

    const { body } = await ask('GET', path);
    expect(misfits('/api/jobs/{job}', 'GET', body)).toEqual([]);
    expect(body).toMatchObject({ state: 'finished', parts: [{ people: [expect.any(String), expect.any(String)] }] });
    expect((await ask('GET', '/api/people/fay%40example.com')).body).toMatchObject({
      fragments: ['newsletter:member:8'],
    });
  });

  it('publish a workspace again without a change', async () => {
    const definitions = await on.api.deps.definitions();

    const { status, body } = await ask('POST', '/api/definitions', definitions as unknown as Json);

    expect({ status, body }).toEqual({ status: 200, body: { version: definitions.version, changed: false } });
    expect(misfits('/api/definitions', 'POST', body)).toEqual([]);
  });

  it('tell why somebody is in a segment, in structure and in words', async () => {
    const { body } = await ask('GET', '/api/people/ann%40example.com/segments/quiet-readers');

    expect(body).toMatchObject({
      segment: 'quiet-readers',
      member: true,
      since: now.toISOString(),
      history: [{ entered: true, why: { moved: 'data' } }],
    });
    expect((body as unknown as Explanation).text.split('\n')).toEqual([
      '✓ all of these (3 of 3 hold):',
      '  ✓ subscribed to email — granted',
      '  ✓ did Email Opened within 180 days — done once, last on 2026-09-21 00:00 UTC',
      '  ✓ did Email Opened not at all within 60 days — not done',
    ]);
  });

  it('list members some at a time, and who came on which day', async () => {
    await on.api.fold([...reader('3', 'cyd@example.com'), ...reader('4', 'dan@example.com')]);
    const pages: string[][] = [];
    for (let from: string | null = ''; from !== null; ) {
      const { body } = await ask(
        'GET',
        `/api/segments/quiet-readers/members?most=1${from === '' ? '' : `&from=${from}`}`,
      );
      const page = body as unknown as { members: { profile: string }[]; next: string | null };
      pages.push(page.members.map(({ profile }) => profile));
      from = page.next;
    }
    const { body } = await ask('GET', '/api/segments/quiet-readers/history');

    expect(new Set(pages.flat()).size).toBe(3);
    expect(pages.every((page) => page.length <= 1)).toBe(true);
    const days = Array.from({ length: 13 }, () => ({ entered: 0, left: 0 }));
    expect(body).toMatchObject({
      days: [{ day: '2026-11-21', entered: 3, left: 0, size: null }, ...days],
      size: { members: 3, how: 'rows' },
    });
    await on.api.fold([gone('3'), gone('4')]);
  });

  it('refuse to publish what refers to what is not there', async () => {
    const { version: _, ...published } = await on.api.deps.definitions();
    const content = { ...published, segments: [] };
    const body = { version: versionOf(content), ...content } as unknown as Json;

    const [direct, planned] = [
      await ask('POST', '/api/definitions', body),
      await ask('POST', '/api/plans', { definitions: body }),
    ];

    for (const answer of [direct, planned]) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'definitions/dangling' } });
      expect((answer.body as { message: string }).message).toContain(
        'audience quiet-readers-to-newsletter refers to segment quiet-readers',
      );
    }
  });

  it('lead from a plan that is being made to how it stands', async () => {
    const definitions = (await on.api.deps.definitions()) as unknown as Json;
    const { status, body } = await ask('POST', '/api/plans', { definitions });
    const { id } = body as { id: string };

    const standing = await ask('GET', `/api/jobs/${encodeURIComponent(id)}`);

    expect(status).toBe(202);
    expect(misfits('/api/plans', 'POST', body)).toEqual([]);
    expect(misfits('/api/jobs/{job}', 'GET', standing.body)).toEqual([]);
    expect(standing.body).toMatchObject({ what: 'plan', state: 'running', done: 0, of: 8 });
  });

  it('count who is in a segment and who an audience wants', async () => {
    const segments = await ask('GET', '/api/segments');
    const plan = await ask('POST', '/api/push/dry-run', {});

    expect(segments.body).toMatchObject({
      segments: [{ segment: 'quiet-readers', title: 'Readers who went quiet', members: 1 }],
      total: 1,
      next: null,
    });
    expect(plan.body).toEqual({
      audiences: [
        {
          id: 'quiet-readers-to-newsletter',
          hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          ...{ add: 1, remove: 0, unchanged: 0, blocked: {}, removedBecause: {}, optOuts: 0, size: 0 },
          ...{ calls: 1, quota: null, minutes: 1, holds: [] },
        },
      ],
    });
  });

  it('tell what the workspace costs, of what is deployed', async () => {
    const { body } = await ask('GET', '/api/cost');

    expect(misfits('/api/cost', 'get', body)).toEqual([]);
    const { lines } = (body as unknown as Cost).idle;
    expect(lines.find(({ what }) => what === 'alarms, a month each')).toMatchObject({ quantity: 40, dollars: 4 });
  });

  it('show one person by whatever leads to them', async () => {
    const names = ['ann@example.com', ' ANN@example.com', 'email=ann@example.com', 'newsletter:member:1'];

    const pages = await Promise.all(names.map((name) => ask('GET', `/api/people/${encodeURIComponent(name)}`)));

    const [first] = pages.map(({ body }) => body as unknown as PersonPage);
    expect(new Set(pages.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(first).toMatchObject({
      identifiers: [{ type: 'email', value: 'ann@example.com' }],
      segments: ['quiet-readers'],
      activities: { total: 1, latest: [{ name: 'Email Opened' }] },
      fragments: ['newsletter:member:1'],
      sources: { email: { source: 'newsletter:member:1', losers: [] } },
    });
    expect(await ask('GET', `/api/people/${first?.id}`)).toEqual(pages[0]);
  });
});

/** A member who subscribed and opened one e-mail. */
function reader(id: string, email: string, { last = '2026-09-21T00:00:00Z' } = {}): Change[] {
  const told = { fragment: `newsletter:member:${id}`, identifiers: [{ type: 'email', value: email }] };
  const at = '2026-01-01T00:00:00Z';
  const consent = [{ address: email, topic: 'email', state: 'granted', at, source: 'sign-up', by: 'person' } as const];
  return [
    { kind: 'profile', ...told, at, traits: { email }, consent },
    { kind: 'activity', ...told, at: last, id: `open-${id}`, name: 'Email Opened' },
  ];
}

function gone(id: string): Change {
  return { kind: 'gone', fragment: `newsletter:member:${id}`, at: '2026-11-20T12:00:00Z' };
}
