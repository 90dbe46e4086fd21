import { describe, expect, it } from 'vitest';
import { checkWith, soundFiles } from './a-workspace.ts';

const audience = soundFiles['audiences/lapsing-to-tag.yaml'] ?? '';

describe('an audience that says nothing of consent', () => {
  const without = audience.replace('needs: { subscribed: email }\n', '');

  it('is warned of, unless an empty `needs` says that it is meant', async () => {
    const { ok, problems } = await checkWith({ 'audiences/lapsing-to-tag.yaml': without });

    expect(ok).toBe(true);
    expect(problems).toMatchObject([
      { file: 'audiences/lapsing-to-tag.yaml', line: 1, code: 'workspace/no-needs', severity: 'warning' },
    ]);
    expect((await checkWith({ 'audiences/lapsing-to-tag.yaml': `${without}needs: {}\n` })).problems).toEqual([]);
  });
});

describe('a channel or purpose that no connection tells of', () => {
  const segment = (when: string) => `segment: quiet\nwhen: ${when}\n`;

  it('is warned of in conditions and in needs, with what was probably meant', async () => {
    const { ok, problems } = await checkWith({
      'segments/quiet.yaml': segment('{ all: [{ not: { subscribed: emial } }, { consent: advertising }] }'),
      'audiences/lapsing-to-tag.yaml': audience.replace('subscribed: email', 'subscribed: Email, consent: [ads]'),
    });

    expect(ok).toBe(true);
    const topics = problems.filter(({ code }) => code === 'workspace/unfilled-topic');
    expect(topics.map(({ file, found, suggestion }) => [file, found, suggestion])).toEqual([
      ['audiences/lapsing-to-tag.yaml', 'topic "Email", which no connection brings', 'email'],
      ['audiences/lapsing-to-tag.yaml', 'topic "ads", which no connection brings', undefined],
      ['segments/quiet.yaml', 'topic "emial", which no connection brings', 'email'],
      ['segments/quiet.yaml', 'topic "advertising", which no connection brings', undefined],
    ]);
  });

  it('is known from the settings of connections, and anything is where websites may send', async () => {
    const hubspot = `  hubspot:
    connector: hubspot
    streams: { contacts: hourly }
    opt_outs: { newsletter: hs_email_optout_8421 }
    subscriptions: { advertising: 77 }
`;
    const main = soundFiles['tributary.yaml'] ?? '';
    const both = segment('{ any: [{ subscribed: newsletter }, { consent: advertising }] }');

    expect((await checkWith({ 'tributary.yaml': `${main}${hubspot}`, 'segments/quiet.yaml': both })).problems).toEqual(
      [],
    );
    const collecting = `${main}collection: { write_keys: { shop: 0123456789abcdef0123456789abcdef } }\n`;
    expect((await checkWith({ 'tributary.yaml': collecting, 'segments/quiet.yaml': both })).problems).toEqual([]);
  });
});

describe('tests in segment files', () => {
  it('read a person as the deployment does, regions and traits of the workspace among the rest', async () => {
    const tributary = `${soundFiles['tributary.yaml']}traits: { home: { facet: demographic, type: country } }\n`;
    const segment = `segment: bavarians
when:
  all: [{ trait: address.country, is: DE }, { trait: address.region, is: DE-BY }, { not: { trait: address.city, is: Ulm } }]
tests:
  - name: written in words
    now: 2026-11-21T00:00:00Z
    profile: { traits: { address: { country: Germany, region: Bayern } } }
    member: true
`;

    expect(await checkWith({ 'tributary.yaml': tributary, 'segments/bavarians.yaml': segment })).toMatchObject({
      ok: true,
      problems: [],
      tests: 1,
    });
  });
});
