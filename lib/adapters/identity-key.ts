import { TributaryError } from '../domain/errors.ts';
import type { IdentityKey } from '../domain/identifier.ts';
import { isJsonObject } from '../domain/json.ts';
import type { Secrets } from '../pipeline/ports.ts';

/** The key of the identifier index, read once a process: it never rotates, because look-ups depend on it. */
export function openIdentityKey(secrets: Secrets, name: string): () => Promise<IdentityKey> {
  let held: Promise<IdentityKey> | undefined;
  return function identityKey() {
    held ??= readKey(secrets, name).catch((error: unknown) => {
      // A failure is not kept: the next invocation of the same process asks again.
      held = undefined;
      throw error;
    });
    return held;
  };
}

async function readKey(secrets: Secrets, name: string): Promise<IdentityKey> {
  const value = await secrets(name);
  const { secret, generation } = isJsonObject(value) ? value : {};
  if (typeof secret !== 'string' || secret.length < 32 || typeof generation !== 'number') {
    throw new TributaryError(
      'config',
      'secrets/bad-identity-key',
      `the secret ${name} must hold {"generation": 1, "secret": "32 characters or more"}`,
    );
  }
  return { secret, generation };
}
