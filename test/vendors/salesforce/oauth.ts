import { createVerify, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

export interface SimulatedClient {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Sessions of the simulated org: what its token endpoint has given out. */
export interface Sessions {
  /** Answers the token endpoint for a form. */
  token(form: URLSearchParams, ownUrl: string): { readonly status: number; readonly body: object };
  isValid(token: string): boolean;
  revoke(token: string): void;
  /** All sessions time out at once. */
  expireAll(): void;
  /** A key pair whose assertions are accepted for `username`; made on first use. */
  jwtKey(): { readonly privateKey: string; readonly username: string };
}

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const USERNAME = 'sync@example.com';
const LONGEST_ASSERTION_SECONDS = 300;
const AUDIENCES = new Set(['https://login.salesforce.com', 'https://test.salesforce.com']);

export function createSessions(options: {
  readonly now: () => Date;
  readonly sessionMs: number;
  readonly organizationId: string;
  readonly userId: string;
  readonly client: SimulatedClient;
}): Sessions {
  const ends = new Map<string, number>();
  let key: { privateKey: string; publicKey: KeyObject } | undefined;

  function open(ownUrl: string): { status: number; body: object } {
    const token = `${options.organizationId.slice(0, 15)}!${randomBytes(24).toString('base64url')}`;
    ends.set(token, options.now().getTime() + options.sessionMs);
    return {
      status: 200,
      // No expires_in: a session ends when the org's timeout says so, and a 401 is how one learns of it.
      body: {
        access_token: token,
        instance_url: ownUrl,
        id: `${ownUrl}/id/${options.organizationId}/${options.userId}`,
        token_type: 'Bearer',
        issued_at: String(options.now().getTime()),
        signature: randomBytes(32).toString('base64'),
        scope: 'api',
      },
    };
  }

  function checkAssertion(assertion: string): string | undefined {
    const [head = '', claims = '', signature = ''] = assertion.split('.');
    const trusted =
      key !== undefined &&
      createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(key.publicKey, signature, 'base64url');
    if (!trusted) return 'invalid assertion';
    const { iss, sub, aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    const left = exp - options.now().getTime() / 1000;
    if (iss !== options.client.client_id || !AUDIENCES.has(aud)) return 'audience is invalid';
    if (left <= 0 || left > LONGEST_ASSERTION_SECONDS) return 'expired authorization code';
    return sub === USERNAME ? undefined : "user hasn't approved this consumer";
  }

  return {
    token: (form, ownUrl) => {
      const grant = form.get('grant_type');
      if (form.get('client_id') !== options.client.client_id)
        return refusal('invalid_client_id', 'client identifier invalid');
      if (grant === 'client_credentials' || grant === 'refresh_token') {
        if (form.get('client_secret') !== options.client.client_secret)
          return refusal('invalid_client', 'invalid client credentials');
        // These flows give no refresh token, so none can be valid here.
        if (grant === 'refresh_token') return refusal('invalid_grant', 'expired access/refresh token');
        return open(ownUrl);
      }
      if (grant !== JWT_BEARER) return refusal('unsupported_grant_type', 'grant type not supported');
      const wrong = checkAssertion(form.get('assertion') ?? '');
      return wrong === undefined ? open(ownUrl) : refusal('invalid_grant', wrong);
    },
    isValid: (token) => (ends.get(token) ?? 0) > options.now().getTime(),
    revoke: (token) => {
      ends.delete(token);
    },
    expireAll: () => {
      ends.clear();
    },
    jwtKey: () => {
      if (key === undefined) {
        const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
        key = {
          publicKey: pair.publicKey,
          privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        };
      }
      return { privateKey: key.privateKey, username: USERNAME };
    },
  };
}

function refusal(error: string, description: string): { status: number; body: object } {
  return { status: 400, body: { error, error_description: description } };
}
