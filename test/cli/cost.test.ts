import { describe, expect, it } from 'vitest';
import { costOf } from '../../lib/domain/cost/cost.ts';
import type { Json } from '../../lib/domain/json.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();
const cost = costOf({ secrets: 1, alarms: 40, dashboards: 1, polledQueues: 7 }, 2, 4);

describe('tributary cost', () => {
  it('prints three sums with their lines, and where each number comes from', async () => {
    const stage = await play(() => [200, cost as unknown as Json]);

    const { status, stdout } = await cli().run(['cost', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toContain(`$${cost.idle.dollars.toFixed(2)} a month in which nothing happens`);
    expect(stdout).toMatch(/\$1\.\d\d 1,000,000 activities/);
    expect(stdout).toMatch(/\$0\.0\d a night of an audience of 1,000,000 people, of whom 10,000 differ/);
    expect(stdout).toMatch(/resolve +write units +1,683,000 +\$1\.05 +measured/);
    expect(stdout).toContain('List prices of us-east-1, 2026-11.');
  });

  it('is one JSON document with --json', async () => {
    const stage = await play(() => [200, cost as unknown as Json]);

    const { stdout } = await cli().run(['cost', '--stage', stage.url, '--json']);

    expect(JSON.parse(stdout)).toEqual(cost);
  });
});
