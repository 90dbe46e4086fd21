import { TributaryError } from '../domain/errors.ts';

/** The named environment variables; a missing one fails the cold start by name. */
export function readEnv<Name extends string>(
  env: Readonly<Record<string, string | undefined>>,
  ...names: readonly Name[]
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0) {
    throw new TributaryError(
      'config',
      'function/missing-variable',
      `the function lacks the variables ${missing.join(', ')}`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, env[name] ?? ''])) as Record<Name, string>;
}
