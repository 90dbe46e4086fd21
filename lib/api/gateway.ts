import type { Hono } from 'hono';
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';

type HttpApiEvent = Extract<LambdaEvent, { readonly rawPath: string }>;

/** What the WHATWG URL takes for steps up and down, and what it leaves out: nothing that is served has them. */
const MISREAD = /^\.{1,2}$|\p{Cc}|\p{Cs}/u;

const refused = {
  statusCode: 400,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ code: 'api/bad-path', message: 'a step of the path is . or .., or has a control character' }),
  isBase64Encoded: false,
};

/**
 * Serves an app behind API Gateway. The gateway hands a path over decoded, and a URL made of it would be another one than
 * IAM let through: `/api/import/../forget` is `/api/forget` there. So each step is encoded once more, and the app's
 * routes see exactly what came.
 */
export function serveGateway(app: Hono) {
  const answer = handle(app);
  return async (event: HttpApiEvent, context?: LambdaContext) => {
    const steps = event.rawPath.split('/');
    if (steps.some((step) => MISREAD.test(step))) return refused;
    return answer({ ...event, rawPath: steps.map(encodeURIComponent).join('/') }, context);
  };
}
