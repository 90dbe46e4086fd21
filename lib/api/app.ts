import { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { asTributaryError } from '../domain/errors.ts';
import { callerRoutes } from './caller-routes.ts';
import { costRoutes } from './cost-routes.ts';
import { dataRoutes } from './data-routes.ts';
import { definitionRoutes } from './definition-routes.ts';
import type { ApiDeps } from './deps.ts';
import { doctorRoutes } from './doctor-routes.ts';
import { duplicateRoutes } from './duplicate-routes.ts';
import { figureRoutes } from './figure-routes.ts';
import { importRoutes } from './import-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { privacyRoutes } from './privacy-routes.ts';
import { quarantineRoutes } from './quarantine-routes.ts';
import { readRoutes } from './read-routes.ts';
import { reviewRoutes } from './review-routes.ts';
import { type Route, serve } from './route.ts';
import { sampleRoutes } from './sample-routes.ts';
import { segmentFactsRoutes } from './segment-facts-routes.ts';
import { segmentRoutes } from './segment-routes.ts';
import { suppressionRoutes } from './suppression-routes.ts';
import { workRoutes } from './work-routes.ts';

/** Where people who signed in are let in: the front door can ask for one kind of proof on one path. */
const SIGNED_IN = /^\/console(?=\/api\/)/;

/** Codes of questions about what is not there. */
const NOT_FOUND = /^api\/no-such-/;
/** Codes of edits of what somebody else changed meanwhile. */
const MOVED = new Set(['api/segment-moved', 'definitions/moved']);

/**
 * The HTTP API that the console and the CLI use. Who is let in is decided before it, by IAM, a sign-in or the stage's
 * token; what they may do, each route says.
 */
export function createApi(deps: ApiDeps): Hono {
  const app = new Hono({ getPath: (request) => getPath(request).replace(SIGNED_IN, '') });
  const routes: readonly Route<never>[] = [
    ...readRoutes(deps),
    ...segmentRoutes(deps),
    ...definitionRoutes(deps),
    ...workRoutes(deps),
    ...dataRoutes(deps),
    ...quarantineRoutes(deps),
    ...figureRoutes(deps),
    ...segmentFactsRoutes(deps),
    ...reviewRoutes(deps),
    ...duplicateRoutes(deps),
    ...importRoutes(deps),
    ...sampleRoutes(deps),
    ...modelRoutes(deps),
    ...privacyRoutes(deps),
    ...suppressionRoutes(deps),
    ...costRoutes(deps),
    ...doctorRoutes(deps),
  ];
  const served = [...callerRoutes(routes), ...routes];
  for (const route of served) serve(app, route, deps.log);
  let document: object | undefined;
  app.get('/api/openapi.json', async (c) => {
    // Few starts of the API see anybody ask for it.
    document ??= (await import('./openapi.ts')).describeApi(served);
    return c.json(document);
  });
  app.notFound((c) => c.json({ code: 'api/no-such-route', message: 'nothing is served here' }, 404));
  app.onError((thrown, c) => {
    const { kind, code, message } = asTributaryError(thrown);
    const refused = kind === 'config' || kind === 'rejected' ? 400 : 500;
    const status = NOT_FOUND.test(code) ? 404 : MOVED.has(code) ? 412 : code === 'api/not-allowed' ? 403 : refused;
    if (status === 500) deps.log('request failed', { code, reason: message });
    return c.json({ code, message }, status);
  });
  return app;
}
