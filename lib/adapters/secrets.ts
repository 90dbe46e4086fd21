import { TributaryError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Secrets } from '../pipeline/ports.ts';

/**
 * Secrets through the local endpoint of AWS's Parameters and Secrets extension, which caches them and signs for the
 * function's role. A secret's text is JSON.
 */
export function openSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  const port = env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT ?? '2773';
  const token = env.AWS_SESSION_TOKEN ?? '';
  return async function readSecret(name) {
    const url = `http://127.0.0.1:${port}/secretsmanager/get?secretId=${encodeURIComponent(name)}`;
    const answer = await ask(url, token, name);
    if (answer.status >= 500) throw unavailable(name, `status ${answer.status}`);
    if (!answer.ok) {
      throw new TributaryError(
        'config',
        'secrets/not-readable',
        `the secret ${name} could not be read: status ${answer.status}`,
      );
    }
    const { SecretString } = (await answer.json()) as { SecretString?: string };
    try {
      return JSON.parse(SecretString ?? '') as Json;
    } catch {
      // The parser's message would quote the secret: only its name is told.
      throw new TributaryError('config', 'secrets/not-json', `the secret ${name} must hold a JSON object`);
    }
  };
}

async function ask(url: string, token: string, name: string): Promise<Response> {
  try {
    return await fetch(url, { headers: { 'X-Aws-Parameters-Secrets-Token': token } });
  } catch (cause) {
    throw unavailable(name, 'no answer', cause);
  }
}

function unavailable(name: string, what: string, cause?: unknown): TributaryError {
  const message = `the secret ${name} could not be read now: ${what}; it will be tried again`;
  return new TributaryError('transient', 'secrets/unavailable', message, { cause });
}
