import { createServer, type Server } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { serveConsole } from '../lib/api/console.ts';
import type { ConsoleFiles } from '../lib/api/console-files.ts';
import type { RunningApi } from '../test/api/running-api.ts';

/** The console as the deployed function serves it, beside the API itself; a tab is let in by any code. */
export async function serveApi(
  files: ConsoleFiles,
  { app: api }: Pick<RunningApi, 'app'>,
): Promise<{ readonly url: string; readonly server: Server }> {
  const app = new Hono();
  app.all('/api/*', async ({ req }) => {
    const { pathname, search } = new URL(req.url);
    const body = req.method === 'GET' ? {} : { body: await req.text() };
    return api.request(`${pathname}${search}`, { method: req.method, ...body });
  });
  app.post('/stage/session', (c) => c.json({ token: 'of a bench' }));
  serveConsole(app, undefined, async () => files);
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', createServer }, ({ port }) =>
      resolve({ url: `http://127.0.0.1:${port}`, server: server as Server }),
    );
  });
}

/** What the page names itself, and what those scripts import: everything that is loaded before a page of the console. */
export function firstLoad(files: ConsoleFiles): {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
} {
  const text = (path: string): string => brotliDecompressSync(Buffer.from(files[path] ?? '', 'base64')).toString();
  const named = [...text('/').matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  const scripts = new Set(named.filter((path) => path.endsWith('.js')));
  const styles = new Set(named.filter((path) => path.endsWith('.css')));
  // What Home needs is loaded with the first page.
  const home = Object.keys(files).find((path) => path.startsWith('/assets/home-page-'));
  if (home !== undefined) scripts.add(home);
  for (const path of scripts) {
    for (const [, file] of text(path).matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) scripts.add(`/assets/${file}`);
  }
  return { scripts: [...scripts], styles: [...styles] };
}
