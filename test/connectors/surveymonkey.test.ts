import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSurveymonkey, type SurveymonkeyApi } from '../../lib/connectors/surveymonkey/client.ts';
import { config, secret } from '../../lib/connectors/surveymonkey/config.ts';
import { surveymonkey } from '../../lib/connectors/surveymonkey/index.ts';
import { webhook } from '../../lib/connectors/surveymonkey/webhook.ts';
import { callback, signedRequest } from '../vendors/surveymonkey/sender.ts';
import { type SurveymonkeySimulator, startSurveymonkey } from '../vendors/surveymonkey/server.ts';
import { asked, details, SURVEY } from '../vendors/surveymonkey/survey.ts';
import { type ConnectorRig, failureOf, namesIn, openConnectorRig } from './connector-rig.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const usual = {
  survey: SURVEY,
  mapping: {
    identifiers: { email: `answers.${asked.contact}.4001` },
    traits: {
      nps: { from: `answers.${asked.score}`, as: 'number' },
      interests: `answers.${asked.topics}`,
      name: `answers.${asked.contact}.4002`,
    },
    consent: [
      { topic: 'email', from: `answers.${asked.again}`, address: `answers.${asked.contact}.4001`, granted: ['Yes'] },
    ],
    activity: { name: 'Survey Answered', properties: { score: `answers.${asked.score}` } },
  },
};

