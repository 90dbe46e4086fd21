import { describe, expect, it } from 'vitest';
import type { Problem } from '../../lib/workspace/problem.ts';
import { problemsWith, readWith, soundFiles } from './a-workspace.ts';

interface Broken {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly problem: Omit<Problem, 'file'>;
}

const MAIN = 'tributary.yaml';
const SEGMENT = 'segments/lapsing.yaml';
const AUDIENCE = 'audiences/lapsing-to-tag.yaml';

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
      expected: 'one of workspace, timezone, connections, collection, identity, guardrails, privacy',
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
      expected: 'one of connector, endpoint, streams, webhook, quota, list, lookback',
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
    from: 'when: nightly at 02:00',
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
      expected:
        'a schedule such as "every 15 minutes", "hourly", "nightly at 01:00" or "weekly on monday at 06:00"',
      suggestion: 'every 15 minutes',
    },
  },
  {
    what: 'a schedule in another time zone than the workspace',
    file: AUDIENCE,
    from: '02:00',
    to: '02:00 America/New_York',
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
    what: 'a missing segment in an audience',
    file: AUDIENCE,
    from: 'segment: lapsing',
    to: 'segment: lapsin',
    problem: {
      line: 2,
      column: 10,
      code: 'workspace/unknown-segment',
      found: 'segment "lapsin"',
      expected: 'one of lapsing',
      suggestion: 'lapsing',
    },
  },
  {
    what: 'a missing segment in a condition',
    file: SEGMENT,
    from: '{ trait: lifecycle_stage, is: customer }',
    to: '{ segment: customers }',
    problem: {
      line: 5,
      column: 18,
      code: 'workspace/unknown-segment',
      found: 'segment "customers"',
      expected: 'one of lapsing',
    },
  },
  {
    what: 'a missing persona',
    file: SEGMENT,
    from: 'persona: careful-buyer',
    to: 'persona: careful-byer',
    problem: {
      line: 2,
      column: 10,
      code: 'workspace/unknown-persona',
      found: 'persona "careful-byer"',
      expected: 'one of careful-buyer',
      suggestion: 'careful-buyer',
    },
  },
  {
    what: 'a missing connection',
    file: AUDIENCE,
    from: 'connection: newsletter',
    to: 'connection: newsleter',
    problem: {
      line: 3,
      column: 19,
      code: 'workspace/unknown-connection',
      found: 'connection "newsleter"',
      expected: 'one of salesforce, newsletter',
      suggestion: 'newsletter',
    },
  },
  {
    what: 'a missing connection in identity rules',
    file: MAIN,
    from: 'timezone:',
    to: 'identity: { priorities: { title: [salesforce, sap] } }\ntimezone:',
    problem: {
      line: 2,
      column: 47,
      code: 'workspace/unknown-connection',
      found: 'connection "sap"',
      expected: 'one of salesforce, newsletter',
    },
  },
  {
    what: 'an unknown connector',
    file: MAIN,
    from: 'connector: mailchimp',
    to: 'connector: mailchip',
    problem: {
      line: 9,
      column: 16,
      code: 'workspace/unknown-connector',
      found: 'connector "mailchip"',
      expected: 'one of mailchimp, salesforce',
      suggestion: 'mailchimp',
    },
  },
  {
    what: 'an unknown stream',
    file: MAIN,
    from: 'contacts: every',
    to: 'contact: every',
    problem: {
      line: 6,
      column: 16,
      code: 'workspace/unknown-stream',
      found: 'stream "contact"',
      expected: 'one of accounts, activities, contacts, leads',
      suggestion: 'contacts',
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
    what: 'an unknown match key',
    file: AUDIENCE,
    from: 'match: [email]',
    to: 'match: [email, phone]',
    problem: {
      line: 4,
      column: 16,
      code: 'workspace/unknown-match-key',
      found: 'match key "phone"',
      expected: 'one of email',
    },
  },
  {
    what: 'a name that is not the name of the file',
    file: AUDIENCE,
    from: 'audience: lapsing-to-tag',
    to: 'audience: lapsing-to-mailchimp',
    problem: {
      line: 1,
      column: 11,
      code: 'workspace/file-name',
      found: '"lapsing-to-mailchimp"',
      expected: '"lapsing-to-tag", the name of the file',
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
    what: 'a window longer than activities are kept',
    file: SEGMENT,
    from: '30 days',
    to: '401 days',
    problem: {
      line: 6,
      column: 59,
      code: 'workspace/window-too-long',
      found: '"401 days"',
      expected: 'at most 400 days, for which activities are kept (privacy.activities_kept)',
    },
  },
  {
    what: 'a tag of YAML',
    file: AUDIENCE,
    from: 'segment: lapsing',
    to: 'segment: !env lapsing',
    problem: { line: 2, column: 10, code: 'workspace/unknown-tag', found: '"!env"', expected: 'a value without a tag' },
  },
  {
    what: 'a segment that names itself',
    file: SEGMENT,
    from: '{ trait: lifecycle_stage, is: customer }',
    to: '{ segment: lapsing }',
    problem: {
      line: 5,
      column: 18,
      code: 'segment/cycle',
      found: 'the cycle lapsing → lapsing',
      expected: 'segments that do not lead back to themselves',
    },
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

  it('names the cycle, at the reference that begins it', () => {
    const { definitions, problems } = readWith({
      'segments/a.yaml': 'segment: a\nwhen: { all: [ { trait: x, is: 1 }, { segment: b } ] }\n',
      'segments/b.yaml': 'segment: b\nwhen: { not: { segment: c } }\n',
      'segments/c.yaml': 'segment: c\nwhen:\n  any:\n    - { segment: a }\n',
    });

    expect(definitions).toBeUndefined();
    expect(problems).toEqual([
      {
        file: 'segments/a.yaml',
        line: 2,
        column: 48,
        code: 'segment/cycle',
        found: 'the cycle a → b → c → a',
        expected: 'segments that do not lead back to themselves',
      },
    ]);
  });

  it('says where a name is taken', () => {
    const copy = soundFiles['audiences/lapsing-to-tag.yaml']?.replace('tag: Lapsing', 'tag: Other');

    expect(readWith({ 'audiences/other.yaml': copy }).problems).toEqual([
      {
        file: 'audiences/other.yaml',
        line: 1,
        column: 11,
        code: 'workspace/duplicate-id',
        found: 'audience "lapsing-to-tag", which is in audiences/lapsing-to-tag.yaml',
        expected: '"other", the name of the file',
      },
    ]);
  });

  it('refuses two audiences that fill one list', () => {
    const copy = soundFiles['audiences/lapsing-to-tag.yaml']?.replace('lapsing-to-tag', 'other');

    expect(readWith({ 'audiences/other.yaml': copy }).problems).toEqual([
      {
        file: 'audiences/other.yaml',
        line: 3,
        column: 5,
        code: 'workspace/duplicate-target',
        found: 'the list that audiences/lapsing-to-tag.yaml fills',
        expected: 'a list of its own for each audience',
      },
    ]);
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
