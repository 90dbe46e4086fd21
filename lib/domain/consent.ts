import type { ConsentStatement } from './change.ts';
import { type Milliseconds, parseInstant } from './instant.ts';

/** The instant of consent that nothing grants. */
export const NEVER_GRANTED: Milliseconds = Number.POSITIVE_INFINITY;

/**
 * From when on consent holds for an address and a topic, out of everything ever stated about it, in any order: from the
 * first instant at which something was granted and every denial was taken back, by a later grant of the person, or of the
 * company where the company denied. Where nothing clear was said the answer is never; of equal times the denial holds.
 *
 * A grant counts from its own instant on and a denial at once, whatever its date: a wrong clock never makes a yes. So what
 * was said only ever goes from no to yes by time alone, and the answer needs no `now` (docs/adr/0081).
 */
export function grantedFrom(statements: readonly ConsentStatement[], address: string, topic: string): Milliseconds {
  const denied = { person: Number.NEGATIVE_INFINITY, company: Number.NEGATIVE_INFINITY };
  const about = statements.filter((one) => one.address === address && one.topic === topic);
  for (const one of about) if (one.state === 'denied') denied[one.by] = Math.max(denied[one.by], timeOf(one));
  let [first, overPerson, overCompany] = [NEVER_GRANTED, NEVER_GRANTED, NEVER_GRANTED];
  for (const one of about) {
    if (one.state === 'denied') continue;
    const at = timeOf(one);
    first = Math.min(first, at);
    if (one.by === 'person' && at > denied.person) overPerson = Math.min(overPerson, at);
    if (at > denied.company) overCompany = Math.min(overCompany, at);
  }
  return Math.max(
    first,
    denied.person === Number.NEGATIVE_INFINITY ? first : overPerson,
    denied.company === Number.NEGATIVE_INFINITY ? first : overCompany,
  );
}

/** Whether consent holds at an instant. */
export function effectiveConsent(
  statements: readonly ConsentStatement[],
  address: string,
  topic: string,
  now: Milliseconds,
): boolean {
  return grantedFrom(statements, address, topic) <= now;
}

/** The statement that consent which holds at `now` rests on, for receipts: the person's own latest, else the company's. */
export function reliedOn(
  statements: readonly ConsentStatement[],
  address: string,
  topic: string,
  now: Milliseconds,
): ConsentStatement | undefined {
  let best: ConsentStatement | undefined;
  for (const one of statements) {
    if (one.state === 'denied' || one.address !== address || one.topic !== topic || timeOf(one) > now) continue;
    if (best === undefined || isBetter(one, best)) best = one;
  }
  return best;
}

/** Whether anything was refused for an address and a topic, taken back since or not. */
export function wasDenied(statements: readonly ConsentStatement[], address: string, topic: string): boolean {
  return statements.some((one) => one.state === 'denied' && one.address === address && one.topic === topic);
}

/** The first instant after `now` at which a statement about one of the topics begins to count. */
export function nextGrant(
  statements: readonly ConsentStatement[],
  topics: ReadonlySet<string>,
  now: Milliseconds,
): Milliseconds {
  let next = NEVER_GRANTED;
  for (const one of statements) {
    const at = one.state === 'granted' && topics.has(one.topic) ? timeOf(one) : now;
    if (at > now && at < next) next = at;
  }
  return next;
}

function isBetter(one: ConsentStatement, other: ConsentStatement): boolean {
  if (one.by !== other.by) return one.by === 'person';
  const difference = timeOf(one) - timeOf(other);
  return difference === 0 ? one.source < other.source : difference > 0;
}

function timeOf(statement: ConsentStatement): Milliseconds {
  return parseInstant(statement.at) ?? 0;
}
