import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { type Answer, jsonIn, openRequests } from '../requests.ts';
import type { Secret } from './config.ts';
import { hubspotError, networkError, type Refusal, signInError, unreadableAnswer } from './errors.ts';

export interface Request {
  readonly method: string;
  /** Whole, with its query. */
  readonly url: string;
  readonly body?: string;
  readonly contentType?: string;
}

/** Sends requests as the connection's app: one leave of the budget for each, no repetition, every failure ours. */
export interface Transport {
  /** Requests sent so far. */
  readonly calls: () => number;
  /** The answer's JSON; undefined where it holds none. `what` names it in errors. */
  send(what: string, request: Request): Promise<Json | undefined>;
}

const grant = z.object({ access_token: z.string().min(1) });
const told = z.object({
  category: z.string().optional(),
  policyName: z.string().optional(),
  message: z.string().optional(),
});

export function openTransport(base: string, secret: Secret, io: ConnectorIo): Transport {
  const requests = openRequests(io, networkError);
  let renewed: string | undefined;

  async function exchange(what: string, request: Request, token: string | undefined) {
    const answer = await requests.send(request.url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    hearUsage(answer.headers);
    if (!answer.ok) return { refusal: refusalOf(answer) };
    const json = jsonIn(answer.text());
    if (json === undefined && answer.text() !== '') throw unreadableAnswer(what);
    return { json };
  }

  /** Requests of the day by every tool that uses the app's account. Search answers tell nothing of it. */
  function hearUsage(headers: Headers): void {
    const limit = Number(headers.get('x-hubspot-ratelimit-daily') ?? Number.NaN);
    const remaining = Number(headers.get('x-hubspot-ratelimit-daily-remaining') ?? Number.NaN);
    if (Number.isFinite(limit) && Number.isFinite(remaining)) {
      io.calls.heard({ used: { used: limit - remaining, limit } });
    }
  }

  async function currentToken(): Promise<string> {
    if (secret.refresh_token === undefined) return secret.access_token ?? '';
    renewed ??= await renew();
    return renewed;
  }

  async function renew(): Promise<string> {
    const form = {
      grant_type: 'refresh_token',
      client_id: secret.client_id ?? '',
      client_secret: secret.client_secret ?? '',
      refresh_token: secret.refresh_token ?? '',
    };
    const answer = await exchange(
      'a renewed token',
      {
        method: 'POST',
        url: `${base}/oauth/v1/token`,
        body: new URLSearchParams(form).toString(),
        contentType: 'application/x-www-form-urlencoded',
      },
      undefined,
    );
    if (answer.refusal !== undefined) throw signInError(answer.refusal);
    const parsed = grant.safeParse(answer.json);
    if (!parsed.success) throw unreadableAnswer('a renewed token');
    return parsed.data.access_token;
  }

  return {
    calls: requests.calls,
    async send(what, request) {
      let answer = await exchange(what, request, await currentToken());
      // A token of OAuth lives for half an hour, a run may be longer: it is renewed once, then the refusal stands.
      if (answer.refusal?.status === 401 && secret.refresh_token !== undefined) {
        renewed = await renew();
        answer = await exchange(what, request, renewed);
      }
      if (answer.refusal !== undefined) throw hubspotError(answer.refusal);
      return answer.json;
    },
  };
}

function refusalOf({ status, text, waitMs }: Answer): Refusal {
  // An error's body may be a page for people, or nothing.
  const body = told.safeParse(jsonIn(text())).data;
  return { status, category: body?.category, policy: body?.policyName, message: body?.message, waitMs };
}
