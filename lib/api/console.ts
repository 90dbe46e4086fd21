import type { OpenAPIHono } from '@hono/zod-openapi';

/** The console as a browser loads it. */
export interface ConsoleFiles {
  readonly page: string;
  readonly style: string;
  readonly script: string;
}

/** What the bundler puts in the place of this name (lib/infra/console-files.ts). */
declare const CONSOLE_FILES: ConsoleFiles;

/** Only our own script and style run, only our own API is called, nobody frames the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // The files change with a deployment, and the page must never meet the script of another one.
  'cache-control': 'no-cache',
} as const;

/**
 * Serves the console beside the API: static files without data, for anybody. Everything that the page shows it asks of
 * /api, which is not for anybody.
 */
export function serveConsole(api: OpenAPIHono, files: ConsoleFiles = CONSOLE_FILES): OpenAPIHono {
  const served = [
    ['/', 'text/html; charset=utf-8', files.page],
    ['/assets/console.css', 'text/css; charset=utf-8', files.style],
    ['/assets/console.js', 'text/javascript; charset=utf-8', files.script],
  ] as const;
  for (const [path, type, content] of served) {
    api.get(path, (c) => c.body(content, 200, { ...HEADERS, 'content-type': type }));
  }
  return api;
}
