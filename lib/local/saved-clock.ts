import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatInstant } from '../domain/instant.ts';
import type { Stage } from './stage.ts';

/** Where a data folder remembers how far the stage's clock was, so that time never runs backwards. */
const CLOCK_FILE = 'clock.json';

/** The stage time at which the folder was left; undefined on its first day. */
export function savedClock(dataDir: string | undefined): number | undefined {
  if (dataDir === undefined) return undefined;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, CLOCK_FILE);
  if (!existsSync(file)) return undefined;
  const { at } = JSON.parse(readFileSync(file, 'utf8')) as { at: string };
  return Date.parse(at);
}

/** Remembers how far the stage came. */
export function saveClock(dataDir: string | undefined, stage: Stage): void {
  if (dataDir !== undefined)
    writeFileSync(join(dataDir, CLOCK_FILE), JSON.stringify({ at: formatInstant(Date.parse(stage.now())) }));
}
