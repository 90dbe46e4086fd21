import { OpenAPIHono } from '@hono/zod-openapi';
import { beforeAll, describe, expect, it } from 'vitest';
import { serveConsole } from '../../lib/api/console.ts';
import { readConsoleFiles } from '../../lib/infra/console-files.ts';

let app: OpenAPIHono;

beforeAll(async () => {
  app = serveConsole(new OpenAPIHono(), await readConsoleFiles());
});

describe('serveConsole', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/assets/console.css', 'text/css; charset=utf-8'],
    ['/assets/console.js', 'text/javascript; charset=utf-8'],
  ])('serves %s to anybody, and lets a browser run only what is ours', async (path, type) => {
    const answer = await app.request(path);

    expect({ status: answer.status, empty: (await answer.text()) === '' }).toEqual({ status: 200, empty: false });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': type,
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/) as string,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
  });

  it('has no script or style inside the page, and nothing from elsewhere', async () => {
    const page = await (await app.request('/')).text();

    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target?.slice(0, 14))).toEqual([
      'data:image/svg',
      '/assets/consol',
      '/assets/consol',
      '#/',
    ]);
  });

  it('gives every field of the page a name', async () => {
    const page = await (await app.request('/')).text();

    const labels = [...page.matchAll(/<label for="([^"]+)"/g)].map(([, id]) => id);
    const fields = [...page.matchAll(/<(?:input|select)[^>]* id="([^"]+)"/g)].map(([, id]) => id);
    expect(fields).toEqual(labels);
    expect(page).toMatch(/<html lang="en">/);
  });

  it('serves nothing else', async () => {
    const answer = await app.request('/assets/other.js');

    expect(answer.status).toBe(404);
  });
});
