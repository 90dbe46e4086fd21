import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { Hono } from 'hono';
import type { GatewayContext } from './gateway-context.ts';

/** Somebody who may sign in. */
export interface SimulatedUser {
  readonly name: string;
  readonly password: string;
  readonly groups: readonly string[];
}

const CLIENT = 'console';
const PAGE = 'https://sign-in.example.com';
const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example';
const LIFETIME_SECONDS = 900;

/**
 * A simulation of as much of Cognito as the console meets: its sign-in page and the endpoints `/oauth2/authorize`, `/oauth2/token`,
 * `/oauth2/revoke` and `/logout` (Amazon Cognito developer guide, "User pool endpoints and managed login reference"; RFC 6749, 7636,
 * 7009), for one public client, with signed access tokens; and what the gateway's JWT authorizer makes of one. It is not
 * Cognito: no second factor, no hosted look, no throttling.
 */
export function openSimulatedCognito(users: readonly SimulatedUser[], home: string) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const codes = new Map<string, { readonly user: SimulatedUser; readonly challenge: string }>();
  const refreshes = new Map<string, SimulatedUser>();
  const app = new Hono();

  const signed = (claims: object): string => {
    const now = Math.floor(Date.now() / 1_000);
    const whole = { iss: ISSUER, ...claims, iat: now, exp: now + LIFETIME_SECONDS };
    const content = [{ alg: 'RS256', typ: 'JWT' }, whole].map((one) => encode(JSON.stringify(one))).join('.');
    return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
  };
  /** What the token endpoint gives: an access token for the API, and one that tells a page who it is. */
  const tokensOf = ({ name, groups }: SimulatedUser) => {
    const who = { sub: createHash('sha256').update(name).digest('hex'), 'cognito:groups': groups };
    return {
      token_type: 'Bearer',
      expires_in: LIFETIME_SECONDS,
      access_token: signed({ ...who, client_id: CLIENT, token_use: 'access', scope: 'openid', username: name }),
      id_token: signed({ ...who, aud: CLIENT, token_use: 'id', 'cognito:username': name }),
    };
  };

  app.get('/oauth2/authorize', (c) => {
    const { response_type: type, client_id: client, redirect_uri: back, code_challenge_method: method } = c.req.query();
    if (type !== 'code' || client !== CLIENT || back !== home || method !== 'S256')
      return c.text('invalid_request', 400);
    const fields = Object.entries(c.req.query()).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    );
    return c.html(`<!doctype html><html lang="en"><title>Sign in</title><form method="post" action="/login">${fields.join('')}
<label>Name <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Sign in</button></form></html>`);
  });
  app.post('/login', async (c) => {
    const asked = Object.fromEntries(new URLSearchParams(await c.req.text()));
    const user = users.find(({ name, password }) => name === asked.username && password === asked.password);
    if (user === undefined || asked.redirect_uri !== home) return c.text('Incorrect username or password.', 400);
    const code = randomUUID();
    codes.set(code, { user, challenge: asked.code_challenge ?? '' });
    return c.redirect(`${home}?${new URLSearchParams({ code, state: asked.state ?? '' })}`);
  });
  app.use('/oauth2/*', async (c, next) => {
    await next();
    c.header('access-control-allow-origin', '*');
  });
  app.post('/oauth2/token', async (c) => {
    const asked = Object.fromEntries(new URLSearchParams(await c.req.text()));
    if (asked.client_id !== CLIENT) return c.json({ error: 'invalid_client' }, 400);
    if (asked.grant_type === 'refresh_token') {
      const user = refreshes.get(asked.refresh_token ?? '');
      return user === undefined ? c.json({ error: 'invalid_grant' }, 400) : c.json(tokensOf(user));
    }
    const held = codes.get(asked.code ?? '');
    // A code is good once, whoever shows it.
    codes.delete(asked.code ?? '');
    const proof = createHash('sha256')
      .update(asked.code_verifier ?? '')
      .digest('base64url');
    if (held === undefined || held.challenge !== proof || asked.redirect_uri !== home) {
      return c.json({ error: 'invalid_grant' }, 400);
    }
    const refresh = randomUUID();
    refreshes.set(refresh, held.user);
    return c.json({ ...tokensOf(held.user), refresh_token: refresh });
  });
  app.post('/oauth2/revoke', async (c) => {
    refreshes.delete(new URLSearchParams(await c.req.text()).get('token') ?? '');
    return c.body(null, 200);
  });
  app.get('/logout', (c) => c.redirect(c.req.query('logout_uri') === home ? home : '/'));

  return {
    /** What `CONSOLE_SIGN_IN` says of it. */
    signIn: { issuer: ISSUER, page: PAGE, client: CLIENT, home },
    /** Answers a request to its page. */
    answer: async (url: string, asked: RequestInit): Promise<Response> => app.request(url, asked),
    refreshes: () => refreshes.size,
    /** What the gateway hands to a function for a request that bears a token; undefined = it answers 401 itself. */
    contextOf(authorization: string | undefined): GatewayContext | undefined {
      const [head = '', body = '', signature = ''] = (authorization ?? '').replace(/^Bearer /, '').split('.');
      const signed = Buffer.from(`${head}.${body}`);
      if (!verify('sha256', signed, createPublicKey(key), Buffer.from(signature, 'base64url'))) return undefined;
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Readonly<Record<string, unknown>>;
      if (claims.iss !== ISSUER || claims.client_id !== CLIENT || Number(claims.exp) * 1_000 < Date.now())
        return undefined;
      // Every claim is handed over as text, a list as `[a b]`.
      const texts = Object.entries(claims).map(([name, value]) => [
        name,
        Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
      ]);
      return { requestContext: { authorizer: { jwt: { claims: Object.fromEntries(texts), scopes: ['openid'] } } } };
    },
  };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
