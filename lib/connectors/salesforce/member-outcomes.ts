import type { Outcome } from '../contract.ts';

/** What a record's error means for its member; every other code is a rejection that names it. */
const outcomes: Readonly<Record<string, Outcome>> = {
  // "Already a campaign member.": the wanted state, so adding twice is safe.
  DUPLICATE_VALUE: { status: 'unchanged' },
  ENTITY_IS_DELETED: { status: 'unmatched' },
  INVALID_CROSS_REFERENCE_KEY: { status: 'unmatched' },
  UNABLE_TO_LOCK_ROW: { status: 'retry', code: 'unable-to-lock-row' },
  SERVER_UNAVAILABLE: { status: 'retry', code: 'server-unavailable' },
};

/** What became of a member whose record was saved, or refused with Salesforce's own code. */
export function outcomeOf({
  success,
  code = 'UNKNOWN',
}: {
  readonly success: boolean;
  readonly code?: string | undefined;
}): Outcome {
  if (success) return { status: 'applied' };
  return outcomes[code] ?? { status: 'rejected', code: code.toLowerCase().replaceAll('_', '-') };
}

/** The same of a removal: whoever took the member out before us did what we wanted. */
export function removalOf(result: Parameters<typeof outcomeOf>[0]): Outcome {
  const outcome = outcomeOf(result);
  return outcome.status === 'unmatched' ? { status: 'unchanged' } : outcome;
}

/** A person can be in a campaign twice, as contact and as lead: taken out only if both are. */
export function worse(one: Outcome | undefined, other: Outcome): Outcome {
  const order = ['unchanged', 'applied', 'unmatched', 'refused', 'rejected', 'retry'];
  return one !== undefined && order.indexOf(one.status) > order.indexOf(other.status) ? one : other;
}
