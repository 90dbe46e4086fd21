import { brotliDecompressSync } from 'node:zlib';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ConsoleFiles } from './console-files.ts';

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
  vary: 'accept-encoding',
} as const;

/** The page is asked for again each time, so that it always names the scripts of its own deployment. */
const PAGE = 'no-cache';
/** What has its hash in its name never changes. */
const ASSET = 'public, max-age=31536000, immutable';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/**
 * Serves the console beside the API: static files without data, for anybody. Everything that the page shows it asks of
 * /api, which is not for anybody.
 */
export function serveConsole(api: OpenAPIHono, files: () => Promise<ConsoleFiles> = bundled): OpenAPIHono {
  const serve = async (path: string, type: string, accepts: string, cache: string): Promise<Response> => {
    const content = (await files())[path];
    if (content === undefined) return Response.json(NOT_THERE, { status: 404 });
    const bytes = Buffer.from(content, 'base64');
    const headers = { ...HEADERS, 'content-type': type, 'cache-control': cache };
    // Whoever cannot read Brotli is a probe or a test, not a browser of the last ten years.
    if (!/\bbr\b/.test(accepts)) return new Response(brotliDecompressSync(bytes), { headers });
    return new Response(bytes, { headers: { ...headers, 'content-encoding': 'br' } });
  };
  api.get('/', (c) => serve('/', 'text/html; charset=utf-8', c.req.header('accept-encoding') ?? '', PAGE));
  api.get('/assets/:file', (c) => {
    const ending = c.req.path.split('.').at(-1) ?? '';
    return serve(c.req.path, TYPES[ending] ?? 'text/plain', c.req.header('accept-encoding') ?? '', ASSET);
  });
  return api;
}

const NOT_THERE = { code: 'api/no-such-route', message: 'nothing is served here' };

async function bundled(): Promise<ConsoleFiles> {
  return (await import('./console-files.ts')).consoleFiles;
}
