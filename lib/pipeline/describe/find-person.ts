import type { Identifier } from '../../domain/change.ts';
import { isErased } from '../../domain/erasure.ts';
import { evidenceOf } from '../../domain/evidence.ts';
import { everyIndexKey, type IdentityKey, identifierKey, normaliseIdentifier } from '../../domain/identifier.ts';
import type { Profile } from '../../domain/profile.ts';
import type { IdentityIndex, ProfileStore } from '../ports.ts';
import { isMerged } from '../resolve/gather.ts';

export interface FindDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly key: () => Promise<IdentityKey>;
}

/**
 * Finds a person by whatever an operator has at hand: a profile id, an e-mail address, a phone number with `+`,
 * `type=value`, or a fragment such as `salesforce:contact:003A`. Merged ids lead on. Undefined when nobody is found.
 */
export async function findPerson(deps: FindDeps, text: string): Promise<Profile | undefined> {
  const asked = text.trim();
  if (asked.startsWith('p_')) return readLiving(deps.profiles, asked);
  const key = await deps.key();
  const sought = readSought(asked, key);
  if (sought === undefined) return undefined;
  const { owners } = await deps.identities.lookUp(sought.keys);
  const owner = sought.keys.map((one) => owners.get(one)).find((one) => one !== undefined);
  const found = owner === undefined ? undefined : await readLiving(deps.profiles, owner);
  if (found === undefined || sought.isOf(found)) return found;
  // The index leads to somebody who only states it: whoever holds it is kin, if anybody does.
  const kin = await Promise.all(found.kin.map((id) => readLiving(deps.profiles, id)));
  return kin.find((one) => one !== undefined && sought.isOf(one)) ?? (sought.wasOf(found) ? found : undefined);
}

interface Sought {
  /** Index keys, the newest generation first. */
  readonly keys: readonly string[];
  /** Whether the person is the one who is looked for. */
  readonly isOf: (profile: Profile) => boolean;
  /** Whether it was, before another value took the place of the one that is asked for. */
  readonly wasOf: (profile: Profile) => boolean;
}

function readSought(asked: string, key: IdentityKey): Sought | undefined {
  const raw = readIdentifier(asked);
  if (raw === undefined) {
    if (!/^[^:\s]+:[^:\s]+:\S/.test(asked)) return undefined;
    return {
      keys: everyIndexKey({ type: 'fragment', value: asked }, key),
      isOf: ({ fragments }) => Object.hasOwn(fragments, asked),
      wasOf: () => false,
    };
  }
  const normalised = normaliseIdentifier(raw);
  if (!normalised.ok) return undefined;
  const { type, value } = normalised.identifier;
  const text = identifierKey(normalised.identifier);
  const isOf = ({ fragments, refused }: Profile): boolean =>
    !refused.includes(text) &&
    Object.values(fragments).some((one) =>
      evidenceOf(one).some(({ identifier }) => identifierKey(identifier) === text),
    );
  const wasOf = ({ fragments, refused }: Profile): boolean =>
    !refused.includes(text) && Object.values(fragments).some((one) => one.identifiers[type]?.[value] !== undefined);
  return { keys: everyIndexKey(normalised.identifier, key), isOf, wasOf };
}

/** The identifier that a text names, brought to the form in which it is compared; undefined when it names none. */
export function identifierNamed(text: string): Identifier | undefined {
  const raw = readIdentifier(text.trim());
  const normalised = raw === undefined ? undefined : normaliseIdentifier(raw);
  return normalised?.ok === true ? normalised.identifier : undefined;
}

function readIdentifier(asked: string): Identifier | undefined {
  const pair = /^([a-z0-9_.-]+)=(.+)$/.exec(asked);
  if (pair?.[1] !== undefined && pair[2] !== undefined) return { type: pair[1], value: pair[2] };
  if (asked.includes('@')) return { type: 'email', value: asked };
  return asked.startsWith('+') ? { type: 'phone', value: asked } : undefined;
}

async function readLiving(profiles: ProfileStore, id: string): Promise<Profile | undefined> {
  let at: string | undefined = id;
  while (at !== undefined) {
    const stored = (await profiles.read([at])).get(at);
    if (stored === undefined || isErased(stored)) return undefined;
    if (!isMerged(stored)) return stored;
    at = stored.mergedInto;
  }
  return undefined;
}
