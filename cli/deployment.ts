import type { defaultProvider } from '@aws-sdk/credential-provider-node';
import { TributaryError } from '../lib/domain/errors.ts';
import { wrongUsage } from './failure.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Chain = ReturnType<typeof defaultProvider>;
type Credentials = Awaited<ReturnType<Chain>>;

/** A deployment's API: where it is, and how its front door is told who asks. */
export interface Deployment {
  /** Throws TributaryError `cli/no-credentials`, `cli/expired-credentials`. */
  sign(request: SignedRequest): Promise<Record<string, string>>;
  /** What a refusal by the front door means: it says no more than 403. */
  refusal(method: string, answer: Response): TributaryError;
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  /** As `strictUrl` writes it: what is signed is what is sent. */
  readonly url: URL;
  readonly body: string | undefined;
}

/** An HTTP API under the name that API Gateway gave it, in an ordinary region or in China. */
const API_HOST = /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d$/;
/** AWS refuses what is signed further off than this ("Signature Version 4", IAM user guide). */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * The deployment at a URL; undefined for what is none. An address of API Gateway names its region; under a name of one's
 * own TRIBUTARY_REGION does. Throws `cli/bad-usage`.
 */
export function deploymentAt(url: string, env: Env): Deployment | undefined {
  const { hostname, protocol } = new URL(url);
  const [, apiId, regionOfHost] = API_HOST.exec(hostname) ?? [];
  const region = regionOfHost ?? (env.TRIBUTARY_REGION || undefined);
  if (region === undefined) return undefined;
  if (!REGION.test(region)) throw wrongUsage('TRIBUTARY_REGION: expected a region such as eu-central-1');
  // A signature would show nobody the secret; the people in the answers would be seen by everybody on the way.
  if (protocol !== 'https:' && hostname !== '127.0.0.1') throw wrongUsage(`${url}: a deployment is asked by https`);
  return openDeployment(url, { region, apiId }, env);
}

function openDeployment(
  url: string,
  { region, apiId }: { readonly region: string; readonly apiId: string | undefined },
  env: Env,
): Deployment {
  let chain: Chain | undefined;
  let used: Credentials | undefined;

  async function credentials(): Promise<Credentials> {
    if (chain === undefined) {
      // A command that talks to a stage never loads it.
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      chain = defaultProvider({ clientConfig: { region } });
    }
    const found = await chain().catch((cause: unknown) => {
      throw noCredentials(cause, env);
    });
    if (found.expiration !== undefined && found.expiration.getTime() <= Date.now()) throw expired();
    return found;
  }

  return {
    async sign({ method, url, body }) {
      used = await credentials();
      const { accessKeyId, secretAccessKey, sessionToken } = used;
      const { default: aws4 } = await import('aws4');
      const signed = aws4.sign(
        {
          service: 'execute-api',
          region,
          method,
          host: url.host,
          // It encodes the path once more and hashes the body, as every service but S3 wants it.
          path: url.pathname + url.search,
          headers: body === undefined ? {} : { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body }),
        },
        { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      );
      // `fetch` writes these two itself, with the values that were signed.
      const { Host: _host, 'Content-Length': _length, ...headers } = signed.headers ?? {};
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    },
    refusal(method, answer) {
      const skew = skewOf(answer, Date.now());
      if (Math.abs(skew) > MOST_SKEW_MS) return clockWrong(url, skew);
      // Without the path of the request: it may name a person.
      const resource = `${used?.accountId ?? '*'}:${apiId ?? 'API-ID'}/$default/${method}/api/*`;
      const needs = `execute-api:Invoke on arn:${partitionOf(region)}:execute-api:${region}:${resource}`;
      const session = used?.sessionToken === undefined ? '' : ', and a session that has not ended';
      const message = `${url} does not let these AWS credentials in, signed for ${region}: they need ${needs}${session}`;
      return new TributaryError('auth', 'cli/not-granted', message);
    },
  };
}

function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** How far this machine's clock is before the answer's, as far as the answer tells. */
function skewOf(answer: Response, now: number): number {
  const there = Date.parse(answer.headers.get('date') ?? '');
  return Number.isNaN(there) ? 0 : now - there;
}

function clockWrong(url: string, skew: number): TributaryError {
  const off = `${Math.round(Math.abs(skew) / 60_000)} minutes ${skew > 0 ? 'ahead of' : 'behind'}`;
  const message = `the clock of this machine is ${off} that of ${url}, and AWS takes five at most: set it`;
  return new TributaryError('auth', 'cli/clock-wrong', message);
}

/** What the chain says is not repeated: a program that hands out credentials may have written anything into it. */
function noCredentials(cause: unknown, env: Env): TributaryError {
  // A sign-in that has ended is told by its text alone, all else has the same name (token-providers 3.1166, read 2026-11-27).
  if (cause instanceof Error && /\bexpired\b|aws sso login|reauthenticate/.test(cause.message)) return expired(cause);
  const where = env.AWS_PROFILE ? `for the profile ${env.AWS_PROFILE}` : 'in the environment or a profile';
  const message = `no AWS credentials are to be had ${where}; name a profile with AWS_PROFILE, or sign in: aws sso login`;
  return new TributaryError('auth', 'cli/no-credentials', message, { cause });
}

function expired(cause?: unknown): TributaryError {
  const message = 'the AWS credentials have expired; sign in again (aws sso login), or take new ones';
  return new TributaryError('auth', 'cli/expired-credentials', message, { cause });
}

/**
 * A URL with each part encoded as RFC 3986 says, no more and no less: then whoever encodes what was sent and whoever
 * encodes what was meant verify the same signature.
 */
export function strictUrl(text: string): URL {
  const url = new URL(text);
  const path = url.pathname.split('/').map((step) => strictly(decodeURIComponent(step)));
  const query = [...url.searchParams].map(([name, value]) => `${strictly(name)}=${strictly(value)}`);
  return new URL(`${url.origin}${path.join('/')}${query.length === 0 ? '' : `?${query.join('&')}`}`);
}

function strictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
