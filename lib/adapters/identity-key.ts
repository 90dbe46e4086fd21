import { TributaryError } from '../domain/errors.ts';
import type { IdentityKey } from '../domain/identifier.ts';
import { isJsonObject } from '../domain/json.ts';
import type { Secrets } from '../pipeline/ports.ts';

/** The key of the identifier index, read once a process: it never rotates, because look-ups depend on it. */
export function openIdentityKey(secrets: Secrets, name: string): () => Promise<IdentityKey> {
  let held: Promise<IdentityKey> | undefined;
  return function identityKey() {
    held ??= secrets(name).then((value) => {
      const { secret, generation } = isJsonObject(value) ? value : {};
      if (typeof secret !== 'string' || secret.length < 32 || typeof generation !== 'number') {
        throw new TributaryError(
          'config',
          'secrets/bad-identity-key',
          `the secret ${name} must hold {"generation": 1, "secret": "32 characters or more"}`,
        );
      }
      return { secret, generation };
    });
    return held;
  };
}
