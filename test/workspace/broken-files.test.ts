import { describe, expect, it } from 'vitest';
import { AUDIENCE, type Broken, MAIN, problemsWith, readWith, SEGMENT } from './a-workspace.ts';

const broken: readonly Broken[] = [
  {
    what: 'an unknown key',
    file: MAIN,
    from: 'timezone:',
    to: 'guardrail: { max_add: 20% }\ntimezone:',
    problem: {
      line: 2,
      column: 1,
      code: 'workspace/unknown-key',
      found: 'key "guardrail"',
      expected:
        'one of workspace, timezone, connections, collection, console, identity, traits, computed, learned, listening, measures, guardrails, privacy',
      suggestion: 'guardrails',
    },
  },
  {
    what: 'an unknown setting of a connector',
    file: MAIN,
    from: 'list: a1b2c3',
    to: 'list: a1b2c3\n    lokback: 30 days',
    problem: {
      line: 12,
      column: 5,
      code: 'workspace/unknown-key',
      found: 'key "lokback"',
      expected:
        'one of connector, endpoint, streams, webhook, event_bus, requests_per_day, erasure, quota, list, lookback',
      suggestion: 'lookback',
    },
  },
  {
    what: 'a setting that a connector refuses',
    file: MAIN,
    from: 'list: a1b2c3',
    to: 'list: "?"',
    problem: {
      line: 11,
      column: 11,
      code: 'workspace/bad-value',
      found: '"?"',
      expected: 'the list id that Mailchimp shows under Audience → Settings, e.g. a1b2c3d4e5',
    },
  },
  ...['+49 12', '+1 212 555 0100 ext. 4', 'info@'].map((value) => ({
    what: `a blocked value that blocks nobody: ${value}`,
    file: MAIN,
    from: 'timezone:',
    to: `identity:\n  blocked:\n    - demo-7\n    - "${value}"\ntimezone:`,
    problem: {
      line: 5,
      column: 7,
      code: 'workspace/bad-value',
      found: `"${value}"`,
      expected: 'an e-mail address, a phone number with its country code such as "+49 30 123456", or an id',
    },
  })),
  {
    what: 'a connection whose secret would be the identity key',
    file: MAIN,
    from: '  newsletter:\n',
    to: '  identity-key:\n    connector: mailchimp\n    list: a1b2c3\n  newsletter:\n',
    problem: {
      line: 8,
      column: 3,
      code: 'workspace/bad-value',
      found: 'key "identity-key"',
      expected: 'a name of lower-case letters, digits and hyphens, at most 40, other than "web" and "identity-key"',
    },
  },
  {
    what: 'a missing setting of a connector',
    file: MAIN,
    from: '    list: a1b2c3\n',
    to: '',
    problem: {
      line: 9,
      column: 5,
      code: 'workspace/missing-key',
      found: 'no key "list"',
      expected: 'key "list": a text',
    },
  },
  {
    what: 'a bad duration in a condition',
    file: SEGMENT,
    from: '30 days',
    to: '30 dayz',
    problem: {
      line: 6,
      column: 59,
      code: 'segment/bad-duration',
      found: '"30 dayz"',
      expected: 'a number of minutes, hours, days or weeks, such as "30 days"',
      suggestion: '30 days',
    },
  },
  {
    what: 'a bad duration of retention',
    file: MAIN,
    from: 'timezone:',
    to: 'privacy: { activities_kept: 400d }\ntimezone:',
    problem: {
      line: 2,
      column: 29,
      code: 'workspace/bad-duration',
      found: '"400d"',
      expected: 'a duration such as "30 days", "1 hour", "90 minutes" or "2 weeks"',
      suggestion: '400 days',
    },
  },
  {
    what: 'a bad percentage',
    file: AUDIENCE,
    from: 'when: nightly at 04:00',
    to: 'holdout: "10"',
    problem: {
      line: 6,
      column: 10,
      code: 'workspace/bad-percent',
      found: '"10"',
      expected: 'a percentage such as "20%"',
      suggestion: '10%',
    },
  },
  {
    what: 'a bad schedule',
    file: MAIN,
    from: 'every 15 minutes, activity',
    to: 'evry 15 minuts, activity',
    problem: {
      line: 12,
      column: 25,
      code: 'workspace/bad-schedule',
      found: '"evry 15 minuts"',
      expected: 'a schedule such as "every 15 minutes", "hourly", "nightly at 01:00" or "weekly on monday at 06:00"',
      suggestion: 'every 15 minutes',
    },
  },
  {
    what: 'a schedule in another time zone than the workspace',
    file: AUDIENCE,
    from: '04:00',
    to: '04:00 America/New_York',
    problem: {
      line: 6,
      column: 7,
      code: 'workspace/bad-schedule',
      found: 'time zone America/New_York',
      expected: 'Europe/Berlin, the time zone of the workspace, or none',
    },
  },
  {
    what: 'an unknown time zone',
    file: MAIN,
    from: 'Europe/Berlin',
    to: 'Europe/Berln',
    problem: {
      line: 2,
      column: 11,
      code: 'workspace/bad-timezone',
      found: '"Europe/Berln"',
      expected: 'an IANA time zone such as "Europe/Berlin"',
      suggestion: 'Europe/Berlin',
    },
  },
  {
    what: 'a time zone in another case than its own',
    file: MAIN,
    from: 'Europe/Berlin',
    to: 'Europe/berlin',
    problem: {
      line: 2,
      column: 11,
      code: 'workspace/bad-timezone',
      found: '"Europe/berlin"',
      expected: 'an IANA time zone such as "Europe/Berlin"',
      suggestion: 'Europe/Berlin',
    },
  },
  {
    what: 'a bad instant in a test',
    file: SEGMENT,
    from: 'when:',
    to: 'tests:\n  - { name: leap, now: 2026-02-30T00:00:00Z, profile: {}, member: true }\nwhen:',
    problem: {
      line: 4,
      column: 24,
      code: 'workspace/bad-instant',
      found: '"2026-02-30T00:00:00Z"',
      expected: 'an RFC 3339 instant such as "2026-11-21T00:00:00Z"',
    },
  },
  {
    what: 'a wrong type',
    file: AUDIENCE,
    from: 'match: [email]',
    to: 'match: email',
    problem: { line: 4, column: 8, code: 'workspace/wrong-type', found: '"email"', expected: 'a list' },
  },
  {
    what: 'a missing key',
    file: AUDIENCE,
    from: 'to: { connection: newsletter, tag: Lapsing }',
    to: 'to: { tag: Lapsing }',
    problem: {
      line: 3,
      column: 5,
      code: 'workspace/missing-key',
      found: 'no key "connection"',
      expected: 'key "connection": a text',
    },
  },
  {
    what: 'a word that is none of the possible ones',
    file: AUDIENCE,
    from: 'when:',
    to: 'mode: miror\nwhen:',
    problem: {
      line: 6,
      column: 7,
      code: 'workspace/bad-value',
      found: '"miror"',
      expected: 'one of "mirror", "add-only"',
      suggestion: 'mirror',
    },
  },
  {
    what: 'a target that the destination does not have',
    file: AUDIENCE,
    from: 'tag: Lapsing',
    to: 'tagg: Lapsing',
    problem: {
      line: 3,
      column: 31,
      code: 'workspace/unknown-key',
      found: 'key "tagg"',
      expected: 'one of tag, static_segment',
      suggestion: 'tag',
    },
  },
  {
    what: 'a key twice',
    file: SEGMENT,
    from: 'when:',
    to: 'persona: somebody-else\nwhen:',
    problem: {
      line: 3,
      column: 1,
      code: 'workspace/duplicate-key',
      found: 'key "persona" a second time',
      expected: 'each key once in a map',
    },
  },
  {
    what: 'a pasted API key',
    file: MAIN,
    from: 'list: a1b2c3',
    to: `list: a1b2c3\n    api_key: ${'0123456789abcdef'.repeat(2)}-us6`,
    problem: {
      line: 12,
      column: 14,
      code: 'workspace/secret-in-file',
      found: 'a value that looks like a secret',
      expected:
        'no secrets in a workspace: put it in Secrets Manager, or in TRIBUTARY_SECRET_<CONNECTION> on the local stage',
    },
  },
  {
    what: 'a tag of YAML',
    file: AUDIENCE,
    from: 'segment: lapsing',
    to: 'segment: !env lapsing',
    problem: { line: 2, column: 10, code: 'workspace/unknown-tag', found: '"!env"', expected: 'a value without a tag' },
  },
];

