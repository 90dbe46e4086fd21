import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Proposal, proposals, type ReasonCode } from '../../../lib/domain/review/proposal.ts';
import { propose } from '../../../lib/domain/review/propose.ts';
import type { Findings, Review } from '../../../lib/domain/review/review.ts';
import { reviewPage } from '../../../lib/domain/review/review-page.ts';

const calm: Findings = {
  segment: 'readers',
  title: 'Readers',
  at: '2026-11-21T02:30:00.000Z',
  since: '2026-11-14',
  people: 1_000,
  size: { now: 200, before: 190, change: 0.05 },
  movement: { days: 7, entered: 15, left: 5, churn: 0.02 },
  engagement: null,
  accuracy: { label: null, sample: null },
  performance: null,
  lift: [],
  overlaps: [],
  leaves: [],
  coverage: [],
  feedback: { comments: [], commented: 0, nps: null, sentiment: null },
  cost: { runs: 0, added: 0, removed: 0, calls: 0 },
};

const performance = {
  metric: 'conversion',
  share: true,
  value: 0.02,
  baseline: 0.02,
  target: 0.04,
  expected: 0.03,
  progress: 0,
  elapsed: 0.5,
  since: '2026-01-01',
  by: '2026-12-31',
  standing: 'behind',
  asked: 200,
  owner: null,
  budget: null,
  spent: null,
} as const;
const told = (value: number) =>
  ({ told: true, value, least: value - 0.01, most: value + 0.01, exposed: 0.1, heldOut: 0.1, sure: true }) as const;
const lift = (value: number) =>
  ({
    experiment: 'e',
    exposed: 180,
    heldOut: 40,
    metric: 'conversion',
    since: 'exposure',
    objective: told(value),
    revenue: { told: false, because: 'not measured' },
  }) as const;
const leaf = (letsIn: number, keepsOut: number) => ({ path: 'when.any[0]', leaf: 'a leaf', letsIn, keepsOut });

const cases: readonly (readonly [string, Partial<Findings>, Proposal, ReasonCode])[] = [
  ['nothing to say', {}, 'keep', 'nothing-to-say'],
  ['nobody, ever', { size: { now: 0, before: 0, change: null } }, 'retire', 'empty'],
  ['nobody any more', { size: { now: 0, before: 40, change: -1 } }, 'fix', 'emptied'],
  ['another size', { size: { now: 90, before: 190, change: -0.53 } }, 'fix', 'drift'],
  ['nearly everybody', { size: { now: 900, before: 880, change: 0.02 } }, 'split', 'everybody'],
  ['behind its pace', { performance }, 'fix', 'behind'],
  [
    'missed, and no lift',
    { performance: { ...performance, standing: 'missed', elapsed: 1 } },
    'retire',
    'missed-without-lift',
  ],
  [
    'missed, and it helps',
    { performance: { ...performance, standing: 'missed', elapsed: 1 }, lift: [lift(0.05)] },
    'fix',
    'missed',
  ],
  ['reached', { performance: { ...performance, standing: 'reached' } }, 'keep', 'reached'],
  [
    'more spent than there is',
    {
      performance: {
        ...performance,
        standing: 'reached',
        budget: '5 USD',
        spent: { dollars: 6, to: '2026-06-30', share: 1.2 },
      },
    },
    'fix',
    'over-budget',
  ],
  ['harm', { lift: [lift(-0.05)] }, 'retire', 'harm'],
  [
    'the same people',
    { overlaps: [{ a: 'readers', b: 'openers', both: 195, jaccard: 0.95, shareOfA: 0.98, shareOfB: 0.97 }] },
    'merge',
    'same-people',
  ],
  [
    'wrong members',
    { accuracy: { label: null, sample: { right: 10, wrong: 30, precision: { value: 0.25, least: 0.14, most: 0.4 } } } },
    'fix',
    'wrong-members',
  ],
  ['an idle leaf', { leaves: [leaf(0, 20), leaf(0, 0)] }, 'fix', 'idle-leaf'],
  ['two groups', { leaves: [leaf(90, 0), leaf(80, 0)] }, 'split', 'two-groups'],
  ['a trait hardly anybody has', { coverage: [{ trait: 'plan', members: 200, everybody: 150 }] }, 'fix', 'thin-trait'],
  [
    'unhappy members',
    { feedback: { ...calm.feedback, nps: { score: -20, promoters: 10, passives: 10, detractors: 20 } } },
    'fix',
    'unhappy',
  ],
];

describe('propose', () => {
  it.each(cases)('of %s proposes what its reason says', (_, found, proposal, code) => {
    const proposed = propose({ ...calm, ...found });

    expect(proposed.proposal).toBe(proposal);
    expect(proposed.reasons[0]).toMatchObject({ proposal, code, says: expect.any(String) as string });
  });

  it('lets a guard stand against whom nobody is', () => {
    const guard = { ...leaf(0, 0), path: 'when.all[1].not' };

    expect(propose({ ...calm, leaves: [leaf(0, 20), guard] })).toMatchObject({ proposal: 'keep' });
  });

  it('says nothing of too few people', () => {
    const few = Object.assign({}, calm, {
      size: { now: 9, before: 90, change: -0.9 },
      leaves: [leaf(0, 0), leaf(0, 0)],
    });

    expect(propose(few)).toMatchObject({ proposal: 'keep' });
  });

  it('always proposes the heaviest of its reasons', () => {
    const some = fc.subarray(cases.map(([, found]) => found));
    fc.assert(
      fc.property(some, (parts) => {
        const { proposal, reasons } = propose(Object.assign({}, calm, ...parts) as Findings);
        const weights = reasons.map((reason) => proposals.indexOf(reason.proposal));
        expect(weights.length).toBeGreaterThan(0);
        expect(proposals.indexOf(proposal)).toBe(Math.min(...weights));
      }),
    );
  });
});

describe('reviewPage', () => {
  it('escapes everything that people wrote', () => {
    const evil = '<script>alert("x")</script>';
    const review: Review = {
      ...calm,
      title: evil,
      leaves: [{ ...leaf(1, 1), leaf: evil }, leaf(1, 1)],
      performance: { ...performance, owner: evil },
      feedback: {
        ...calm.feedback,
        comments: [{ by: evil, at: '2026-11-20T00:00:00.000Z', text: evil }],
        commented: 1,
      },
      definitions: 'v',
      because: 'asked',
      proposal: 'keep',
      reasons: [{ code: 'reached', proposal: 'keep', says: evil }],
    };

    const page = reviewPage(evil, [review]);

    expect(page).not.toContain('<script');
    expect(page.split('&lt;script&gt;')).toHaveLength(9);
    expect(page).toContain("default-src 'none'");
  });
});
