import { expect, it } from 'vitest';
import { expectWhole, rehearse } from './rehearse.ts';

const tiny = { accounts: 8, contacts: 60, leads: 6, members: 45, overlap: 30 };

it('pulls every tool, hears its webhooks, and ends with every list equal to its segment', async () => {
  const report = await rehearse({ workspace: 'examples/everything', size: tiny, hours: 6 });

  expectWhole(report);
  expect(report.segments).toMatchObject({ answered: 3, 'would-order-again': 2 });
  expect(report.figures).toBeGreaterThan(0);
}, 400_000);
