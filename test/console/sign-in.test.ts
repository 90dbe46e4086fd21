import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { credentials, enter, reach, signOut } from '../../console/app/session.ts';

const home = 'https://api.example.com/';
const signIn = {
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/p',
  page: 'https://acme.auth.example.com',
  client: 'console',
  home,
};

/** As much of a browser's tab as the session touches. */
function openTab(url: string) {
  const kept = new Map<string, string>();
  const tab = { url: new URL(url), went: [] as string[] };
  const go = (to: string): void => void tab.went.push(to);
  vi.stubGlobal('location', {
    ...{ assign: go, replace: go },
    get href() {
      return tab.url.href;
    },
    get origin() {
      return tab.url.origin;
    },
    get hash() {
      return tab.url.hash;
    },
    get pathname() {
      return tab.url.pathname;
    },
  });
  vi.stubGlobal('history', {
    replaceState: (_state: unknown, _title: string, to: string) => {
      tab.url = new URL(to, tab.url);
    },
  });
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  return tab;
}

/** The token endpoint of Cognito: a code is good for who knows the verifier of its challenge, and once. */
function openCognito() {
  let challenge: string | null = null;
  let tokens = 0;
  const asked: string[] = [];
  const answer = (body: object, status = 200) => Response.json(body, { status });
  vi.stubGlobal('fetch', async (input: string | URL, init?: RequestInit): Promise<Response> => {
    const url = new URL(input, home);
    const sent = new URLSearchParams(String(init?.body ?? ''));
    asked.push(`${url.pathname} ${sent.get('grant_type') ?? ''}`.trim());
    if (url.pathname === '/assets/console.json') return answer({ signIn: 'cognito', ...signIn });
    if (url.pathname === '/oauth2/revoke') return new Response(null, { status: 200 });
    const proven =
      createHash('sha256')
        .update(sent.get('code_verifier') ?? '')
        .digest('base64url') === challenge;
    const good = sent.get('grant_type') === 'refresh_token' ? sent.get('refresh_token') === 'r' : proven;
    if (!good || sent.get('client_id') !== 'console') return answer({ error: 'invalid_grant' }, 400);
    challenge = null;
    tokens += 1;
    const given = sent.get('grant_type') === 'refresh_token' ? {} : { refresh_token: 'r' };
    return answer({ access_token: `a${tokens}`, token_type: 'Bearer', expires_in: 900, ...given });
  });
  return { asked, send: (to: URL) => (challenge = to.searchParams.get('code_challenge')) };
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-20T08:00:00Z') }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function signedIn() {
  const tab = openTab(`${home}#/runs`);
  const cognito = openCognito();
  await enter();
  const page = new URL(tab.went[0] ?? 'about:blank');
  cognito.send(page);
  return { tab, cognito, page, back: (query: string) => (tab.url = new URL(`${home}?${query}`)) };
}

describe('a tab of the deployed console', () => {
  it('goes to the sign-in, comes back to the page that was wanted, and asks with an access token', async () => {
    const { tab, page, back } = await signedIn();
    expect([page.origin, page.pathname, page.searchParams.get('redirect_uri')]).toEqual([
      ...[signIn.page, '/oauth2/authorize', home],
    ]);

    back(`code=c&state=${page.searchParams.get('state')}`);

    expect(await enter()).toEqual({ in: true });
    expect([tab.url.href, reach('/api/runs')]).toEqual([`${home}#/runs`, '/console/api/runs']);
    expect(await credentials()).toEqual({ authorization: 'Bearer a1' });
  });

  it('takes no code that is an answer to another question', async () => {
    const { cognito, back } = await signedIn();
    back('code=c&state=another');

    expect(await enter()).toMatchObject({ in: false, says: expect.stringContaining('not signed in') as string });
    expect(cognito.asked.filter((one) => one.startsWith('/oauth2'))).toEqual([]);
  });

  it('renews the token once for questions that are asked at once, and is out when that is refused', async () => {
    const { cognito, page, back } = await signedIn();
    back(`code=c&state=${page.searchParams.get('state')}`);
    await enter();
    vi.advanceTimersByTime(14.5 * 60_000);

    const both = await Promise.all([credentials(), credentials()]);

    expect(both).toEqual([{ authorization: 'Bearer a2' }, { authorization: 'Bearer a2' }]);
    expect(cognito.asked.filter((one) => one.includes('refresh'))).toHaveLength(1);
    vi.advanceTimersByTime(15 * 60_000);
    vi.stubGlobal('fetch', async () => Response.json({ error: 'invalid_grant' }, { status: 400 }));
    expect(await credentials()).toEqual({});
  });

  it('signs out at Cognito too', async () => {
    const { tab, cognito, page, back } = await signedIn();
    back(`code=c&state=${page.searchParams.get('state')}`);
    await enter();

    await signOut();

    expect([cognito.asked.at(-1), await credentials()]).toEqual(['/oauth2/revoke', {}]);
    expect(tab.went.at(-1)).toBe(`${signIn.page}/logout?client_id=console&logout_uri=${encodeURIComponent(home)}`);
  });

  it('moves to the address that Cognito sends people back to', async () => {
    const tab = openTab('https://other.example.com/#/runs');
    openCognito();

    await enter();

    expect(tab.went).toEqual([`${home}#/runs`]);
  });
});

describe('a tab of the console of a stage', () => {
  it('exchanges the code of a link, takes it out of the address, and stays in when the link is opened again', async () => {
    const tab = openTab('http://127.0.0.1:4000/#code=c');
    let good = true;
    vi.stubGlobal('fetch', async () => {
      const answer = good ? Response.json({ token: 't' }) : Response.json({ message: 'used' }, { status: 401 });
      good = false;
      return answer;
    });

    expect(await enter()).toEqual({ in: true });
    expect([tab.url.href, reach('/api/runs'), await credentials()]).toEqual([
      ...['http://127.0.0.1:4000/', '/api/runs', { authorization: 'Bearer t' }],
    ]);
    tab.url = new URL('http://127.0.0.1:4000/#code=c');
    expect(await enter()).toEqual({ in: true });
  });

  it('is told how to get a link when its own was used', async () => {
    openTab('http://127.0.0.1:4000/#code=c');
    vi.stubGlobal('fetch', async () => Response.json({ message: 'used' }, { status: 401 }));

    expect(await enter()).toEqual({ in: false, says: expect.stringContaining('tributary console') as string });
  });
});
