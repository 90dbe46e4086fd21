import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi';

/** Where people sign in, as `/assets/console.json` tells it. */
export interface SignIn {
  readonly issuer: string;
  /** The sign-in page of Cognito. */
  readonly page: string;
  readonly client: string;
  /** The address of this page that Cognito sends people back to. */
  readonly home: string;
}

/** What Cognito gave to somebody who signed in. */
export interface SignedIn {
  readonly kind: 'cognito';
  readonly signIn: SignIn;
  readonly access: string;
  readonly refresh: string | undefined;
  /** Until when the access token is good, in milliseconds since 1970. */
  readonly until: number;
}

/** What this tab must know when the browser comes back. */
interface Leaving {
  readonly state: string;
  readonly verifier: string;
  /** The page that somebody wanted to see. */
  readonly hash: string;
}

const KEY = 'tributary-sign-in';

/** Leaves this page for Cognito's (authorization code with PKCE, RFC 7636). */
export async function goToSignIn(signIn: SignIn): Promise<void> {
  if (location.origin !== new URL(signIn.home).origin) {
    // Under another name Cognito would not send anybody back here.
    location.replace(`${signIn.home}${location.hash}`);
    return;
  }
  const verifier = generateRandomCodeVerifier();
  const state = generateRandomState();
  const leaving: Leaving = { state, verifier, hash: location.hash };
  sessionStorage.setItem(KEY, JSON.stringify(leaving));
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: signIn.client,
    redirect_uri: signIn.home,
    scope: 'openid',
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  location.assign(`${signIn.page}/oauth2/authorize?${asked}`);
}

/**
 * Takes what Cognito put into the address out of it, and exchanges it. Undefined when nobody comes from there. Throws when
 * Cognito refused, or the answer is not to a question of this tab.
 */
export async function comeBack(signIn: SignIn): Promise<SignedIn | undefined> {
  const address = new URL(location.href);
  const given = sessionStorage.getItem(KEY);
  if (!address.searchParams.has('state') || given === null) return undefined;
  sessionStorage.removeItem(KEY);
  const { state, verifier, hash } = JSON.parse(given) as Leaving;
  history.replaceState(null, '', `${location.pathname}${hash}`);
  const [server, client] = partiesOf(signIn);
  const params = validateAuthResponse(server, client, address, state);
  const answer = await authorizationCodeGrantRequest(server, client, None(), params, signIn.home, verifier);
  return sessionOf(signIn, await processAuthorizationCodeResponse(server, client, answer), undefined);
}

/** The session with a new access token. Throws when Cognito gives none: the time is over, or somebody ended it. */
export async function renewed({ signIn, refresh }: SignedIn): Promise<SignedIn> {
  if (refresh === undefined) throw new Error('the session cannot be renewed');
  const [server, client] = partiesOf(signIn);
  const answer = await refreshTokenGrantRequest(server, client, None(), refresh);
  return sessionOf(signIn, await processRefreshTokenResponse(server, client, answer), refresh);
}

/** Ends the session at Cognito: what it gave is of no use any more, and its page asks again. */
export async function leave({ signIn, refresh }: SignedIn): Promise<void> {
  const [server, client] = partiesOf(signIn);
  // A failure here leaves a token that nobody has any more.
  if (refresh !== undefined) await revocationRequest(server, client, None(), refresh).catch(() => undefined);
  const asked = new URLSearchParams({ client_id: signIn.client, logout_uri: signIn.home });
  location.assign(`${signIn.page}/logout?${asked}`);
}

function partiesOf({ issuer, page, client }: SignIn): [AuthorizationServer, Client] {
  const server = { issuer, token_endpoint: `${page}/oauth2/token`, revocation_endpoint: `${page}/oauth2/revoke` };
  return [server, { client_id: client }];
}

function sessionOf(signIn: SignIn, answer: TokenEndpointResponse, refresh: string | undefined): SignedIn {
  const { access_token: access, refresh_token: given = refresh, expires_in: seconds = 0 } = answer;
  return { kind: 'cognito', signIn, access, refresh: given, until: Date.now() + seconds * 1_000 };
}
