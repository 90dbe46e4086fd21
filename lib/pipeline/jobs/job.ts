import { formatInstant } from '../../domain/instant.ts';
import type { Clock } from '../ports.ts';

/** Kinds of work that take longer than an answer may, and are followed at /api/jobs/{id}. */
export const jobKinds = [
  'pull',
  'push',
  'unmerge',
  'verify',
  'plan',
  'apply',
  'forget',
  'export',
  'replay',
  'replay-rejected',
  'redrive',
  'import',
  'sample',
  'care',
  'review',
  'learn',
] as const;

/** What every job tells of itself. */
export interface JobStanding {
  readonly what: (typeof jobKinds)[number];
  readonly state: 'running' | 'finished' | 'failed';
  readonly startedAt: string;
  /** Who asked for it; absent: nobody did, or it was kept before that was. */
  readonly by?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** By whom a job is, where that is known. */
export function askedBy(by: string | undefined): { readonly by?: string } {
  return by === undefined ? {} : { by };
}

/** A job outlives every message that may wait for it, also through a pause. */
export const JOB_KEPT_MS = 15 * 24 * 3_600_000;

/** A name for a new job that nobody else makes. */
export function newJobId(what: JobStanding['what'], clock: Clock): string {
  return `${what}.${formatInstant(clock.now().getTime())}.${clock.random().toString(36).slice(2, 8)}`;
}
