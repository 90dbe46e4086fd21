import { afterAll, beforeAll, expect, it } from 'vitest';
import { complaintOf, openTheatre, seedsIn, type Theatre } from './theatre.ts';

const seeds = seedsIn(process.env.CHAOS_SEED ?? '1-10');

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre?.close());

it.each(seeds)(
  'loses nobody, doubles nobody, explains everything: seed %i',
  async (seed) => {
    expect(complaintOf(await theatre.play(seed))).toBe('');
  },
  300_000,
);
