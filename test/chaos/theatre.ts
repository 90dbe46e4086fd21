import { openWitness } from './calm.ts';
import { openLook } from './found.ts';
import { type Played, playSeed } from './play-seed.ts';
import type { SeedLine } from './results.ts';
import { openStorm } from './storm.ts';

/** How much of what went wrong a failing test shows: one difference often brings many. */
const SHOWN = 12;
const WIDTH = 1_500;

/** One stage with its tools, for as many seeds as are played on it. The caller closes it. */
export async function openTheatre() {
  const storm = await openStorm();
  const look = openLook(storm);
  const theatre = { storm, look, witness: openWitness(storm) };
  return {
    play: (seed: number): Promise<Played> => playSeed(theatre, seed),
    async close(): Promise<void> {
      look.close();
      await storm.close();
    },
  };
}

export type Theatre = Awaited<ReturnType<typeof openTheatre>>;

/** What is wrong with a seed, and how to play it again; empty when nothing is. */
export function complaintOf({ seed, struck, lost, doubled, unexplained }: Played): string {
  const wrong = [
    ...lost.map((what) => `lost: ${what}`),
    ...doubled.map((what) => `doubled: ${what}`),
    ...unexplained.map((what) => `unexplained: ${what}`),
  ];
  if (wrong.length === 0) return '';
  const shown = wrong.slice(0, SHOWN).map((line) => `  ${line.slice(0, WIDTH)}`);
  return [
    `seed ${seed} with ${JSON.stringify(struck)} left ${wrong.length} differences. Play it again:`,
    `  CHAOS_SEED=${seed} npx vitest run --project integration test/chaos`,
    ...shown,
  ].join('\n');
}

/** A seed as it is kept for the page. */
export function lineOf({ lost, doubled, unexplained, seconds: _, ...counts }: Played): SeedLine {
  return { ...counts, lost: lost.length, doubled: doubled.length, unexplained: unexplained.length };
}

/** `12` or `5-20` as the seeds that it names. */
export function seedsIn(text: string): readonly number[] {
  const [from = 0, to = from] = text.split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}
