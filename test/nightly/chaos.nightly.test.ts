import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kindNames } from '../chaos/fault-kinds.ts';
import { resultsFile, type SeedLine } from '../chaos/results.ts';
import { complaintOf, lineOf, openTheatre, seedsIn, type Theatre } from '../chaos/theatre.ts';

const seeds = seedsIn(process.env.CHAOS_SEED ?? '1-200');
const lines: SeedLine[] = [];

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre?.close());

it.each(seeds)('loses nobody, doubles nobody, explains everything: seed %i', async (seed) => {
  const played = await theatre.play(seed);
  lines.push(lineOf(played));
  // After each, so that a run that takes long can be followed.
  if (process.env.CHAOS_SAVE !== undefined) {
    writeFileSync(resultsFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  const complaint = complaintOf(played);
  if (complaint !== '') console.error(complaint);
  expect(complaint).toBe('');
});

it('let every kind of fault strike', () => {
  const missing = kindNames.filter((name) => !lines.some(({ struck }) => (struck[name] ?? 0) > 0));

  expect(seeds.length < kindNames.length ? [] : missing).toEqual([]);
});
