/** SQS delays a message by at most this long; longer waits go round. */
const MOST_DELAY_SECONDS = 900;

/**
 * Whatever must wait until everybody who read people before has written: longer than an invocation of resolve-profile,
 * which may have read them just before.
 */
export const AFTER_EVERY_WRITER_SECONDS = 90;

/**
 * Whatever must wait until everybody has ended who knew people before, writers and steps of jobs: longer than an invocation
 * of resolve-profile, and than one of run-job.
 */
export const AFTER_EVERY_STEP_SECONDS = 150;

/** Whatever must wait until everybody who was reading a source has archived and sent it: longer than an invocation of sync-stream. */
export const AFTER_EVERY_READER_SECONDS = 150;

/** The delay of a message that is to arrive in some seconds, as a queue takes it: whole seconds, and none for "now". */
export function delayOf(seconds: number): { readonly delaySeconds?: number } {
  return seconds > 0 ? { delaySeconds: Math.min(MOST_DELAY_SECONDS, Math.ceil(seconds)) } : {};
}
