import { TributaryError } from '../domain/errors.ts';
import type { Generation, IdentityKey } from '../domain/identifier.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { Secrets } from '../pipeline/ports.ts';

/** The key of the identifier index, read once a process. A new one stands beside the former, because look-ups depend on both. */
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
  const newest = generationOf(value);
  const listed = isJsonObject(value) && Array.isArray(value.former) ? value.former : [];
  const former = listed.map(generationOf);
  if (newest === undefined || former.some((one) => one === undefined || one.generation >= newest.generation)) {
    throw new TributaryError(
      'config',
      'secrets/bad-identity-key',
      `the secret ${name} must hold {"generation": 1, "secret": "32 characters or more"}, and after a change of the key the earlier ones under "former"`,
    );
  }
  if (former.length === 0) return newest;
  const known = former.filter((one) => one !== undefined);
  return { ...newest, former: known.sort((a, b) => b.generation - a.generation) };
}

function generationOf(value: Json | undefined): Generation | undefined {
  const { secret, generation } = isJsonObject(value) ? value : {};
  if (typeof secret !== 'string' || secret.length < 32 || typeof generation !== 'number') return undefined;
  return { secret, generation };
}
