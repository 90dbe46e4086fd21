import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, it } from 'vitest';
import { openTheatre } from './theatre.ts';

const [from, to] = (process.env.CHAOS_SEED ?? '1-10').split('-').map(Number);
const seeds = Array.from({ length: (to ?? from ?? 0) - (from ?? 0) + 1 }, (_, n) => (from ?? 0) + n);
let theatre: Awaited<ReturnType<typeof openTheatre>>;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre?.close());

it.each(seeds)(
  'seed %i',
  async (seed) => {
    const { unexplained, ...played } = await theatre.play(seed);
    appendFileSync('/tmp/h/chaos.ndjson', `${JSON.stringify({ ...played, unexplained })}\n`);
  },
  300_000,
);
