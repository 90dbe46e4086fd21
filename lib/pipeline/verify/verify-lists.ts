import { createHmac } from 'node:crypto';
import type { ListedMember, Truth } from '../../connectors/contract.ts';
import type { Identifier } from '../../domain/change.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { type IdentityKey, identifierKey, normaliseIdentifier } from '../../domain/identifier.ts';
import type { Json } from '../../domain/json.ts';
import type { Archive, Clock, MembershipStore } from '../ports.ts';
import { hashOfKey, type KeyHash, type KeyTable, openKeyTable } from './key-table.ts';
import type { VerifyRun, VerifyStep } from './verify-run.ts';

/** What the steps of a truth check work with. */
export interface Checker {
  readonly archive: Archive;
  readonly memberships: MembershipStore;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
  readonly audience: AudienceDefinition;
  readonly truth: Truth<unknown>;
  readonly api: unknown;
  readonly remoteId: string;
  readonly keptMs: number;
}

/** What a step found, to be stored together with the step that follows. */
export interface Done {
  readonly run: VerifyRun;
  readonly step: VerifyStep;
}

/** Somebody who differs, as the archive keeps them: `keys` for a person to read, versions to heal by. */
export interface Differing {
  readonly profile: string;
  readonly as: string;
  readonly keys: readonly Identifier[];
  readonly toldVersion: number;
  readonly wantedVersion: number;
}

/** Somebody on the tool's list whom no row names. */
export interface Stranger {
  readonly profile: string;
  readonly keys: readonly Identifier[];
}

/** The whole list as hashes of its keys, with how each stands. */
export async function loadList(checker: Checker, run: VerifyRun, chunks: number) {
  const table: KeyTable = openKeyTable();
  const standings: string[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    for (const { keys, standing } of await readList<ListedMember>(checker, run, `listed-${chunk}`)) {
      if (!standings.includes(standing)) standings.push(standing);
      for (const key of keys) table.set(hashOf(key), standings.indexOf(standing));
    }
  }
  return {
    standingOf(keys: readonly Identifier[]): string | undefined {
      for (const key of keys) {
        const found = table.get(hashOf(key));
        if (found !== undefined) return standings[found];
      }
      return undefined;
    },
  };
}

/** In the place of a profile id: the same for the same person however often they are found, and nobody's address. */
export function strangerId(keys: readonly Identifier[], key: IdentityKey): string {
  const [first = { type: '', value: '' }] = keys;
  const mac = createHmac('sha256', key.secret)
    .update(`listed\n${identifierKey(first)}`)
    .digest('base64url');
  return `listed:${mac.slice(0, 22)}`;
}

/** Rows hold normalised identifiers; what does not normalise can be nobody's of ours, and is compared as it is. */
export function normal(key: Identifier): Identifier {
  const normalised = normaliseIdentifier(key);
  return normalised.ok ? normalised.identifier : key;
}

export function hashOf(key: Identifier): KeyHash {
  return hashOfKey(identifierKey(key));
}

/** Keeps what a step found under a name of its run. */
export async function writeList(
  checker: Checker,
  run: VerifyRun,
  name: string,
  list: readonly unknown[],
): Promise<void> {
  await checker.archive.putJson(objectOf(run, name), list as Json);
}

export async function readList<T>(checker: Checker, run: VerifyRun, name: string): Promise<readonly T[]> {
  return ((await checker.archive.getJson(objectOf(run, name))) ?? []) as unknown as readonly T[];
}

export function objectOf(run: VerifyRun, name: string): string {
  return `${run.members}${name}.json.gz`;
}
