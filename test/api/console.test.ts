import { brotliDecompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { serveConsole } from '../../lib/api/console.ts';
import { readConsoleFiles } from '../../lib/infra/console-files.ts';

let app: Hono;
let page: string;
let assets: readonly string[];

beforeAll(async () => {
  const files = await readConsoleFiles();
  app = serveConsole(new Hono(), undefined, async () => files);
  page = await (await app.request('/')).text();
  assets = Object.keys(files).filter((path) => path !== '/');
}, 60_000);

describe('serveConsole', () => {
  it('serves every file to anybody, and lets a browser run only what is ours', async () => {
    for (const path of ['/', ...assets]) {
      const answer = await app.request(path);
      expect({ path, status: answer.status, empty: (await answer.text()) === '' }).toEqual({
        ...{ path, status: 200, empty: false },
      });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': typeOf(path),
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/) as string,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': path === '/' ? 'no-cache' : 'public, max-age=31536000, immutable',
      });
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
    }
  });

  it('sends compressed what the asker can read compressed', async () => {
    const answer = await app.request('/', { headers: { 'accept-encoding': 'gzip, deflate, br' } });

    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(brotliDecompressSync(Buffer.from(await answer.arrayBuffer())).toString()).toBe(page);
  });

  it('has no script or style inside the page, and nothing from elsewhere', () => {
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    const targets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !target.startsWith('data:image/svg')).every((one) => assets.includes(one))).toBe(
      true,
    );
    expect(targets.some((target) => target.endsWith('.js'))).toBe(true);
    expect(page).toMatch(/<html lang="en">/);
  });

  it('names each asset by what is in it', () => {
    expect(assets.filter((path) => !/^\/assets\/[\w-]+-[\w-]{8}\.(js|css)$/.test(path))).toEqual([]);
  });

  it('says how to get in, and lets the page call the sign-in where there is one', async () => {
    const signIn = {
      issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/p',
      page: 'https://acme.auth.eu-central-1.amazoncognito.com',
      client: 'c',
      home: 'https://a.execute-api.eu-central-1.amazonaws.com/',
    };
    const deployed = serveConsole(new Hono(), JSON.stringify(signIn), async () => ({}));

    const [without, asked] = [
      await app.request('/assets/console.json'),
      await deployed.request('/assets/console.json'),
    ];

    expect([await without.json(), await asked.json()]).toEqual([{ signIn: 'none' }, { signIn: 'cognito', ...signIn }]);
    const callable = [without, asked].map((one) =>
      /connect-src ([^;]*)/.exec(one.headers.get('content-security-policy') ?? ''),
    );
    expect(callable.map((found) => found?.[1])).toEqual(["'self'", `'self' ${signIn.page}`]);
  });

  it('serves nothing else', async () => {
    const answer = await app.request('/assets/other.js');

    expect(answer.status).toBe(404);
  });
});

function typeOf(path: string): string {
  if (path === '/') return 'text/html; charset=utf-8';
  return path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
}
