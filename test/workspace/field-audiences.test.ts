import { describe, expect, it } from 'vitest';
import { readWith } from './a-workspace.ts';

/** An audience of the sound workspace: `to` and what else its file says. */
function audience(id: string, to: string, more = ''): Record<string, string> {
  const text = `audience: ${id}\nsegment: lapsing\nto: ${to}\nmatch: [email]\nneeds: { subscribed: email }\n${more}`;
  return { [`audiences/${id}.yaml`]: text };
}

function problemsOf(...files: readonly Record<string, string>[]) {
  const { problems } = readWith(Object.assign({}, ...files) as Record<string, string>);
  return problems.map(({ file, code, found, expected }) => ({ file, code, found, expected }));
}

describe('an audience that is a field', () => {
  it('is taken with the defaults of its connector', () => {
    const { definitions, problems } = readWith(
      audience('vip', '{ connection: salesforce, field: VIP__c, value: true }'),
    );

    expect(problems).toEqual([]);
    expect(definitions?.audiences.find((one) => one.audience === 'vip')?.target).toEqual({
      field: 'VIP__c',
      value: true,
      object: 'contact',
    });
  });

  it('is told what is missing or wrong in its own words, also where its value is forgotten', () => {
    expect(problemsOf(audience('a', '{ connection: newsletter, merge_field: SEGMENT }'))).toEqual([
      {
        file: 'audiences/a.yaml',
        code: 'workspace/missing-key',
        found: 'no key "value"',
        expected: 'key "value": a text of at most 255 bytes, or a number',
      },
    ]);
    expect(problemsOf(audience('a', '{ connection: newsletter, merge_field: segment, value: Lapsing }'))).toMatchObject(
      [{ code: 'workspace/bad-value', found: '"segment"', expected: expect.stringContaining('upper-case') }],
    );
    expect(problemsOf(audience('a', '{ connection: newsletter, merge_field: SEGMENT, value: true }'))).toMatchObject([
      { found: 'true', expected: 'a text of at most 255 bytes, or a number' },
    ]);
  });

  it('takes the identifier of an external id among its match keys, and only then', () => {
    const to = (more: string) => `{ connection: salesforce, field: VIP__c, value: true${more} }`;
    const with_ = (more: string) =>
      problemsOf({
        'audiences/a.yaml': audience('a', to(more))['audiences/a.yaml']?.replace('[email]', '[user_id]') ?? '',
      });

    expect(with_(', external_id: { field: User_Id__c, type: user_id }')).toEqual([]);
    expect(with_('')).toMatchObject([{ code: 'workspace/unknown-match-key' }]);
  });

  it('makes no record, so it has no fields of one', () => {
    const fields = 'fields: { Reason__c: { value: lapsing } }\n';

    expect(problemsOf(audience('a', '{ connection: salesforce, field: VIP__c, value: true }', fields))).toMatchObject([
      { code: 'workspace/creates-nothing' },
    ]);
  });
});

describe('several audiences of one field', () => {
  const lapsing = '{ connection: newsletter, merge_field: SEGMENT, value: Lapsing }';
  const loyal = '{ connection: newsletter, merge_field: SEGMENT, value: Loyal }';
  const inGroup = (name: string, priority: number) => `group: { name: ${name}, priority: ${priority} }\n`;

  it('must be in one group', () => {
    const problem = {
      file: 'audiences/b.yaml',
      code: 'workspace/shared-field',
      found: 'the field member.SEGMENT of newsletter, which audiences/a.yaml sets too',
      expected: 'both audiences in one group, so that nobody is to have two values',
    };

    expect(problemsOf(audience('a', lapsing), audience('b', loyal))).toEqual([problem]);
    expect(problemsOf(audience('a', lapsing, inGroup('one', 1)), audience('b', loyal, inGroup('two', 1)))).toEqual([
      problem,
    ]);
    expect(problemsOf(audience('a', lapsing, inGroup('one', 1)), audience('b', loyal, inGroup('one', 2)))).toEqual([]);
  });

  it('are told apart by field and record, in whatever case the tool takes names', () => {
    const to = (rest: string) => `{ connection: salesforce, value: true, ${rest} }`;

    expect(problemsOf(audience('a', to('field: VIP__c')), audience('b', to('field: VIP__c, object: lead')))).toEqual(
      [],
    );
    expect(problemsOf(audience('a', to('field: VIP__c')), audience('b', to('field: vip__c')))).toMatchObject([
      { code: 'workspace/duplicate-target' },
      { code: 'workspace/shared-field' },
    ]);
  });
});
