import type { TributaryError } from '../domain/errors.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Clock } from './ports.ts';

/** Why a run that is under way does nothing now, and until when. */
export interface RunWait {
  readonly until: string;
  readonly code: string;
  readonly says: string;
}

/** Shorter waits are part of the work and not worth a line. */
const TOLD_FROM_SECONDS = 10;

/** A run with the wait that a `rate-limited` error asks of it; the same run when the wait is a short one. */
export function withWait<Run extends { readonly waits?: RunWait }>(
  run: Run,
  { now }: Pick<Clock, 'now'>,
  seconds: number,
  { code, message }: TributaryError,
): Run {
  if (seconds < TOLD_FROM_SECONDS) return run;
  return { ...run, waits: { until: formatInstant(now().getTime() + seconds * 1_000), code, says: message } };
}

/** A run that goes on; the same run when it did not wait. */
export function withoutWait<Run extends { readonly waits?: RunWait }>(run: Run): Run {
  if (run.waits === undefined) return run;
  const { waits: _, ...rest } = run;
  return rest as Run;
}
