import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { jsonIn, openRequests } from '../requests.ts';
import { type Renewal, renewalOf, type Secret } from './config.ts';
import { isTokenRefused, linkedinError, networkError, refreshError, unreadableAnswer } from './errors.ts';

/** LinkedIn documents no limit of its own; five thousand users take some seconds. */
const TIMEOUT_MS = 60_000;
const TOKEN_PATH = '/oauth/v2/accessToken';

export interface Request {
  readonly method: 'GET' | 'POST';
  /** With its query: `/rest/dmpSegments?q=account`. */
  readonly path: string;
  /** What Rest.li calls the method where HTTP's own does not say it: `BATCH_CREATE`. */
  readonly restMethod?: string;
  readonly body?: Json;
}

export interface Answer {
  /** Undefined where the body is empty. */
  readonly body: Json | undefined;
  /** Of what was made: LinkedIn tells its id in a header. */
  readonly madeId: string | undefined;
}

/** Sends requests: one leave of the budget for each, no repetition but one with a renewed token, every failure ours. */
export interface Transport {
  /** Requests sent so far. */
  readonly calls: () => number;
  /** `what` names the answer in errors. */
  send(what: string, request: Request): Promise<Answer>;
}

const told = z.object({ serviceErrorCode: z.number().optional() });
const renewed = z.object({ access_token: z.string().min(1) });

export function openTransport(
  urls: { readonly api: string; readonly sign_in: string },
  secret: Secret,
  version: string,
  io: ConnectorIo,
): Transport {
  const renewal = renewalOf(secret);
  let token = secret.access_token;
  let mayRenew = renewal !== undefined;
  const requests = openRequests(io, networkError);

  async function renew(by: Renewal): Promise<string> {
    mayRenew = false;
    const answer = await requests.send(`${urls.sign_in}${TOKEN_PATH}`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', ...by }),
    });
    if (!answer.ok) throw refreshError(answer.status);
    const parsed = renewed.safeParse(jsonIn(answer.text()));
    if (!parsed.success) throw unreadableAnswer('a renewed token');
    return parsed.data.access_token;
  }

  async function sendOnce(what: string, { method, path, restMethod, body }: Request, bearer: string): Promise<Answer> {
    const answer = await requests.send(`${urls.api}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${bearer}`,
        'linkedin-version': version,
        'x-restli-protocol-version': '2.0.0',
        ...(restMethod === undefined ? {} : { 'x-restli-method': restMethod }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
    const json = jsonIn(answer.text());
    if (!answer.ok) throw linkedinError(answer.status, told.safeParse(json).data?.serviceErrorCode, answer.waitMs);
    if (json === undefined && answer.bytes.length > 0) throw unreadableAnswer(what);
    return { body: json, madeId: madeIdIn(answer.headers) };
  }

  return {
    calls: requests.calls,
    async send(what, request) {
      if (token === undefined && renewal !== undefined) token = await renew(renewal);
      try {
        return await sendOnce(what, request, token ?? '');
      } catch (thrown) {
        // Once for each client: a token that is refused although it is new is no matter of time.
        if (!mayRenew || renewal === undefined || !isTokenRefused(thrown)) throw thrown;
        token = await renew(renewal);
        return sendOnce(what, request, token);
      }
    },
  };
}

/** Newer calls say `x-restli-id`, older ones `x-linkedin-id`. */
function madeIdIn(headers: Headers): string | undefined {
  return headers.get('x-restli-id') ?? headers.get('x-linkedin-id') ?? undefined;
}
