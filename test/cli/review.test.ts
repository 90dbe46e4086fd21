import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const day = (date: string, entered: number, left: number) => ({ day: date, entered, left, size: null, counted: null });
const review = {
  segment: 'customers',
  title: 'Customers',
  at: '2026-11-21T02:30:00.000Z',
  since: '2026-11-14',
  definitions: 'v',
  because: 'asked',
  proposal: 'fix',
  reasons: [{ code: 'behind', proposal: 'fix', says: 'conversion has gone 10 % of its way' }],
  people: 1_000,
  size: { now: 90, before: 100, change: -0.1 },
  movement: { days: 7, entered: 6, left: 16, churn: 0.151 },
  engagement: null,
  accuracy: { label: null, sample: { right: 9, wrong: 1, precision: { value: 0.9, least: 0.596, most: 0.982 } } },
  performance: {
    metric: 'conversion',
    share: true,
    value: 0.041,
    baseline: 0.04,
    target: 0.06,
    expected: 0.05,
    progress: 0.05,
    elapsed: 0.5,
    since: '2026-08-01',
    by: '2027-03-31',
    standing: 'behind',
    asked: 90,
    owner: 'growth team',
    budget: '3000 USD',
    spent: { dollars: 0.05, to: '2026-11-20', share: 0.05 / 3000 },
  },
  lift: [
    {
      experiment: 'to-tool',
      exposed: 81,
      heldOut: 9,
      metric: 'conversion',
      since: 'exposure',
      objective: { told: false, because: 'too few' },
      revenue: { told: false, because: 'not measured' },
    },
  ],
  overlaps: [{ a: 'customers', b: 'large', both: 12, jaccard: 0.1, shareOfA: 0.133, shareOfB: 0.4 }],
  leaves: [
    { path: 'when.all[0]', leaf: 'stage is customer', letsIn: 0, keepsOut: 40 },
    { path: 'when.all[1]', leaf: 'size is at least 3', letsIn: 0, keepsOut: 0 },
  ],
  coverage: [{ trait: 'stage', members: 90, everybody: 700 }],
  feedback: {
    comments: [{ by: 'mo', at: '2026-11-19T10:00:00.000Z', text: 'too many resellers' }],
    commented: 1,
    nps: null,
    sentiment: null,
  },
  cost: { runs: 7, added: 6, removed: 16, calls: 14 },
};
const answers: Readonly<Record<string, Json>> = {
  '/api/segments?most=200': {
    segments: [
      { segment: 'customers', title: 'Customers', members: 90 },
      { segment: 'nobody', title: 'Nobody', members: 0 },
    ],
    total: 2,
    next: null,
  },
  '/api/segments/customers/history': {
    segment: 'customers',
    days: [day('2026-11-21', 5, 10), day('2026-11-20', 1, 0)],
    size: { members: 90, how: 'recount + live', counted: '2026-11-21T02:30:00.000Z' },
    latest: [],
  },
  '/api/segments/nobody/history': {
    segment: 'nobody',
    days: [],
    size: { members: 0, how: 'rows', counted: null },
    latest: [],
  },
  '/api/segments/customers/members?most=5': {
    segment: 'customers',
    members: [{ profile: 'p_1', since: '2026-11-20T04:00:00.000Z' }],
    next: null,
  },
  '/api/reviews': [
    {
      segment: 'customers',
      title: 'Customers',
      at: '2026-11-20T02:30:00.000Z',
      size: 90,
      proposal: 'fix',
      reasons: [],
      job: 'j',
    },
  ],
  '/api/reviews/page': { html: '<!doctype html>all' },
  '/api/jobs/j': { id: 'j', what: 'review', state: 'finished', startedAt: '2026-11-21T02:30:00.000Z', parts: [] },
  '/api/segments/customers/reviews': { id: 'j', state: 'running', parts: [] },
  '/api/segments/customers/reviews?most=1': [review],
  '/api/segments/customers/reviews/2026-11-21T02%3A30%3A00.000Z/page': { html: '<!doctype html>one' },
  '/api/segments/nobody/reviews?most=1': [],
  '/api/lateness': [{ day: '2026-11-21', flips: 1_200, p50: 45, p99: 75, worst: 71.2, promised: 90 }],
};

describe('tributary review', () => {
  it('tells how segments moved and how late windows closed', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);

    const { status, stdout } = await cli().run(['review', '--stage', stage.url, '--json']);

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      segments: [
        {
          segment: 'customers',
          members: 90,
          how: 'recount + live',
          entered: 6,
          left: 10,
          churn: 0.1,
          proposal: 'fix',
          reviewed: '2026-11-20T02:30:00.000Z',
        },
        {
          segment: 'nobody',
          members: 0,
          how: 'rows',
          entered: 0,
          left: 0,
          churn: null,
          proposal: null,
          reviewed: null,
        },
      ],
      lateness: answers['/api/lateness'],
    });
  });

  it('reviews one segment now, in words for a person', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);

    const { status, stdout } = await cli().run(['review', 'customers', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toContain('Customers (customers): fix');
    expect(stdout).toContain('conversion is 4.1 %; the target is 6 % by 2027-03-31: behind');
    expect(stdout).toContain('owner: growth team');
    expect(stdout).toMatch(/to-tool +conversion +81 +9 +– +too few/);
    expect(stdout).toContain('9 right, 1 wrong, right are 90 % (59.6 % to 98.2 %)');
    expect(stdout).toContain('2026-11-19 mo: too many resellers');
    expect(stdout).toContain('p_1\nwhy one is in it: tributary why customers p_1\n');
    expect(stage.asked[0]).toMatchObject({ method: 'POST', path: '/api/segments/customers/reviews' });
  });

  it('shows the latest review without counting, as one document, and writes it as a page', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);
    const folder = mkdtempSync(join(tmpdir(), 'tributary-review-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'one.html');

    const { status, stdout } = await cli().run([
      'review',
      'customers',
      '--last',
      '--html',
      file,
      '--stage',
      stage.url,
      '--json',
    ]);

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(review);
    expect(readFileSync(file, 'utf8')).toBe('<!doctype html>one');
    expect(stage.asked.map(({ method }) => method)).not.toContain('POST');
  });

  it('says that a segment was never reviewed', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);

    const { status, stderr } = await cli().run(['review', 'nobody', '--last', '--stage', stage.url]);

    expect(status).toBe(1);
    expect(stderr).toContain('nobody was never reviewed');
  });
});
