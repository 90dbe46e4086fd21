import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { checkWorkspace } from '../../lib/workspace/check.ts';
import { checkWith, soundFiles } from './a-workspace.ts';

const readers = `segment: readers
when: { did: Email Opened, within: 60 days }
`;

describe('checkWorkspace', () => {
  it('accepts the sound workspace', async () => {
    expect(await checkWith({})).toEqual({ ok: true, problems: [], tests: 0 });
  });

  it.each(['acme', 'starter', 'everything'])('accepts the example %s without a warning', async (name) => {
    const result = await checkWorkspace(join(import.meta.dirname, '..', '..', 'examples', name), regionsAskedFor);

    expect(result).toMatchObject({ ok: true, problems: [] });
    expect(result.tests).toBeGreaterThan(0);
  });

  it.each([
    ['Europe/Berlin', ['workspace/skipped-time']],
    ['America/New_York', ['workspace/skipped-time']],
    ['Asia/Tokyo', []],
  ])('warns of a time that %s leaves out in spring, where it does', async (timezone, codes) => {
    const audience = soundFiles['audiences/lapsing-to-tag.yaml'] ?? '';
    const tributary = soundFiles['tributary.yaml'] ?? '';

    const { ok, problems } = await checkWith({
      'tributary.yaml': tributary.replace('Europe/Berlin', timezone),
      'audiences/lapsing-to-tag.yaml': audience.replace('04:00', '02:30'),
    });

    expect([ok, problems.map(({ code }) => code)]).toEqual([true, codes]);
  });

  it.each([
    ['tributary.yaml is no YAML', 'connections:\n\tsalesforce: {}\n', ['workspace/bad-yaml']],
    [
      'a connector is unknown',
      soundFiles['tributary.yaml']?.replace('connector: mailchimp', 'connector: mailchmp') ?? '',
      ['workspace/unknown-connector'],
    ],
  ])('blames no segment for what no connection brings when %s', async (_what, text, codes) => {
    const { problems } = await checkWith({ 'tributary.yaml': text });

    expect(problems.map(({ code }) => code)).toEqual(codes);
  });

  it('runs the tests of a segment and says what came out instead', async () => {
    const result = await checkWith({
      'segments/readers.yaml': `${readers}tests:
  - name: an opening counts for 60 days
    now: 2026-11-21T00:00:00Z
    profile: { activities: [{ name: Email Opened, at: 2026-11-01T00:00:00Z }] }
    member: true
    flips_at: 2026-12-31T00:00:00Z
  - name: somebody else's flip
    now: 2026-11-21T00:00:00Z
    profile: { activities: [{ name: Email Opened, at: 2026-11-01T00:00:00Z }] }
    member: true
    flips_at: 2026-12-30T00:00:00Z
  - name: nobody reads
    now: 2026-11-21T00:00:00Z
    profile: {}
    member: true
  - name: a reader forever
    now: 2026-11-21T00:00:00Z
    profile: { activities: [{ name: Email Opened, at: 2026-11-01T00:00:00Z }] }
    member: true
    flips_at: null
`,
    });

    expect(result).toEqual({
      ok: false,
      tests: 4,
      problems: [
        {
          file: 'segments/readers.yaml',
          line: 13,
          column: 15,
          code: 'workspace/test-failed',
          found: 'an answer that flips at 2026-12-31T00:00:00.000Z',
          expected: "an answer that flips at 2026-12-30T00:00:00.000Z: somebody else's flip",
        },
        {
          file: 'segments/readers.yaml',
          line: 17,
          column: 13,
          code: 'workspace/test-failed',
          found: 'not a member (when does not hold)',
          expected: 'a member: nobody reads',
        },
        {
          file: 'segments/readers.yaml',
          line: 22,
          column: 15,
          code: 'workspace/test-failed',
          found: 'an answer that flips at 2026-12-31T00:00:00.000Z',
          expected: 'an answer that never flips: a reader forever',
        },
      ],
    });
  });

  it('answers a segment of segments from the whole workspace, or from what the test says', async () => {
    const result = await checkWith({
      'segments/readers.yaml': readers,
      'segments/quiet.yaml': `segment: quiet
when: { not: { segment: readers } }
tests:
  - name: a reader by what she did
    now: 2026-11-21T00:00:00Z
    profile: { activities: [{ name: Email Opened, at: 2026-11-01T00:00:00Z }] }
    member: false
  - name: a reader by word
    now: 2026-11-21T00:00:00Z
    profile: { segments: [readers] }
    member: false
`,
    });

    expect(result).toEqual({ ok: true, problems: [], tests: 2 });
  });

  it('warns of a trait and an activity that no connection brings, with what was probably meant', async () => {
    const result = await checkWith({
      'segments/odd.yaml': `segment: odd
when:
  any:
    - { trait: lifecyle_stage, is: customer }
    - { did: Email Openned }
    - { did: Email Opened, followed_by: { did: Order Completed, within: 3 days }, within: 30 days }
    - { trait: mailchimp.merge.CITY, exists: true }
    - { trait: address, exists: true }
`,
    });

    expect(result).toEqual({
      ok: true,
      tests: 0,
      problems: [
        {
          file: 'segments/odd.yaml',
          line: 4,
          column: 16,
          code: 'workspace/unfilled-trait',
          found: 'trait "lifecyle_stage", which no connection brings',
          expected: 'one that a connection brings',
          suggestion: 'lifecycle_stage',
          severity: 'warning',
        },
        {
          file: 'segments/odd.yaml',
          line: 5,
          column: 14,
          code: 'workspace/unfilled-activity',
          found: 'activity "Email Openned", which no connection brings',
          expected: 'one that a connection brings',
          suggestion: 'Email Opened',
          severity: 'warning',
        },
        {
          file: 'segments/odd.yaml',
          line: 6,
          column: 48,
          code: 'workspace/unfilled-activity',
          found: 'activity "Order Completed", which no connection brings',
          expected: 'one that a connection brings',
          severity: 'warning',
        },
      ],
    });
  });

  it('knows computed traits, and warns of an activity behind one that no connection brings', async () => {
    const result = await checkWith({
      'tributary.yaml': `${soundFiles['tributary.yaml']}computed:
  channel: {}
  best_hour: { from: [{ did: Email Openned }] }
`,
      'segments/by-mail.yaml': 'segment: by-mail\nwhen: { trait: computed.channel, is: email }\n',
      'segments/happy.yaml': 'segment: happy\nwhen: { trait: computed.sentiment, gt: 0.5 }\n',
    });

    expect(result.problems.map(({ file, code, found }) => [file, code, found])).toEqual([
      ['segments/happy.yaml', 'workspace/unfilled-trait', 'trait "computed.sentiment", which no connection brings'],
      ['tributary.yaml', 'workspace/unfilled-activity', 'activity "Email Openned", which no connection brings'],
    ]);
  });

  it('knows learned traits, and what of them looks back too far, is misspelled, or nobody brings', async () => {
    const written = (learned: string) => ({ 'tributary.yaml': `${soundFiles['tributary.yaml']}learned:\n${learned}` });
    const wrong = await checkWith(
      written(`  at: nightly at 02:30
  rfm: { did: Email Openned, within: 500 days }
  clusters: { clusters: 1-3 }
  propensity:
    Opens: { did: Email Opened }
`),
    );
    const far = await checkWith(written('  propensity: { opens: { did: Email Opened, within: 150 days } }\n'));
    const sound = await checkWith({
      ...written('  propensity: { opens: { did: Email Opened, from: { opened: { did: Email Opened } } } }\n'),
      'segments/likely.yaml': 'segment: likely\nwhen: { trait: learned.propensity.opens, gt: 0.5 }\n',
      'segments/best.yaml': 'segment: best\nwhen: { trait: learned.rfm.cell, is: Champions }\n',
    });

    expect(sound.problems.map(({ file, code, found }) => [file, code, found])).toEqual([
      ['segments/best.yaml', 'workspace/unfilled-trait', 'trait "learned.rfm.cell", which no connection brings'],
    ]);
    expect(wrong.problems.map(({ code, found }) => [code, found])).toEqual([
      ['workspace/skipped-time', '02:30, which Europe/Berlin leaves out on the day on which summer time begins'],
      ['workspace/unfilled-activity', 'activity "Email Openned", which no connection brings'],
      ['workspace/bad-value', expect.stringContaining('1-3')],
      ['workspace/bad-value', expect.stringContaining('Opens')],
    ]);
    expect(far.problems.map(({ code, found, expected }) => [code, found, expected])).toEqual([
      [
        'workspace/window-too-long',
        '450 days of history, 3 times its window',
        'at most 400 days, for which activities are kept (privacy.activities_kept)',
      ],
    ]);
  });

  it('does not warn of names where websites may send any', async () => {
    const result = await checkWith({
      'tributary.yaml': `${soundFiles['tributary.yaml']}collection: { write_keys: { web: wk_acme_web_1 } }\n`,
      'segments/buyers.yaml': 'segment: buyers\nwhen: { did: Order Completed }\n',
    });

    expect(result.problems).toEqual([]);
  });

  it('warns of personas without a segment, pushes without a message, repeated and constant conditions', async () => {
    const result = await checkWith({
      'personas/nobody.yaml': 'persona: nobody\n',
      'personas/careful-buyer.yaml': 'persona: careful-buyer\nmessages: { web: Compare totals }\n',
      'segments/readers.yaml': readers,
      'segments/readers-again.yaml': readers.replace('readers', 'readers-again'),
      'segments/everybody.yaml': 'segment: everybody\nwhen: { bucket: { salt: s, from: 0%, to: 100% } }\n',
    });

    expect(result.ok).toBe(true);
    expect(result.problems).toEqual([
      {
        file: 'audiences/lapsing-to-tag.yaml',
        line: 5,
        column: 22,
        code: 'workspace/no-message',
        found: 'channel "email", for which persona "careful-buyer" has no message',
        expected: 'messages.email in personas/careful-buyer.yaml',
        severity: 'warning',
      },
      {
        file: 'personas/nobody.yaml',
        line: 1,
        column: 10,
        code: 'workspace/unused-persona',
        found: 'persona "nobody" without a segment',
        expected: 'a segment that reaches it',
        severity: 'warning',
      },
      {
        file: 'segments/everybody.yaml',
        line: 2,
        column: 7,
        code: 'workspace/constant-leaf',
        found: 'a condition that always holds',
        expected: 'one that holds for some people',
        severity: 'warning',
      },
      {
        file: 'segments/readers.yaml',
        line: 2,
        column: 7,
        code: 'workspace/repeated-segment',
        found: 'the condition of segments/readers-again.yaml',
        expected: '{ segment: readers-again }, or a condition of its own',
        severity: 'warning',
      },
    ]);
  });

  it('warns of conditions that exclude each other, that mean the same in other words, and that keep too much', async () => {
    const result = await checkWith({
      'segments/never.yaml': `segment: never
when:
  all:
    - { trait: lifecycle_stage, is: customer }
    - not: { trait: lifecycle_stage, is: customer }
`,
      'segments/nobody-between.yaml': `segment: nobody-between
when:
  all:
    - { trait: address.country, gt: 10 }
    - { trait: address.country, lte: 10 }
`,
      'segments/readers.yaml': readers,
      'segments/readers-in-other-words.yaml': `segment: readers-in-other-words
when: { any: [{ not: { not: { within: 60 days, did: Email Opened } } }] }
`,
      'segments/readers-by-name.yaml': 'segment: readers-by-name\nwhen: { segment: readers }\n',
      'segments/spenders.yaml': `segment: spenders
when:
  any:
    - { did: Email Opened, sum: { property: value, gt: 1 }, within: 365 days }
    - { did: Email Opened, count: { at_least: 5 }, within: 365 days }
    - { did: Email Opened, followed_by: { did: Email Link Clicked, within: 1 day } }
    - { did: Email Opened, regularly: { in: 3, of: 20 weeks } }
`,
    });

    const found = result.problems.map(
      ({ file, line, column, code, found }) => `${file}:${line}:${column} ${code} ${found}`,
    );
    expect(found).toEqual([
      'segments/never.yaml:3:3 workspace/constant-leaf a condition that never holds',
      'segments/nobody-between.yaml:5:7 workspace/constant-leaf a condition that never holds',
      'segments/readers.yaml:2:7 workspace/repeated-segment the condition of segments/readers-in-other-words.yaml',
      'segments/spenders.yaml:4:69 workspace/expensive-window 365 days, all of it kept',
      'segments/spenders.yaml:6:14 workspace/expensive-window everything ever done, all of it kept',
      'segments/spenders.yaml:7:39 workspace/expensive-window 20 weeks, all of it kept',
    ]);
    expect(result.problems.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  it('fails on errors and still tells the warnings', async () => {
    const result = await checkWith({ 'personas/nobody.yaml': 'persona: nobody\nage: 4\n' });

    expect(result.ok).toBe(false);
    expect(result.problems.map(({ code }) => code)).toEqual(['workspace/unused-persona', 'workspace/unknown-key']);
  });
});
