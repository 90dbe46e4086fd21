import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from '../../lib/connectors/contract.ts';
import { openForms } from '../../lib/connectors/forms/client.ts';
import { config, secret } from '../../lib/connectors/forms/config.ts';
import { forms } from '../../lib/connectors/forms/index.ts';
import { responses } from '../../lib/connectors/forms/responses.stream.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { freeCalls } from '../free-calls.ts';
import { answer, FORM } from '../vendors/forms/scenario.ts';
import { type FormTool, startFormTool } from '../vendors/forms/server.ts';
import { parse, settings } from './forms-rig.ts';

const HOUR = 3_600_000;
let at: number;
let tool: FormTool;
const now = () => new Date(at);

beforeEach(async () => {
  at = Date.parse('2026-11-21T08:00:00Z');
  tool = await startFormTool({ now, form: FORM });
});

afterEach(() => tool.close());

function connect(given: { readonly config?: object; readonly secret?: object; readonly signal?: AbortSignal } = {}) {
  const io = { fetch, now, signal: given.signal ?? new AbortController().signal, log: () => {}, calls: freeCalls };
  const input = {
    name: 'survey',
    config: settings({ form: FORM, ...given.config }),
    secret: secret.parse({ ...tool.secret, ...given.secret }),
    endpoint: tool.url,
  };
  return openForms(input, io);
}

async function read(from?: Json, api = connect(), pageSize = 2): Promise<Page[]> {
  const pages: Page[] = [];
  const options = { pageSize, signal: new AbortController().signal, now: now() };
  for await (const page of responses.read(api, 'survey', from, options)) pages.push(page);
  return pages;
}

const tokensIn = (pages: readonly Page[]) =>
  pages.flatMap(({ changes }) => changes.flatMap((one) => (one.kind === 'activity' ? [one.id] : [])));

async function failureOf(work: () => Promise<unknown>): Promise<object> {
  const thrown = await work().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  const { kind, code, retryAfterMs } = asTributaryError(thrown);
  return { kind, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

describe('the stream of responses', () => {
  it('tells the same as the webhook told', async () => {
    const config_ = { mapping: { identifiers: { email: 'answers.email' }, traits: { nps: 'answers.nps' } } };
    const given = { answers: [answer('email', 'email', 'ann@example.com'), answer('nps', 'number', 9)] };
    const { token, ...rest } = await tool.submit(given);
    const body = JSON.stringify({ event_type: 'form_response', form_response: { form_id: FORM, token, ...rest } });
    const told = parse({ body, headers: { 'content-type': 'application/json' } }, settings({ form: FORM, ...config_ }));
    at += HOUR;

    const pages = await read(undefined, connect({ config: config_ }));

    expect(pages.flatMap(({ changes }) => changes)).toEqual(told.map((one) => ('change' in one ? one.change : one)));
  });

  it('maps archived responses by the mapping that holds now', async () => {
    await tool.submit({ answers: [answer('nps', 'number', 9)] });
    at += HOUR;
    const lines = (await read()).flatMap((page) => page.lines);
    const later = config.parse({
      preset: 'typeform',
      form: FORM,
      mapping: { version: 2, traits: { score: 'answers.nps' }, activity: { name: 'Scored' } },
    });

    const { changes } = responses.remap(lines, 'survey', later);

    expect(lines.map(({ of }) => of)).toEqual(['survey:response:token0000']);
    expect(changes).toMatchObject([
      { kind: 'profile', traits: { score: 9 }, mapping: 2 },
      { kind: 'activity', name: 'Scored', mapping: 2 },
    ]);
  });

  it('leaves what is submitted while it walks to the next run', async () => {
    for (let n = 0; n < 5; n += 1) await tool.submit({});
    at += HOUR;
    const pages: Page[] = [];
    const options = { pageSize: 2, signal: new AbortController().signal, now: now() };

    for await (const page of responses.read(connect(), 'survey', undefined, options)) {
      if (pages.length === 0) await tool.submit({ token: 'meanwhile' });
      pages.push(page);
    }
    at += HOUR;
    const next = await read(pages.at(-1)?.checkpoint);

    expect(tokensIn(pages)).toEqual(['token0004', 'token0003', 'token0002', 'token0001', 'token0000']);
    expect(tokensIn(next)).toEqual(['meanwhile']);
  });

  it('reads no further back than the last run and its lookback', async () => {
    for (let n = 0; n < 20; n += 1) await tool.submit({});
    at += HOUR;
    const first = await read();
    await tool.submit({ token: 'new' });
    at += HOUR;
    const before = tool.calls.length;

    const next = await read(first.at(-1)?.checkpoint);

    expect(tokensIn(next)).toEqual(['new']);
    expect(tool.calls.length - before).toBe(1);
  });

  it('comes through a kill of an older run to its own end', async () => {
    for (let n = 0; n < 5; n += 1) await tool.submit({});
    at += HOUR;
    const [killed] = await read();
    await tool.submit({ token: 'after' });
    at += HOUR;

    const rest = await read(killed?.checkpoint);

    expect(tokensIn(rest)).toEqual(['token0002', 'token0001', 'token0000', 'after']);
  });
});

describe('a failure of Typeform', () => {
  it.each([
    [401, {}, { kind: 'auth', code: 'forms/token-refused' }],
    [403, {}, { kind: 'auth', code: 'forms/token-refused' }],
    [429, {}, { kind: 'rate-limited', code: 'forms/throttled', retryAfterMs: 1_000 }],
    [429, { 'retry-after': '9' }, { kind: 'rate-limited', code: 'forms/throttled', retryAfterMs: 9_000 }],
    [400, {}, { kind: 'defect', code: 'forms/request-refused' }],
    [503, {}, { kind: 'transient', code: 'forms/unavailable' }],
  ])('of status %i with %j is ours', async (status, headers, failure) => {
    tool.failNext(status, headers);

    expect(await failureOf(() => read())).toEqual(failure);
  });

  it.each([
    ['an unknown form', { config: { form: 'gone' } }, { kind: 'config', code: 'forms/form-not-found' }],
    ['no form', { config: { form: undefined } }, { kind: 'config', code: 'forms/no-backfill' }],
    ['no token', { secret: { access_token: undefined } }, { kind: 'config', code: 'forms/no-backfill' }],
    ['another preset', { config: { preset: 'tally' } }, { kind: 'config', code: 'forms/no-backfill' }],
    ['no time', { signal: AbortSignal.abort() }, { kind: 'transient', code: 'forms/stopped' }],
  ])('is said of %s', async (_what, given, failure) => {
    const api = connect(given);

    expect(await failureOf(() => api.listResponses({ pageSize: 1 }))).toEqual(failure);
  });

  it('is not looked for where nothing is asked', async () => {
    const api = connect({ secret: { access_token: undefined } });

    expect(await forms.check(api)).toEqual({ account: expect.stringContaining('deliveries are received') });
    expect(tool.calls).toEqual([]);
  });
});
