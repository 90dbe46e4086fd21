import { expect, it } from 'vitest';
import { rehearse } from './rehearse.ts';

const tiny = { accounts: 8, contacts: 60, leads: 6, members: 45, overlap: 30 };

it('pulls every tool, hears its webhooks, and ends with every list equal to its segment', async () => {
  const report = await rehearse({ workspace: 'examples/everything', size: tiny, hours: 6 });

  expect(report.differences).toEqual([]);
  expect(report.refusals).toBe(0);
  expect(report.segments).toMatchObject({ answered: 3 });
  for (const [audience, { wanted, added, unchanged }] of Object.entries(report.audiences)) {
    expect({ audience, wanted: wanted > 0, reached: added + unchanged > 0 }).toEqual({
      audience,
      wanted: true,
      reached: true,
    });
  }
}, 400_000);
