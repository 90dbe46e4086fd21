import { daysKept as messageDays } from './queues.ts';

const DAY_MS = 86_400_000;

/** The folders of the archive bucket. Rights and expiry are given per folder. */
export const archiveFolders = {
  /** Versions of the workspace that `apply` published. Named by content, so never overwritten and never expired. */
  definitions: { prefix: 'definitions/', kept: 'ever' },
  /** Models that people are or were scored by. Named by content; they hold nobody. */
  models: { prefix: 'models/', kept: 'ever' },
  /** People as rows of numbers, under a hash of their profile's id: what a training reads a few minutes later. */
  learning: { prefix: 'learning/', kept: 'a-day' },
  /** The write keys that hold now, overwritten by each `apply`. */
  collection: { prefix: 'collection/', kept: 'ever' },
  /** Pages as the sources sent them. */
  pages: { prefix: 'pages/', kept: 'as-archive' },
  /** Numbers of tools that are nobody's, as the tools told them. */
  figures: { prefix: 'figures/', kept: 'as-archive' },
  /** What was delivered by webhooks and the collector, as changes. */
  deliveries: { prefix: 'deliveries/', kept: 'as-archive' },
  /** Which hour of the archive holds whom, as HMACs. */
  notes: { prefix: 'notes/', kept: 'as-archive' },
  /** What a person asked to see: fetched soon or never. */
  exports: { prefix: 'exports/', kept: 'a-week' },
  /** What a change would do, as it was looked at before it was applied. */
  plans: { prefix: 'plans/', kept: 'as-archive' },
  /** What the parts of a walk over everybody found so far: counts, no person. */
  scans: { prefix: 'scans/', kept: 'as-messages' },
  /** Overlaps of segments, one object a night: counts, no person. */
  facts: { prefix: 'facts/', kept: 'as-archive' },
  /** Records that somebody wanted to see beside what they would become. */
  samples: { prefix: 'samples/', kept: 'a-day' },
  /** Files that somebody drops, `drop/<connection>/<name>`: read at once, or when their message is sent back. */
  drop: { prefix: 'drop/', kept: 'as-messages' },
  /** Rows of dropped files that were not taken. Both folders hold people and are not searched by an erasure. */
  rejects: { prefix: 'rejects/', kept: 'as-messages' },
  /** Frozen lists of pushes: who, in which direction, under which version; no address. */
  'push-plans': { prefix: 'push-plans/', kept: 'as-archive' },
  /** What every member of every run ended in: it answers "what was sent", as long as activities are kept. */
  outcomes: { prefix: 'outcomes/', kept: 'as-activities' },
} as const;

export type ArchiveFolder = keyof typeof archiveFolders;

/** How long people's data may stay, in milliseconds. */
export interface Retention {
  readonly activitiesKeptMs: number;
  readonly archiveKeptMs: number;
}

export const defaultRetention: Retention = { activitiesKeptMs: 400 * DAY_MS, archiveKeptMs: 90 * DAY_MS };

/** Days after which objects of the folder expire, rounded down. S3 removes them at a midnight (UTC) after that, or a day later. */
export function daysKept(folder: ArchiveFolder, retention: Retention): number | undefined {
  const { kept } = archiveFolders[folder];
  if (kept === 'ever') return undefined;
  if (kept === 'a-day') return 1;
  if (kept === 'a-week') return 7;
  // What a message goes on with outlives it.
  if (kept === 'as-messages') return messageDays + 1;
  const ms = kept === 'as-archive' ? retention.archiveKeptMs : retention.activitiesKeptMs;
  return Math.max(1, Math.floor(ms / DAY_MS));
}
