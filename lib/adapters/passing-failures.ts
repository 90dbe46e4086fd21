import { TributaryError } from '../domain/errors.ts';

/** Names under which AWS services say that they have too much to do, or that the connection broke. */
const PASSING = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  // Somebody's transaction holds the item for some milliseconds.
  'TransactionConflictException',
  'TransactionInProgressException',
]);
const BROKEN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

interface Middlewares {
  readonly middlewareStack: {
    add(
      middleware: (next: (input: never) => Promise<unknown>) => (input: never) => Promise<unknown>,
      options: { readonly step: 'initialize'; readonly priority: 'high'; readonly name: string },
    ): void;
  };
}

/**
 * Makes a client throw `transient` for failures that pass by themselves, after the SDK's own tries: so that a hiccup of a
 * service ends in another try and not in a failed run. What a caller asked about (a condition that failed, a missing key)
 * stays as the SDK throws it. Returns the client.
 */
export function tellPassingFailures<Client extends Middlewares>(client: Client): Client {
  client.middlewareStack.add(
    (next) => async (input) => {
      try {
        return await next(input);
      } catch (error) {
        throw passing(error) ?? error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'tellPassingFailures' },
  );
  return client;
}

function passing(error: unknown): TributaryError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, code, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  const passes = PASSING.has(name) || status >= 500 || status === 429 || (typeof code === 'string' && BROKEN.has(code));
  if (!passes) return undefined;
  const message = `an AWS service could not be reached or had too much to do (${name}); it will be tried again`;
  return new TributaryError('transient', 'aws/unavailable', message, { cause: error });
}
