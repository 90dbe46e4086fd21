import { describe, expect, it } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { lintWorkspace } from '../../lib/workspace/lint.ts';
import { AUDIENCE, MAIN, readWith, SEGMENT } from './a-workspace.ts';

const connectors = await loadConnectors(registry);

const main = `workspace: acme
timezone: Europe/Berlin
connections:
  nps:
    connector: forms
    preset: tally
    webhook: true
    mapping:
      identifiers: { email: answers.email }
      traits: { nps: { from: answers.nps, as: number } }
      activity: { name: NPS Answered }
  sms: { connector: webhook, url: "https://sms.example.com/members" }
`;
const segment = `segment: lapsing
when: { all: [{ trait: nps, lte: 6 }, { did: NPS Answered, within: 30 days }] }
`;
const audience = `audience: lapsing-to-tag
segment: lapsing
to: { connection: sms, list: Critics }
match: [phone]
fields: { first_name: { trait: nps } }
needs: {}
`;

function problemsOf(change: (text: string) => string, file = MAIN) {
  const files: Readonly<Record<string, string | undefined>> = {
    [MAIN]: main,
    [SEGMENT]: segment,
    [AUDIENCE]: audience,
    'personas/careful-buyer.yaml': undefined,
  };
  const { problems, sources } = readWith({ ...files, [file]: change(files[file] ?? '') });
  return [...problems, ...lintWorkspace(sources, connectors)];
}

describe('a workspace with a form and an endpoint', () => {
  it('has no problem, and knows what the mapping of the connection fills', () => {
    expect(problemsOf((text) => text)).toEqual([]);
  });

  it('is warned of a segment over what the mapping does not fill', () => {
    const problems = problemsOf((text) => text.replace('name: NPS Answered', 'name: Survey Answered'));

    expect(problems).toMatchObject([
      { file: SEGMENT, severity: 'warning', found: expect.stringContaining('NPS Answered') },
    ]);
  });

  it.each([
    ['from: answers.nps', 'form: answers.nps', { line: 10, expected: expect.stringContaining('a path, { from, as') }],
    ['identifiers:', 'identifier:', { line: 9, code: 'workspace/unknown-key', suggestion: 'identifiers' }],
    [
      'webhook: true',
      'webhook: true\n    streams: { responses: nightly at 01:00 }',
      { line: 8, code: 'workspace/refused-stream', expected: expect.stringContaining('preset tally') },
    ],
    ['preset: tally', 'preset: hmac', { line: 5, expected: expect.stringContaining('how the sender signs') }],
    ['preset: tally', 'preset: google', { line: 6, expected: expect.stringContaining('one of typeform') }],
    ['https://sms', 'http://sms', { line: 12, expected: expect.stringContaining('https URL') }],
  ])('says where "%s" is written "%s"', (from, to, problem) => {
    expect(problemsOf((text) => text.replace(from, to))).toContainEqual(
      expect.objectContaining({ file: MAIN, ...problem }),
    );
  });

  it('refuses a field that an endpoint cannot be told', () => {
    const problems = problemsOf((text) => text.replace('first_name', '"first name"'), AUDIENCE);

    expect(problems).toMatchObject([{ file: AUDIENCE, line: 5, found: expect.stringContaining('of a new member') }]);
  });
});
