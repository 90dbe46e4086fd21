import { createServer, type Server } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { serveConsole } from '../lib/api/console.ts';
import type { ConsoleFiles } from '../lib/api/console-files.ts';

/** An answer, or what makes one of what stands behind the question mark. */
export type MadeUp = object | ((query: Readonly<Record<string, string>>) => object);

/** The console as the API serves it, beside answers that are made up: what is measured is the browser's part. */
export async function serveMadeUp(
  files: ConsoleFiles,
  answers: Readonly<Record<string, MadeUp>>,
): Promise<{ readonly url: string; readonly server: Server }> {
  const app = new OpenAPIHono();
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, (c) => c.json(typeof answer === 'function' ? answer(c.req.query()) : answer));
  }
  app.post('/stage/session', (c) => c.json({ token: 'made-up' }));
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
