import { createVerify, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** A service account, as its key file tells. */
export interface KeyFile {
  readonly type: 'service_account';
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly token_uri: string;
}

/** Where Google gives tokens: signed assertions of one service account in, bearer tokens of an hour out. */
export interface SignIn {
  readonly keyFile: KeyFile;
  /** Takes an assertion (RFC 7523); `undefined` = `invalid_grant`. */
  grant(form: URLSearchParams): { access_token: string; expires_in: number; token_type: string } | undefined;
  holds(authorization: string | undefined): boolean;
  /** Ends every token before its time. */
  forget(): void;
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const HOUR_MS = 3_600_000;

let made: { readonly file: KeyFile; readonly publicKey: KeyObject } | undefined;

/** One pair for the process: making it takes longer than most tests. */
function account() {
  if (made !== undefined) return made;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file: KeyFile = {
    type: 'service_account',
    project_id: 'simulated-project',
    client_email: 'tributary@simulated-project.iam.gserviceaccount.example',
    private_key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    token_uri: TOKEN_URL,
  };
  made = { file, publicKey };
  return made;
}

/** The key file of the simulated service account. */
export function simulatedKeyFile(): KeyFile {
  return account().file;
}

/** `scope`: what tokens are given for here. */
export function openSignIn(now: () => Date, scope: string): SignIn {
  const { file, publicKey } = account();
  const tokens = new Map<string, number>();
  return {
    keyFile: file,
    grant(form) {
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return undefined;
      const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
      const verifier = createVerify('RSA-SHA256').update(`${head}.${claims}`);
      if (!verifier.verify(publicKey, signature, 'base64url')) return undefined;
      const { iss, scope: asked, aud, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims;
      const seconds = now().getTime() / 1_000;
      const inTime = iat <= seconds + 300 && exp > seconds && exp - iat <= 3_600;
      if (iss !== file.client_email || aud !== TOKEN_URL || asked !== scope || !inTime) return undefined;
      const access_token = `ya29.${randomBytes(24).toString('base64url')}`;
      tokens.set(access_token, now().getTime() + HOUR_MS);
      return { access_token, expires_in: 3_599, token_type: 'Bearer' };
    },
    holds: (authorization) => (tokens.get(authorization?.replace(/^Bearer /, '') ?? '') ?? 0) > now().getTime(),
    forget: () => tokens.clear(),
  };
}

interface Claims {
  readonly iss: string;
  readonly scope: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
}
