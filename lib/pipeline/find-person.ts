import type { Identifier } from '../domain/change.ts';
import { type IdentityKey, indexKey, normaliseIdentifier } from '../domain/identifier.ts';
import type { Profile } from '../domain/profile.ts';
import { fragmentKey, isMerged } from './gather.ts';
import type { IdentityIndex, ProfileStore } from './ports.ts';

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
  const index = keyOf(asked, key);
  if (index === undefined) return undefined;
  const owner = (await deps.identities.lookUp([index])).get(index);
  return owner === undefined ? undefined : readLiving(deps.profiles, owner);
}

function keyOf(asked: string, key: IdentityKey): string | undefined {
  const raw = readIdentifier(asked);
  if (raw === undefined) return /^[^:\s]+:[^:\s]+:\S/.test(asked) ? fragmentKey(asked, key) : undefined;
  const normalised = normaliseIdentifier(raw);
  return normalised.ok ? indexKey(normalised.identifier, key) : undefined;
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
    if (stored === undefined) return undefined;
    if (!isMerged(stored)) return stored;
    at = stored.mergedInto;
  }
  return undefined;
}
