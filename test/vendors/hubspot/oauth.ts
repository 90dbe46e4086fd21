import { randomBytes } from 'node:crypto';

/** A token of OAuth lives for half an hour. */
const TOKEN_MS = 1_800_000;

export interface Tokens {
  readonly client: { readonly client_id: string; readonly client_secret: string };
  readonly refreshToken: string;
  /** Of the private app. */
  accessToken: string;
  judge(token: string): 'good' | 'expired' | 'unknown';
  /** The answer to a form at `/oauth/v1/token`; undefined when it is refused. */
  renew(form: URLSearchParams): object | undefined;
  /** Every token that was given out by renewal is over. */
  expireAll(): void;
}

export function createTokens(now: () => Date): Tokens {
  const given = new Map<string, number>();
  const client = {
    client_id: '11111111-2222-3333-4444-555555555555',
    client_secret: 'simulated-hubspot-client-secret',
  };
  const tokens: Tokens = {
    client,
    refreshToken: 'eu1-simulated-refresh-token',
    accessToken: 'pat-eu1-simulated-access-token',
    judge(token) {
      if (token === tokens.accessToken) return 'good';
      const until = given.get(token);
      if (until === undefined) return 'unknown';
      return until > now().getTime() ? 'good' : 'expired';
    },
    renew(form) {
      const right =
        form.get('grant_type') === 'refresh_token' &&
        form.get('client_id') === client.client_id &&
        form.get('client_secret') === client.client_secret &&
        form.get('refresh_token') === tokens.refreshToken;
      if (!right) return undefined;
      const token = randomBytes(24).toString('base64url');
      given.set(token, now().getTime() + TOKEN_MS);
      return {
        access_token: token,
        refresh_token: tokens.refreshToken,
        expires_in: TOKEN_MS / 1000,
        token_type: 'bearer',
      };
    },
    expireAll() {
      for (const token of given.keys()) given.set(token, 0);
    },
  };
  return tokens;
}
