import { problems } from './rest-error.ts';

export interface SimSecret {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** Access tokens that are good now. An access token lives for sixty days, which only tests let pass (`expire`). */
export interface Tokens {
  readonly secret: SimSecret;
  /** Makes all access tokens that were given so far worthless. */
  expire(): void;
  judge(authorization: string | undefined): void;
  /** The token endpoint's answer to a form. */
  renew(form: URLSearchParams): { readonly status: number; readonly body: object };
}

export function createTokens(): Tokens {
  const secret: SimSecret = {
    access_token: 'AQXsimulatedaccesstoken',
    refresh_token: 'AQXsimulatedrefreshtoken',
    client_id: '86simulated',
    client_secret: 'simulated-client-secret',
  };
  const good = new Set([secret.access_token]);
  let given = 0;
  return {
    secret,
    expire: () => good.clear(),
    judge(authorization) {
      const token = authorization?.replace(/^Bearer /, '') ?? '';
      if (!good.has(token)) throw problems.badToken();
    },
    renew(form) {
      const told = Object.fromEntries(form);
      const refused = (status: number, error: string, error_description: string) => ({
        status,
        body: { error, error_description },
      });
      if (told.grant_type !== 'refresh_token')
        return refused(400, 'unsupported_grant_type', 'The grant type is unknown');
      if (told.client_id !== secret.client_id || told.client_secret !== secret.client_secret) {
        return refused(401, 'invalid_client', 'Client authentication failed');
      }
      if (told.refresh_token !== secret.refresh_token) {
        return refused(400, 'invalid_grant', 'The provided authorization grant or refresh token is invalid or expired');
      }
      given += 1;
      const token = `${secret.access_token}${given}`;
      good.add(token);
      return {
        status: 200,
        body: {
          access_token: token,
          expires_in: 5_184_000,
          refresh_token: secret.refresh_token,
          refresh_token_expires_in: 30_000_000,
          scope: 'r_marketing_leadgen_automation rw_organization_admin rw_dmp_segments',
        },
      };
    },
  };
}
