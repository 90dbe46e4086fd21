import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { asTributaryError, TributaryError } from '../domain/errors.ts';
import { isJsonObject, isShallow, type Json, mostLevels } from '../domain/json.ts';
import { parseSafely } from '../domain/parse-safely.ts';
import { type Role, suffices } from '../domain/role.ts';
import type { Log } from '../pipeline/ports.ts';
import type { AnswerName } from './answers/answers.ts';
import { type Caller, callerOf, nameOf } from './caller.ts';

/** One operation of the API: what it takes, what it answers, and how. The OpenAPI document is made from these. */
export interface Route<Body> {
  readonly method: 'get' | 'post';
  /** With parameters in braces: `/api/people/{person}`. */
  readonly path: string;
  /** The least role that may do it. */
  readonly needs: Role;
  readonly summary: string;
  /** Names of what may stand behind the question mark. */
  readonly query?: readonly string[];
  /**
   * Its `by` is who acts: of somebody who signed in it is their name, whatever the body says; of who signed for IAM whom the
   * body names, else their ARN.
   */
  readonly body?: z.ZodType<Body>;
  /** It lets a viewer take people away in a file: written to the log as deeds are. */
  readonly takesAway?: true;
  readonly status?: 200 | 202;
  /** The name of its answer's shape: shapes are loaded with the document. */
  readonly answer: AnswerName;
  /** It changes one form of something: the caller says in If-Match which form was seen. */
  readonly ifMatch?: true;
  /** Names the form of what is answered, as the ETag that an edit sends back. */
  readonly etag?: (answer: never) => string;
  readonly run: (input: {
    readonly params: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string | undefined>>;
    readonly body: Body;
    /** The form that the caller saw; undefined = none, which only what is new has. */
    readonly seen: string | undefined;
    readonly caller: Caller;
    /** Who acts, as it is stored with what is done. */
    readonly by: string;
  }) => Promise<unknown>;
}

/** Closes over a route's body type, so that routes of different bodies stand in one list. */
export function route<Body>(one: Route<Body>): Route<never> {
  return one as unknown as Route<never>;
}

/** The name of who acts, in a body. An ARN may be as long as its path, its name and what stands before them. */
export const actor = z.string().min(1).max(700);

const MOST_LISTED = 100;
const LISTED = 25;

/** How many a page of a list has, as asked. Throws `api/bad-query`. */
export function readLimit(text: string | undefined, { most, usual } = { most: MOST_LISTED, usual: LISTED }): number {
  if (text === undefined) return usual;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new TributaryError('rejected', 'api/bad-query', `limit: expected a whole number from 1 to ${most}`);
}

/**
 * Serves a route on the app. Whatever needs more than a viewer's role is a deed: one line in the log says who asked for it
 * and how it ended, with nothing of the body and nothing of a person whom it is about.
 */
export function serve<Body>(app: Hono, route: Route<Body>, log: Log): void {
  const { method, path, needs, query = [], body, status = 200, ifMatch, etag, run } = route;
  const isDeed = needs !== 'viewer' || route.takesAway === true;
  const note = ({ role, signer }: Caller, by: string, code?: string): void => {
    const signed = signer === undefined || signer === by ? {} : { signer };
    const fields = { operation: `${method.toUpperCase()} ${path}`, role: role ?? null, by, ...signed };
    if (code === undefined) log('operation done', fields);
    else log('operation refused', { ...fields, code });
  };
  app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) => {
    const caller = whoAsks(c);
    let by = nameOf(caller);
    try {
      if (!suffices(caller.role, needs)) throw notAllowed(caller, needs);
      const given = body === undefined ? undefined : await readBody(c, body, caller);
      by = given?.by ?? by;
      const found = await run({
        params: c.req.param(),
        query: Object.fromEntries(query.map((name) => [name, c.req.query(name)])),
        body: given?.body as Body,
        seen: ifMatch === undefined ? undefined : formIn(c.req.header('if-match')),
        caller,
        by,
      });
      if (isDeed) note(caller, by);
      const headers = {
        'content-type': 'application/json',
        ...(etag === undefined ? {} : { etag: `"${etag(found as never)}"` }),
      };
      return new Response(JSON.stringify(found), { status, headers });
    } catch (thrown) {
      if (isDeed) note(caller, by, asTributaryError(thrown).code);
      throw thrown;
    }
  });
}

/** The form in an If-Match of one strong or weak ETag. */
function formIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : header.trim().replace(/^(?:W\/)?"(.*)"$/, '$1');
}

/** Only the gateway, or the stage in its place, hands a context over; a caller cannot write into it. */
function whoAsks(c: Context): Caller {
  const { requestContext } = (c.env ?? {}) as { readonly requestContext?: Json };
  return callerOf(requestContext);
}

function notAllowed({ role }: Caller, needs: Role): TributaryError {
  const has = role === undefined ? 'nobody gave you a role' : `you are ${role}`;
  return new TributaryError('rejected', 'api/not-allowed', `this needs the role ${needs}, and ${has}`);
}

/** The body, and the name in it where it has one. */
async function readBody<Body>(
  c: Context,
  schema: z.ZodType<Body>,
  caller: Caller,
): Promise<{ readonly body: Body; readonly by: string | undefined }> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new TributaryError('rejected', 'api/bad-body', 'the body must be a JSON object');
  }
  if (!isShallow(value as Json)) {
    throw new TributaryError('rejected', 'api/bad-body', `the body is nested deeper than ${mostLevels} levels`);
  }
  const names = schema instanceof z.ZodObject && 'by' in schema.shape;
  const by = caller.by ?? (isJsonObject(value) ? value.by : undefined) ?? nameOf(caller);
  const parsed = parseSafely(schema, names && isJsonObject(value) ? { ...value, by } : value);
  if (parsed.success) return { body: parsed.data, by: names ? String(by) : undefined };
  const list = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`);
  throw new TributaryError('rejected', 'api/bad-body', list.join('; '));
}