let rig: ConnectorRig<SurveymonkeySimulator, SurveymonkeyApi>;
beforeEach(async () => {
  rig = await openConnectorRig({
    name: 'nps',
    streams: surveymonkey.streams,
    config,
    secret,
    open: openSurveymonkey,
    start: (now) => startSurveymonkey({ now }),
    usual: (vendor) => ({ config: usual, secret: vendor.secret }),
  });
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('responses', () => {
  it('are told in the words that somebody read, by the ids of questions and rows', async () => {
    const said = {
      score: 9,
      topics: ['Boots', 'Maps'],
      other: 'Ropes',
      email: 'ann@example.com',
      name: 'Ann',
      again: true,
    };
    const id = rig.vendor.submit(said);
    rig.pass(HOUR);

    const [page] = await rig.read('responses');

    const told = { fragment: `nps:response:${id}`, at: '2026-11-21T08:00:00.000Z', by: 'person' };
    const identifiers = [{ type: 'email', value: 'ann@example.com' }];
    expect(page?.changes).toMatchObject([
      {
        kind: 'profile',
        ...told,
        identifiers,
        traits: { nps: 9, interests: ['Boots', 'Maps', 'Ropes'], name: 'Ann' },
        consent: [{ topic: 'email', state: 'granted', by: 'person', address: 'ann@example.com' }],
      },
      { kind: 'activity', ...told, identifiers, id, name: 'Survey Answered', properties: { score: '9' } },
    ]);
  });

  it('ask for the survey once, and again when somebody answered what was not in it', async () => {
    for (let n = 0; n < 5; n += 1) rig.vendor.submit({ score: n });
    rig.pass(HOUR);
    await rig.read('responses', { pageSize: 2 });
    const before = rig.vendor.calls.filter((path) => path.endsWith(`${SURVEY}/details`)).length;
    rig.vendor.submit({}, { pages: [{ id: '2001', questions: [{ id: '3999', answers: [{ text: 'New' }] }] }] });
    rig.pass(HOUR);
    await rig.read('responses');
    const after = rig.vendor.calls.filter((path) => path.endsWith(`${SURVEY}/details`)).length;

    expect([before, after - before]).toEqual([1, 2]);
  });

  it('lose nobody when somebody changes an answer while pages are read', async () => {
    const ids = Array.from({ length: 9 }, (_, n) =>
      rig.vendor.submit({ score: n }, { at: new Date(Date.parse('2026-11-20T08:00:00Z') + n * MINUTE) }),
    );
    rig.pass(HOUR);
    const [first = ''] = ids;

    const pages = await rig.read('responses', {
      pageSize: 3,
      // The first of the first page moves to the end: every other one moves up.
      meanwhile: ({ length }) => length === 1 && rig.vendor.edit(first, { score: 10 }),
    });

    const people = namesIn(pages).filter((name) => name.startsWith('nps:'));
    expect(new Set(people)).toEqual(new Set(ids.map((id) => `nps:response:${id}`)));
  });

  it('bring more of one second than a page holds, each once', async () => {
    const at = new Date('2026-11-20T08:00:00Z');
    const ids = Array.from({ length: 10 }, (_, n) => rig.vendor.submit({ score: n }, { at }));
    rig.pass(HOUR);

    const pages = await rig.read('responses', { pageSize: 3 });

    const people = namesIn(pages).filter((name) => name.startsWith('nps:'));
    expect(people.sort()).toEqual(ids.map((id) => `nps:response:${id}`).sort());
  });

  it('are read again by their id; one that was deleted is gone, one that is not completed is none yet', async () => {
    const done = rig.vendor.submit({ score: 1 });
    const open = rig.vendor.submit({ score: 2 }, { status: 'partial' });
    const gone = rig.vendor.submit({ score: 3 });
    rig.vendor.remove(gone);

    const page = await rig.reread('responses', [done, open, gone, 'no-id']);

    expect(page.changes.map((one) => `${one.kind} ${'fragment' in one ? one.fragment : ''}`)).toEqual([
      `gone nps:response:${gone}`,
      `profile nps:response:${done}`,
      `activity nps:response:${done}`,
    ]);
  });

  it('are replayed from the archive without asking anybody', async () => {
    rig.vendor.submit({ score: 9, email: 'ann@example.com' });
    rig.pass(HOUR);
    const [page] = await rig.read('responses');
    const calls = rig.vendor.calls.length;

    const again = rig.remap('responses', page?.lines ?? [], usual);

    expect(again.changes).toEqual(page?.changes);
    expect(rig.vendor.calls.length).toBe(calls);
  });

  it.each([
    [401, 'auth', 'surveymonkey/token-refused', undefined],
    [403, 'config', 'surveymonkey/missing-permission', undefined],
    [404, 'config', 'surveymonkey/survey-not-found', undefined],
    [429, 'rate-limited', 'surveymonkey/throttled', 20_000],
    [503, 'transient', 'surveymonkey/unavailable', undefined],
    [400, 'defect', 'surveymonkey/request-refused', undefined],
  ])('fail of %i as what somebody has to do', async (status, kind, code, retryAfterMs) => {
    rig.vendor.failNext(status, 2);

    expect(await failureOf(() => rig.read('responses'))).toMatchObject({ kind, code, retryAfterMs });
  });
});

describe('webhook', () => {
  const settings = config.parse(usual);
  const held = secret.parse({ access_token: 't', client_id: 'client_id', client_secret: 'client_secret' });
  const request = (body: string, method = 'POST', headers: Readonly<Record<string, string>> = {}) => ({
    method,
    path: '/webhooks/nps',
    query: {},
    headers: { ...signedRequest('client_id', 'client_secret', body).headers, ...headers },
    body: new TextEncoder().encode(body),
  });
  const event = (name: string, survey = SURVEY) =>
    callback(survey, name, '5007', '77', new Date('2026-11-20T08:00:00Z'));

  it('answers the check of its address, and reads nothing from it', () => {
    const check = { ...request(''), method: 'HEAD', headers: {} };

    expect(webhook.verify(check, settings, held, new Date())).toEqual({ ok: true });
    expect(webhook.handshake?.(check, settings, held)).toEqual({ status: 200, body: '' });
  });

  it('proves by the id and the secret of the app together, and not where the secret lacks them', () => {
    const good = request(event('response_completed'));
    const without = secret.parse({ access_token: 't' });

    expect(webhook.verify(good, settings, held, new Date())).toEqual({ ok: true });
    expect(webhook.handshake?.(good, settings, held)).toBeUndefined();
    expect(webhook.verify(good, settings, without, new Date())).toEqual({ ok: false, reason: 'missing-proof' });
    const forged = request(event('response_completed'), 'POST', { 'sm-signature': 'AAAA' });
    expect(webhook.verify(forged, settings, held, new Date())).toEqual({ ok: false, reason: 'bad-proof' });
  });

  it('has a response read again that was completed, changed or deleted, whatever the content type', () => {
    const hints = ['response_completed', 'response_updated', 'response_deleted'].flatMap((name) =>
      webhook.parse(request(event(name)), 'nps', settings),
    );

    expect(hints).toMatchObject(Array(3).fill({ hint: { stream: 'responses', ids: ['5007'] } }));
    expect(new Set(hints.map(({ deliveryId }) => deliveryId)).size).toBe(3);
  });

  it('passes over events that are no answer, and those of other surveys', () => {
    const others = [event('response_created'), event('collector_created'), event('response_completed', '1')];

    expect(others.flatMap((body) => webhook.parse(request(body), 'nps', settings))).toEqual([]);
  });
});

describe('settings', () => {
  it('refuse what a response always is', () => {
    const refused = config.safeParse({
      survey: 12,
      mapping: { identifiers: {}, object: 'person', gone: { from: 'a', is: [1] } },
    });

    expect(refused.error?.issues.map(({ path }) => path.join('.'))).toEqual(['mapping.object', 'mapping.gone']);
  });

  it('take the id of a survey as a number too', () => {
    expect(config.parse({ ...usual, survey: Number(details.id) }).survey).toBe(SURVEY);
  });
});
