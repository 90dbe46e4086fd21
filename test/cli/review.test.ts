import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const day = (date: string, entered: number, left: number) => ({ day: date, entered, left, size: null, counted: null });
const answers: Readonly<Record<string, Json>> = {
  '/api/segments': [
    { segment: 'customers', title: 'Customers', members: 90 },
    { segment: 'nobody', title: 'Nobody', members: 0 },
  ],
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
  '/api/lateness': [{ day: '2026-11-21', flips: 1_200, p50: 45, p99: 75, worst: 71.2, promised: 90 }],
};

describe('tributary review', () => {
  it('tells how segments moved and how late windows closed', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);

    const { status, stdout } = await cli().run(['review', '--stage', stage.url, '--json']);

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      segments: [
        { segment: 'customers', members: 90, how: 'recount + live', entered: 6, left: 10, churn: 0.1 },
        { segment: 'nobody', members: 0, how: 'rows', entered: 0, left: 0, churn: null },
      ],
      lateness: answers['/api/lateness'],
    });
  });

  it('reviews one segment, in words for a person', async () => {
    const stage = await play(({ path }) => [200, answers[path] ?? null]);

    const { status, stdout } = await cli().run(['review', 'customers', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toContain('10.0%');
    expect(stdout).toContain('promised: 99 of 100 within 90 seconds');
    expect(stdout).toContain('p_1\nwhy one is in it: tributary why customers p_1\n');
    expect(stage.asked.map(({ path }) => path)).not.toContain('/api/segments/nobody/history');
  });
});
