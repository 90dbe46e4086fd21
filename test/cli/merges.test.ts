import { describe, expect, it } from 'vitest';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const serve = withPlayedStages();

const unusable = [{ fragment: 'crm:contact:1', type: 'email', reason: 'not-an-email', at: '2026-11-01T00:00:00.000Z' }];

describe('what was told as an identifier and is none', () => {
  it('is listed by tributary merges', async () => {
    const found = { id: 'p_1', fragments: ['crm:contact:1'], merges: [], refused: [], unusable, apart: [] };
    const stage = await serve(() => [200, { ...found, crowded: false }]);

    const { status, stdout } = await cli().run(['merges', 'p_1', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toContain('Told as identifiers, and none:');
    expect(stdout).toMatch(/crm:contact:1 +email +not-an-email +2026-11-01T00:00:00.000Z/);
  });

  it('stands under the records in tributary profile', async () => {
    const facets = { identity: [], demographic: [], geographic: [], firmographic: [], behavioural: [] };
    const stage = await serve(() => [
      200,
      {
        ...{ id: 'p_1', identifiers: [], traits: {}, sources: {}, facets: { ...facets, implicit: [], explicit: [] } },
        ...{ segments: [], activities: { total: 0, latest: [] }, fragments: ['crm:contact:1'], unusable },
        ...{ consent: [], audiences: {}, history: [] },
      },
    ]);

    const { status, stdout } = await cli().run(['profile', 'p_1', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toMatch(/Records\ncrm:contact:1\n\nTold as identifiers, and none\n/);
    expect(stdout).toMatch(/crm:contact:1 +email +not-an-email +2026-11-01T00:00:00.000Z/);
  });
});
