import { canonicalText } from './canonical.ts';
import { NEVER_GRANTED, nextGrant } from './consent.ts';
import type { AudienceDefinition } from './definitions.ts';
import { isHeldOut } from './holdout.ts';
import { identifierKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';
import type { Json, JsonObject } from './json.ts';
import { consentOf, identifiersOf, type Profile, type Wanted } from './profile.ts';
import { type FindWay, openWays } from './reach.ts';

const NOT_IN_SEGMENT: Wanted = { in: false, reason: 'not-in-segment' };

/** The value of a trait as it stands; undefined = the person has none. */
export type TraitOf = (path: string) => Json | undefined;

/**
 * Whether the audience can reach the person: in the segment, not suppressed, with the consent it needs, by a match key.
 * Whoever is in the segment and out of reach has one named reason; suppression beats all others. Groups and holdouts come after, in `decideAudiences`.
 */
export function decideReach(
  audience: AudienceDefinition,
  findWay: FindWay,
  inSegment: boolean,
  traitOf: TraitOf,
): Wanted {
  if (!inSegment) return NOT_IN_SEGMENT;
  const way = findWay(audience.match, topicsOf(audience.needs));
  if (typeof way === 'string') return { in: false, reason: way };
  return {
    in: true,
    ...way,
    ...(audience.fields === undefined ? {} : { fields: fieldsOf(audience.fields, traitOf) }),
  };
}

/** Channels and purposes to which whoever is in the audience has agreed. */
export function topicsOf({ subscribed, consent = [] }: AudienceDefinition['needs']): readonly string[] {
  return [...(subscribed === undefined ? [] : [subscribed]), ...consent];
}

/** What the person has no trait for is left out: the tool keeps its own default. */
function fieldsOf(fields: NonNullable<AudienceDefinition['fields']>, traitOf: TraitOf): JsonObject {
  const values: Record<string, Json> = {};
  for (const [field, source] of Object.entries(fields)) {
    const value = 'trait' in source ? traitOf(source.trait) : source.value;
    if (value !== undefined && value !== null) values[field] = value;
  }
  return values;
}

/** What every audience wants of one person, and the holdouts that they are exposed to from now on. */
export interface AudienceDecisions {
  readonly wanted: Readonly<Record<string, Wanted>>;
  readonly exposed: NonNullable<Profile['exposed']>;
  /** The first instant at which what an audience wants can change by time alone: somebody's consent begins. Infinity = none. */
  readonly flipsAt: Milliseconds;
}

/**
 * Decides all audiences about one person: reach, then who wins in each group, then holdouts. A winner who is held out
 * does not fall through to the next of the group. The side of a holdout is taken at first exposure and kept.
 */
export function decideAudiences(
  audiences: readonly AudienceDefinition[],
  profile: Profile,
  { isMember, traitOf }: { readonly isMember: (segment: string) => boolean; readonly traitOf: TraitOf },
  now: Milliseconds,
): AudienceDecisions {
  const findWay = openWays(profile, now);
  const reach = new Map(audiences.map((one) => [one, decideReach(one, findWay, isMember(one.segment), traitOf)]));
  const winners = new Map<string, AudienceDefinition>();
  for (const [audience, { in: reachable }] of reach) {
    const { group } = audience;
    if (group === undefined || !reachable) continue;
    const best = winners.get(group.name);
    if (best === undefined || outranks(audience, best)) winners.set(group.name, audience);
  }
  const wanted: Record<string, Wanted> = {};
  let exposed = profile.exposed ?? {};
  for (const [audience, reached] of reach) {
    const winner = audience.group === undefined ? audience : winners.get(audience.group.name);
    if (!reached.in || winner === audience) wanted[audience.audience] = reached;
    else wanted[audience.audience] = { in: false, reason: 'outranked' };
    if (!reached.in || winner !== audience || audience.holdout === 0) continue;
    const experiment = audience.experiment ?? audience.audience;
    const known = exposed[experiment];
    const side = known ?? { heldOut: isHeldOut(experiment, anchorOf(profile), audience.holdout), at: now };
    if (known === undefined) exposed = { ...exposed, [experiment]: side };
    if (side.heldOut) wanted[audience.audience] = { in: false, reason: 'held-out' };
  }
  const asked = audiences.filter(({ segment }) => isMember(segment)).flatMap(({ needs }) => topicsOf(needs));
  const flipsAt = asked.length === 0 ? NEVER_GRANTED : nextGrant(consentOf(profile), new Set(asked), now);
  return { wanted, exposed, flipsAt };
}

function outranks(a: AudienceDefinition, b: AudienceDefinition): boolean {
  const [first, second] = [a.group?.priority ?? 0, b.group?.priority ?? 0];
  return first !== second ? first < second : a.audience < b.audience;
}

function anchorOf(profile: Profile): string {
  const [strongest] = identifiersOf(profile);
  return strongest === undefined ? profile.id : identifierKey(strongest);
}

/** True when two decisions mean the same to the tool, and rely on the same: same side, keys, consent and fields. */
export function sameWanted(a: Wanted | undefined, b: Wanted): boolean {
  if (a === undefined) return b.in === false && b.reason === 'not-in-segment';
  if (a.in !== b.in) return false;
  if (!a.in || !b.in) return !a.in && !b.in && a.reason === b.reason;
  return (
    a.keys.length === b.keys.length &&
    a.keys.every((key, at) => key.type === b.keys[at]?.type && key.value === b.keys[at]?.value) &&
    a.consent?.at === b.consent?.at &&
    a.consent?.address === b.consent?.address &&
    canonicalText(a.fields ?? {}) === canonicalText(b.fields ?? {})
  );
}
