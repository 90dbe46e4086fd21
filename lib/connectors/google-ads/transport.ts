import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import type { Secret } from './config.ts';
import { googleError, networkError, type Refusal, refusalOf, signInError, unreadableAnswer } from './errors.ts';
import { grantOf } from './grant.ts';

/** Ten thousand members are a megabyte and a half, and are checked before the answer. */
const TIMEOUT_MS = 60_000;
/** A token that ends so soon is not begun with. */
const SPARE_MS = 60_000;

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

/** Signs in when it must, and again once when a token is refused; one leave of the budget for each request. */
export interface Transport {
  /** Requests sent so far, sign-in included. */
  readonly calls: () => number;
  /** The answer's JSON. `what` names it in errors. `takes` may make an answer of a refusal that is none of ours to throw. */
  send(what: string, request: Request, takes?: (refusal: Refusal) => Json | undefined): Promise<Json>;
}

/** Where an endpoint of the connection's own is both: the API and the place that gives tokens. */
export interface Places {
  readonly api: string;
  readonly token: string;
}

export function openTransport({ api, token: tokenUrl }: Places, secret: Secret, io: ConnectorIo): Transport {
  let calls = 0;
  let held: { readonly token: string; readonly until: number } | undefined;

  async function once(url: string, init: RequestInit): Promise<{ readonly response: Response; readonly text: string }> {
    if (io.signal.aborted) throw networkError(undefined, true);
    await io.calls.ask();
    calls += 1;
    try {
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const response = await io.fetch(url, { ...init, signal });
      return { response, text: await response.text() };
    } catch (thrown) {
      throw networkError(thrown, io.signal.aborted);
    }
  }

  async function signIn(): Promise<string> {
    const now = io.now();
    if (held !== undefined && held.until > now.getTime()) return held.token;
    const { response, text } = await once(tokenUrl, { method: 'POST', body: grantOf(secret, now) });
    if (!response.ok) throw signInError(response.status, response.headers.get('retry-after'));
    const parsed = granted.safeParse(readJson(text, 'the sign-in'));
    if (!parsed.success) throw unreadableAnswer('the sign-in');
    const { access_token: token, expires_in } = parsed.data;
    held = { token, until: now.getTime() + expires_in * 1_000 - SPARE_MS };
    return token;
  }

  async function ask({ method, path, query, headers, body }: Request) {
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    return once(`${api}${path}${search}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${await signIn()}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  return {
    calls: () => calls,
    async send(what, request, takes) {
      let answer = await ask(request);
      if (answer.response.status === 401) {
        // A token may end before its time. One that is new and refused means the account.
        held = undefined;
        answer = await ask(request);
      }
      const { response, text } = answer;
      if (response.ok) return readJson(text, what);
      const refusal = refusalOf(response.status, text, response.headers.get('retry-after'));
      const taken = takes?.(refusal);
      if (taken === undefined) throw googleError(refusal);
      return taken;
    },
  };
}

function readJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw unreadableAnswer(what);
  }
}
