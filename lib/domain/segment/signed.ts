import type { Milliseconds } from '../instant.ts';

/**
 * An answer and how long it lasts, in one number: `t` = true at least until the instant t, `-t` = false at least until t;
 * Infinity = for ever if no new data comes. "Until" excludes t itself. A bound may be early, never late.
 * Instants are after 1970, so the sign is free.
 */
export type Signed = number;

export const ALWAYS: Signed = Number.POSITIVE_INFINITY;
export const NEVER: Signed = Number.NEGATIVE_INFINITY;

/** An answer that lasts until `until`. */
export function signed(holds: boolean, until: Milliseconds): Signed {
  return holds ? until : -until;
}

/** The same answer, lasting no longer than `until`. */
export function sooner(answer: Signed, until: Milliseconds): Signed {
  return answer > 0 ? Math.min(answer, until) : -Math.min(-answer, until);
}
