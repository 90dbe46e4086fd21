import { describe, expect, it } from 'vitest';
import { AUDIENCE, type Broken, MAIN, problemsWith, readWith, SEGMENT, soundFiles } from './a-workspace.ts';

const broken: readonly Broken[] = [
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
    what: 'how long a learned trait has had its value',
    file: SEGMENT,
    from: '{ trait: lifecycle_stage, is: customer }',
    to: '{ has_been: { trait: learned.cluster, is: A, for: 30 days } }',
    problem: {
      line: 5,
      column: 28,
      code: 'workspace/learned-has-been',
      found: 'has_been on "learned.cluster", which is scored anew each night and so has no value for longer',
      expected: 'the trait by itself, or has_been on a trait that a source tells',
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
    what: 'fields where an addition makes no record',
    file: AUDIENCE,
    from: 'match: [email]',
    to: 'match: [email]\nfields: { FNAME: { trait: lifecycle_stage } }',
    problem: {
      line: 5,
      column: 9,
      code: 'workspace/creates-nothing',
      found: 'fields, and an addition makes no record in mailchimp',
      expected: 'no fields',
    },
  },
  {
    what: 'a field that an addition may not set',
    file: AUDIENCE,
    from: 'to: { connection: newsletter, tag: Lapsing }\nmatch: [email]',
    to: 'to: { connection: salesforce, campaign: Lapsing }\nmatch: [email]\nfields: { Status: { value: Sent } }',
    problem: {
      line: 5,
      column: 11,
      code: 'workspace/unknown-field',
      found: '"Status" of a new campaign member',
      expected: 'member_status of the connection instead',
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
      expected:
        'one of files, forms, google-ads, google-analytics, hubspot, klaviyo, linkedin, mailchimp, meta, salesforce, sendgrid, surveymonkey, webhook',
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
      expected: 'one of accounts, activities, contacts, leads, opportunities',
      suggestion: 'contacts',
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

  it.each([
    ['a tag in another case, in which Mailchimp finds the same', 'tag: Lapsing', 'tag: lapsing'],
    ['a tag with blanks around it', 'tag: Lapsing', "tag: 'Lapsing '"],
    ['a tag under its other name', 'tag: Lapsing', 'static_segment: Lapsing'],
    ['a campaign in another case', 'campaign: Spring', 'campaign: SPRING'],
    ['a field in another case with the same value', 'field: VIP__c, value: true', "field: vip__c, value: 'true'"],
  ])('refuses two audiences of one list that is written in two ways: %s', (_, one, other) => {
    const connection = one.startsWith('tag') ? 'newsletter' : 'salesforce';
    const [a, b] = [one, other].map((target, at) => {
      const group = `group: { name: offers, priority: ${at + 1} }`;
      return `audience: ${'ab'[at]}\nsegment: lapsing\nto: { connection: ${connection}, ${target} }\nmatch: [email]\n${group}\n`;
    });

    expect(
      readWith({ 'audiences/lapsing-to-tag.yaml': undefined, 'audiences/a.yaml': a, 'audiences/b.yaml': b }),
    ).toMatchObject({ problems: [{ file: 'audiences/b.yaml', code: 'workspace/duplicate-target' }] });
  });

  it('takes two audiences of one name in two connections, or in a tool that tells case apart', () => {
    const hook = `${soundFiles['tributary.yaml']}  own:\n    connector: webhook\n    url: https://hooks.example.com/lists\n`;
    const to = (audience: string, target: string) =>
      `audience: ${audience}\nsegment: lapsing\nto: { ${target} }\nmatch: [email]\n`;

    const files = {
      'tributary.yaml': hook,
      'audiences/a.yaml': to('a', 'connection: own, list: Lapsing'),
      'audiences/b.yaml': to('b', 'connection: own, list: lapsing'),
      'audiences/c.yaml': to('c', 'connection: salesforce, campaign: Lapsing'),
    };

    expect(readWith(files).problems).toEqual([]);
  });
});
