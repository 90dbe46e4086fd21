import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { compile, versionOf } from '../../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../../lib/domain/segment/document.ts';
import type { Receipt } from '../../../lib/domain/segment/receipt.ts';
import { type Sentence, sentence } from '../../../lib/domain/segment/sentence.ts';
import type { SegmentDefinition } from '../../../lib/domain/segment.ts';
import { readTrait } from './ask.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

const lapsing: SegmentDefinition = {
  segment: 'lapsing',
  when: {
    all: [
      { trait: 'lifecycle_stage', is: 'customer' },
      { did: 'Order Completed', count: { at_least: 2 }, within: '365 days' },
      { any: [{ trait: 'address.country', in: ['DE', 'AT'] }, { segment: 'readers' }] },
      { not: { trait: 'email', ends_with: '@example.org' } },
      { trait: 'score', gt: 5 },
    ],
  },
};

const ann: Json = {
  id: 'ann',
  traits: { lifecycle_stage: 'Customer', address: { country: 'FR' }, score: '7' },
  activities: [
    { id: 'o1', name: 'Order Completed', at: '2026-03-01T10:00:00Z' },
    { id: 'o2', name: 'Order Completed', at: '2026-06-01T10:00:00Z' },
    { id: 'o3', name: 'Order Completed', at: '2020-06-01T10:00:00Z' },
  ],
  segments: ['readers'],
};

function answer(definition: SegmentDefinition, profile: Json) {
  const read = readDocument(profile, readTrait);
  if (!read.ok) throw new Error(read.reason);
  return evaluateDocument(compile([definition], { timezone: 'Europe/Berlin' }), read.document, NOW);
}

describe('explain', () => {
  it('says of every leaf what it saw, what it wanted and why it held or not', () => {
    const { when } = lapsing;
    const wanted = (when as { all: readonly Json[] }).all;

    expect(answer(lapsing, ann).receipt).toEqual<Receipt>({
      segment: 'lapsing',
      version: versionOf(lapsing),
      leaves: [
        { path: 'when.all[0]', held: true, saw: 'Customer', wanted: wanted[0] as Json, because: 'match', events: [] },
        {
          path: 'when.all[1]',
          held: true,
          saw: { count: 2 },
          wanted: wanted[1] as Json,
          because: 'match',
          events: [
            { id: 'o2', at: '2026-06-01T10:00:00.000Z' },
            { id: 'o1', at: '2026-03-01T10:00:00.000Z' },
          ],
        },
        {
          path: 'when.all[2].any[0]',
          held: false,
          saw: 'FR',
          wanted: { trait: 'address.country', in: ['DE', 'AT'] },
          because: 'no-match',
          events: [],
        },
        {
          path: 'when.all[2].any[1]',
          held: true,
          saw: true,
          wanted: { segment: 'readers' },
          because: 'match',
          events: [],
        },
        {
          path: 'when.all[3].not',
          held: false,
          saw: null,
          wanted: { trait: 'email', ends_with: '@example.org' },
          because: 'missing',
          events: [],
        },
        {
          path: 'when.all[4]',
          held: false,
          saw: '7',
          wanted: { trait: 'score', gt: 5 },
          because: 'mismatch',
          events: [],
        },
      ],
    });
  });

  it('counts all that was done, not only what a profile keeps', () => {
    const many = Array.from({ length: 30 }, (_, day) => ({
      name: 'A',
      at: new Date(NOW - day * 3_600_000).toISOString(),
    }));

    const [leaf] = answer({ segment: 's', when: { did: 'A' } }, { activities: many }).receipt.leaves;

    expect(leaf).toMatchObject({ saw: { count: 30 } });
    expect(leaf?.events).toHaveLength(10);
  });

  it.each<[string, Json, Json, Json, string]>([
    [
      'a sum',
      { did: 'A', sum: { property: 'v', gt: 3 } },
      { activities: [{ name: 'A', at: '2026-11-20T00:00:00Z', properties: { v: 2 } }] },
      { sum: 2 },
      'no-match',
    ],
    ['no average', { did: 'A', avg: { property: 'v', gt: 3 } }, {}, { avg: null }, 'missing'],
    [
      'the last',
      { did: 'A', last: { within_last: '3 days' } },
      { activities: [{ name: 'A', at: '2026-11-20T00:00:00Z' }] },
      { last: '2026-11-20T00:00:00.000Z' },
      'match',
    ],
    [
      'periods',
      { did: 'A', regularly: { in: 2, of: '3 days' } },
      { activities: [{ name: 'A', at: '2026-11-20T00:00:00Z' }] },
      { periods: 1 },
      'no-match',
    ],
    [
      'how long',
      { has_been: { trait: 'a', is: 1, for: '3 days' } },
      { traits: { a: 1 }, since: { a: '2026-11-20T00:00:00Z' } },
      { value: 1, since: '2026-11-20T00:00:00.000Z' },
      'no-match',
    ],
    ['consent', { consent: 'ads' }, {}, false, 'no-match'],
  ])('sees %s', (_what, when, profile, saw, because) => {
    const { receipt } = answer({ segment: 's', when: when as SegmentDefinition['when'] }, profile);

    expect(receipt.leaves).toMatchObject([{ saw, because }]);
  });
});

describe('sentence', () => {
  it('tells the receipt as a tree', () => {
    const lines: string[] = [];
    const print = ({ held, text, parts }: Sentence, depth: number): void => {
      lines.push(`${'  '.repeat(depth)}${held ? '+' : '-'} ${text}`);
      for (const part of parts) print(part, depth + 1);
    };

    print(sentence(answer(lapsing, ann).receipt), 0);

    expect(lines).toEqual([
      '- all of these (4 of 5 hold):',
      '  + lifecycle_stage is customer — it is Customer',
      '  + did Order Completed at least 2 times within 365 days — done 2 times, last on 2026-06-01 10:00 UTC',
      '  + at least one of these (1 of 2 holds):',
      '    - address.country is DE or AT — it is FR',
      '    + in segment readers — is in it',
      '  + none of this:',
      '    - email ends with @example.org — there is no value',
      '  - score is greater than 5 — it is "7", which this cannot be compared with',
    ]);
  });
});
