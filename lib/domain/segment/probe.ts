import { createHash } from 'node:crypto';
import { canonicalText } from '../canonical.ts';
import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import { openZone } from './calendar.ts';
import type { BucketLeaf } from './leaves/bucket.ts';
import type { HasBeenLeaf } from './leaves/has-been.ts';
import type { TraitLeaf } from './leaves/trait.ts';
import type { Machine } from './machine.ts';
import type { Matcher } from './matcher.ts';
import { leaving } from './relative.ts';
import { ALWAYS, NEVER, type Signed } from './signed.ts';
import { zoneName } from './value-test.ts';

/** A compiled leaf: asked for every person, and able to say what it saw when somebody wants a receipt. */
export interface Probe {
  /** Equal keys, equal answers. */
  readonly key: string;
  readonly cost: number;
  readonly timed: boolean;
  /** The leaf as written is the complement of what `ask` answers. */
  readonly negate: boolean;
  /** Set when the answer is a test of one value in the machine and never moves: what `ask` does, without the way round. */
  readonly plain?: PlainTest;
  ask(at: Milliseconds): Signed;
  sight(at: Milliseconds): Sight;
}

/** A test of one trait's value: `slot` holds it prepared, `raw` as it is. */
export interface PlainTest {
  readonly trait: string;
  readonly slot: number;
  readonly raw: number;
  readonly test: (value: unknown) => boolean;
}

/** What a leaf saw. `because` is set when it could not compare at all. */
export interface Sight {
  readonly saw: Json;
  readonly because?: 'missing' | 'mismatch';
  readonly events?: readonly SeenEvent[];
  readonly history?: boolean;
}

/** An activity that mattered: id and instant (RFC 3339). */
export interface SeenEvent {
  readonly id: string;
  readonly at: string;
}

export function traitProbe({ trait, test }: TraitLeaf, machine: Machine, timezone: string): Probe {
  const matcher = test.build(timezone);
  const slot = machine.slot(trait, matcher.mode);
  const raw = machine.slot(trait, 'raw');
  const { answer } = matcher;
  const { value } = machine;
  return {
    key: canonicalText(['trait', trait, matcher.key]),
    cost: matcher.cost,
    timed: matcher.timed,
    negate: matcher.negate,
    ...(matcher.test === undefined ? {} : { plain: { trait, slot, raw, test: matcher.test } }),
    ask: (at) => answer(value(slot), at),
    sight: () => traitSight(value(raw) as Json | undefined, matcher),
  };
}

export function hasBeenProbe(leaf: HasBeenLeaf, machine: Machine, timezone: string): Probe {
  const { trait } = leaf.trait;
  const matcher = leaf.trait.test.build(timezone);
  const zone = leaf.calendar === false ? undefined : openZone(zoneName(leaf.calendar, timezone));
  const ripens = leaving(leaf.length, zone);
  const slot = machine.slot(trait, matcher.mode);
  const raw = machine.slot(trait, 'raw');

  function ask(at: Milliseconds): Signed {
    const held = matcher.answer(machine.value(slot), at);
    const holds = matcher.negate ? -held : held;
    if (holds < 0) return holds;
    const since = machine.person().since?.(trait);
    if (since === undefined) return NEVER;
    const ripe = ripens(since);
    return at < ripe ? -ripe : holds;
  }

  return {
    key: canonicalText(['has_been', trait, matcher.key, matcher.negate, leaf.length.ms, zone?.name ?? null]),
    cost: matcher.cost + 3,
    timed: true,
    negate: false,
    ask,
    sight() {
      const since = machine.person().since?.(trait);
      const { saw, because } = traitSight(machine.value(raw) as Json | undefined, matcher);
      const seen = { value: saw, since: since === undefined ? null : new Date(since).toISOString() };
      if (because !== undefined) return { saw: seen, because };
      return since === undefined ? { saw: seen, because: 'missing' } : { saw: seen };
    },
  };
}

/** Consent to a purpose, or willingness on a channel: no until it was given, then yes. */
export function permissionProbe(kind: 'consent' | 'subscribed', name: string, machine: Machine): Probe {
  const from = (): Milliseconds => machine.person()[kind](name);
  return {
    key: canonicalText([kind, name]),
    cost: 2,
    timed: true,
    negate: false,
    ask(at) {
      const given = from();
      return given <= at ? ALWAYS : -given;
    },
    sight: (at) => ({ saw: from() <= at }),
  };
}

/** Membership of a segment that is not in the program. */
export function outsideProbe(name: string, machine: Machine): Probe {
  const member = (): boolean => machine.person().memberOf?.(name) ?? false;
  return {
    key: canonicalText(['segment', name]),
    cost: 2,
    timed: false,
    negate: false,
    ask: () => (member() ? ALWAYS : NEVER),
    sight: () => ({ saw: member() }),
  };
}

export function bucketProbe({ salt, from, to }: BucketLeaf, machine: Machine): Probe {
  const place = (): number => bucketOf(salt, machine.person().id);
  return {
    key: canonicalText(['bucket', salt, from, to]),
    cost: 15,
    timed: false,
    negate: false,
    ask() {
      const share = place();
      return share >= from && (share < to || to === 1) ? ALWAYS : NEVER;
    },
    sight: () => ({ saw: place() }),
  };
}

/** A person's place between 0 and 1: the first 8 bytes of SHA-256(`salt:profile id`) over 2^64. */
function bucketOf(salt: string, profile: string): number {
  const digest = createHash('sha256').update(`${salt}:${profile}`).digest();
  return (digest.readUInt32BE(0) * 2 ** 32 + digest.readUInt32BE(4)) / 2 ** 64;
}

function traitSight(value: Json | undefined, matcher: Matcher): Sight {
  if (value === undefined) return { saw: null, because: 'missing' };
  return matcher.fits(value) ? { saw: value } : { saw: value, because: 'mismatch' };
}