describe('readWorkspace', () => {
  it('accepts the sound workspace', () => {
    const { definitions, problems } = readWith({});

    expect(problems).toEqual([]);
    expect(definitions?.segments.map(({ segment }) => segment)).toEqual(['lapsing']);
  });

  it.each(broken)('points at $what', ({ file, from, to, problem }) => {
    expect(problemsWith(file, from, to)).toEqual([{ file, ...problem }]);
  });

  it('tells the problems of all files in one go, sorted by file and place', () => {
    const { problems } = readWith({
      'tributary.yaml': 'workspace: Acme\ntimezone: Mars/Olympus\n',
      'segments/lapsing.yaml': 'segment: lapsing\nwhen: {}\nreview: sometimes\n',
      'personas/careful-buyer.yaml': 'persona: careful-buyer\npriority: first\n',
      'audiences/lapsing-to-tag.yaml': 'audience: [\n',
    });

    expect(problems.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'audiences/lapsing-to-tag.yaml:2 workspace/bad-yaml',
      'personas/careful-buyer.yaml:2 workspace/wrong-type',
      'segments/lapsing.yaml:2 segment/missing-key',
      'segments/lapsing.yaml:3 workspace/bad-duration',
      'tributary.yaml:1 workspace/bad-value',
      'tributary.yaml:2 workspace/bad-timezone',
    ]);
  });

  it('never shows a secret, wherever it was pasted', () => {
    const secret = `${'0123456789abcdef'.repeat(2)}-us6`;
    const text = JSON.stringify([
      problemsWith('tributary.yaml', 'every 15 minutes', secret),
      problemsWith('tributary.yaml', 'list: a1b2c3', `list: ${secret}`),
      problemsWith('segments/lapsing.yaml', '30 days', secret),
      problemsWith('audiences/lapsing-to-tag.yaml', 'Lapsing', secret),
    ]);

    expect(text).toContain('workspace/secret-in-file');
    expect(text).not.toContain(secret);
  });
});
