import type { SignedIn, SignIn } from './sign-in.ts';

/** What lets this tab in: the stage's token, or what Cognito gave. */
type Session = { readonly kind: 'stage'; readonly token: string } | SignedIn;

/** Where somebody stands who opened the page: let in, or what to do about it. */
export type Entrance = { readonly in: true } | { readonly in: false; readonly says: string };

/** What is said to whoever is not let in. */
export const HOW_TO_GET_IN =
  'This page is opened by a link that lets a browser in, once and within ten minutes: “tributary start” prints one, ' +
  '“tributary console” another.';
const NO_SIGN_IN =
  'Nobody can sign in here: the workspace does not say console.sign_in. The API takes requests signed for IAM.';
const SESSION_OVER = 'Your session is over. Load the page again to sign in.';

const KEY = 'tributary-session';
/** A token is renewed so long before it ends: a request that is under way must not be late. */
const BEFORE_END_MS = 60_000;

/**
 * Lets this tab in: by the code of a link (`/#code=…`), which is taken out of the address and exchanged, by the session
 * that the tab has already, or by a sign-in, for which the browser leaves the page.
 */
export async function enter(): Promise<Entrance> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code !== null) {
    history.replaceState(null, '', location.pathname);
    return exchangeCode(code);
  }
  if (current() !== undefined) return { in: true };
  const asked = await fetch('/assets/console.json').catch(() => undefined);
  const how = asked?.ok === true ? ((await asked.json()) as HowToGetIn) : undefined;
  if (how === undefined) return { in: false, says: 'The API does not answer. Is it still running?' };
  if (how.signIn !== 'cognito') return { in: false, says: how.signIn === 'link' ? HOW_TO_GET_IN : NO_SIGN_IN };
  const { comeBack, goToSignIn } = await import('./sign-in.ts');
  try {
    const session = await comeBack(how);
    if (session === undefined) {
      await goToSignIn(how);
      return { in: false, says: 'Going to the sign-in…' };
    }
    keep(session);
    return { in: true };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'something went wrong';
    return { in: false, says: `You were not signed in: ${why}. Load the page again to try once more.` };
  }
}

type HowToGetIn = { readonly signIn: 'link' | 'none' } | ({ readonly signIn: 'cognito' } & SignIn);

async function exchangeCode(code: string): Promise<Entrance> {
  const answer = await fetch('/stage/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  }).catch(() => undefined);
  if (answer?.ok === true) {
    const { token } = (await answer.json()) as { readonly token: string };
    keep({ kind: 'stage', token });
    return { in: true };
  }
  // A link that was used by this tab itself, by going back to it, takes nothing away from it.
  return current() === undefined ? { in: false, says: HOW_TO_GET_IN } : { in: true };
}

/** A path of the API as this session reaches it: the front door asks for a sign-in on a path of its own. */
export function reach(path: string): string {
  return current()?.kind === 'cognito' ? `/console${path}` : path;
}

/** What each request to the API carries to be let in. */
export async function credentials(): Promise<Readonly<Record<string, string>>> {
  const session = current();
  if (session === undefined) return {};
  if (session.kind === 'stage') return { authorization: `Bearer ${session.token}` };
  if (Date.now() < session.until - BEFORE_END_MS) return { authorization: `Bearer ${session.access}` };
  // Several questions at once renew it once.
  renewing ??= renew(session).finally(() => {
    renewing = undefined;
  });
  const renewed = await renewing;
  return renewed === undefined ? {} : { authorization: `Bearer ${renewed.access}` };
}

let renewing: Promise<SignedIn | undefined> | undefined;

async function renew(session: SignedIn): Promise<SignedIn | undefined> {
  const { renewed } = await import('./sign-in.ts');
  const next = await renewed(session).catch(() => undefined);
  if (next === undefined) sessionStorage.removeItem(KEY);
  else keep(next);
  return next;
}

/** What is said to a tab that was let in and is not any more. */
export function turnedAway(): string {
  const byStage = current()?.kind === 'stage';
  sessionStorage.removeItem(KEY);
  return byStage ? HOW_TO_GET_IN : SESSION_OVER;
}

/** True when somebody signed in, and so can sign out. */
export function signedIn(): boolean {
  return current()?.kind === 'cognito';
}

/** Ends the session, here and at Cognito. */
export async function signOut(): Promise<void> {
  const session = current();
  sessionStorage.removeItem(KEY);
  if (session?.kind !== 'cognito') return;
  const { leave } = await import('./sign-in.ts');
  await leave(session);
}

function keep(session: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

function current(): Session | undefined {
  const text = sessionStorage.getItem(KEY);
  return text === null ? undefined : (JSON.parse(text) as Session);
}
