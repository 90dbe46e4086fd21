import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PREFIX = 'tributary-tests-';

/** What Node's and Java's own tools keep there for the next process. */
const CACHES = /^(tsx-\d+|node-compile-cache|hsperfdata_.*)$/;

let folder: string | undefined;

/** Gives a run a folder of its own for whatever its tests keep outside memory. Vitest calls it for each project of the run. */
export function setup(): void {
  if (basename(tmpdir()).startsWith(PREFIX)) return;
  folder = mkdtempSync(join(tmpdir(), PREFIX));
  process.env.TMPDIR = folder;
}

/** Takes the folder away, and fails the run that left something there. Vitest calls it after the last file of all. */
export function teardown(): void {
  if (folder === undefined) return;
  const left = readdirSync(folder).filter((name) => !CACHES.test(name));
  rmSync(folder, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`what tests made and did not take away: ${left.join(', ')}`);
}
