import type { ConsentStatement, Identifier } from './change.ts';
import { decisiveStatement, effectiveConsent } from './consent.ts';
import type { AudienceDefinition } from './definitions.ts';
import { isHeldOut } from './holdout.ts';
import { identifierKey } from './identifier.ts';
import { consentOf, identifiersOf, type Profile, type Wanted } from './profile.ts';

const NOT_IN_SEGMENT: Wanted = { in: false, reason: 'not-in-segment' };

/**
 * Whether the audience wants the person: in the segment, with the consent it needs, reachable by a match key, not held
 * out. Whoever is in the segment and not wanted has one named reason.
 */
export function decideWanted(audience: AudienceDefinition, profile: Profile, inSegment: boolean): Wanted {
  if (!inSegment) return NOT_IN_SEGMENT;
  const identifiers = identifiersOf(profile);
  const statements = consentOf(profile);
  const { subscribed, consent: purposes = [] } = audience.needs;
  const topics = [...(subscribed === undefined ? [] : [subscribed]), ...purposes];
  const willing = topics.length === 0 ? undefined : willingAddresses(identifiers, statements, topics);
  if (willing?.length === 0) return { in: false, reason: 'no-consent' };
  const keys = matchKeys(audience.match, identifiers, willing);
  if (keys.length === 0) return { in: false, reason: 'no-match-key' };
  const [strongest] = identifiers;
  const anchor = strongest === undefined ? profile.id : identifierKey(strongest);
  if (isHeldOut(audience.audience, anchor, audience.holdout)) return { in: false, reason: 'held-out' };
  const reliedOn = keys.find(({ type }) => isAddress(type))?.value ?? willing?.[0];
  const [topic] = topics;
  const statement =
    reliedOn === undefined || topic === undefined ? undefined : decisiveStatement(statements, reliedOn, topic);
  return { in: true, keys, ...(statement === undefined ? {} : { consent: statement }) };
}

/** True when two decisions mean the same to the tool: same side, same keys. */
export function sameWanted(a: Wanted | undefined, b: Wanted): boolean {
  if (a === undefined) return b.in === false && b.reason === 'not-in-segment';
  if (a.in !== b.in) return false;
  if (!a.in || !b.in) return !a.in && !b.in && a.reason === b.reason;
  return (
    a.keys.length === b.keys.length &&
    a.keys.every((key, at) => key.type === b.keys[at]?.type && key.value === b.keys[at]?.value) &&
    a.consent?.at === b.consent?.at
  );
}

/** Addresses about which everything needed was granted: consent to a purpose on one address says nothing of another. */
function willingAddresses(
  identifiers: readonly Identifier[],
  statements: readonly ConsentStatement[],
  topics: readonly string[],
): readonly string[] {
  return identifiers
    .filter(({ type }) => type === 'email' || type === 'phone')
    .map(({ value }) => value)
    .filter((address) => topics.every((topic) => effectiveConsent(statements, address, topic)));
}

/** The first identifier of each matching type; addresses only where the person is willing to be reached. */
function matchKeys(
  types: readonly string[],
  identifiers: readonly Identifier[],
  willing: readonly string[] | undefined,
): readonly Identifier[] {
  const keys: Identifier[] = [];
  for (const type of types) {
    const key = identifiers.find(
      (identifier) =>
        identifier.type === type && (willing === undefined || !isAddress(type) || willing.includes(identifier.value)),
    );
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

function isAddress(type: string): boolean {
  return type === 'email' || type === 'phone';
}
