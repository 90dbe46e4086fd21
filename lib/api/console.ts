import { brotliDecompressSync } from 'node:zlib';
import type { Hono } from 'hono';
import type { ConsoleFiles } from './console-files.ts';
import { readSignIn, type SignIn } from './sign-in.ts';

/** Only our own script and style run, only our own API and the page of the sign-in are called, nobody frames the page. */
function headersFor(signIn: SignIn | undefined): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", ...(signIn === undefined ? [] : [new URL(signIn.page).origin])].join(' '),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    vary: 'accept-encoding',
  };
}

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
 * /api, which is not for anybody. `signInText` says where people sign in, as the variable CONSOLE_SIGN_IN does.
 */
export function serveConsole(
  api: Hono,
  signInText: string | undefined,
  files: () => Promise<ConsoleFiles> = bundled,
): Hono {
  const signIn = readSignIn(signInText);
  const always = headersFor(signIn);
  const serve = async (path: string, type: string, accepts: string, cache: string): Promise<Response> => {
    const content = (await files())[path];
    if (content === undefined) return Response.json(NOT_THERE, { status: 404 });
    const bytes = Buffer.from(content, 'base64');
    const headers = { ...always, 'content-type': type, 'cache-control': cache };
    // Whoever cannot read Brotli is a probe or a test, not a browser of the last ten years.
    if (!/\bbr\b/.test(accepts)) return new Response(brotliDecompressSync(bytes), { headers });
    return new Response(bytes, { headers: { ...headers, 'content-encoding': 'br' } });
  };
  api.get('/', (c) => serve('/', 'text/html; charset=utf-8', c.req.header('accept-encoding') ?? '', PAGE));
  const howToGetIn = JSON.stringify(signIn === undefined ? { signIn: 'none' } : { signIn: 'cognito', ...signIn });
  api.get('/assets/console.json', (c) => {
    return c.body(howToGetIn, 200, { ...always, 'content-type': 'application/json', 'cache-control': PAGE });
  });
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
