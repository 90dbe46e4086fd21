import * as z from 'zod';
import { answers } from './answers/answers.ts';
import { described } from './answers/parts.ts';
import { describeParameters } from './parameters.ts';
import type { Route } from './route.ts';

const DESCRIPTION = `The API behind the console and the command line. A stage asks for the token that it keeps in
.tributary/stage.json (Authorization: Bearer), a deployed API for requests signed for IAM. Who signs in to the console
finds the same under /console/api; what they may do there follows from their role: x-needs names the least that is
needed. What takes long answers 202 with a job, which /api/jobs/{job} follows. Codes of refusals are explained in
docs/errors.md.`;

const componentOf = (id: string): string => `#/components/schemas/${id}`;
const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
const problem = (description: string): object => ({ description, ...json({ $ref: componentOf('Problem') }) });

const REFUSALS: object = {
  400: problem('Refused: the code says why, the message what to do'),
  401: { description: 'Not let in: no session of somebody who signed in' },
  403: problem('Not let in: no token of the stage, no signature that IAM allows; or a role that may not do this'),
  404: problem('Nothing is known by that name'),
  500: problem('Failed here: asking again may help'),
};
const MOVED: object = { 412: problem('It is of another form by now: read it again') };
const IF_MATCH: object = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The ETag of the form that was edited; none for what is new',
  schema: { type: 'string' },
};

/** The OpenAPI document of these routes. */
export function describeApi(routes: readonly Route<never>[]): object {
  for (const [id, schema] of Object.entries<z.ZodType>(answers)) described.add(schema, { id });
  const { schemas } = z.toJSONSchema(described, { io: 'input', uri: componentOf });
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: describe(route) };
  return {
    openapi: '3.1.0',
    info: { title: 'Tributary', version: '1', description: DESCRIPTION },
    components: { schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)])) },
    paths,
  };
}

function describe({ path, needs, summary, query = [], body, status = 200, answer, ifMatch }: Route<never>): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const parameters = [
    ...describeParameters(inPath, 'path'),
    ...describeParameters(query, 'query'),
    ...(ifMatch === undefined ? [] : [IF_MATCH]),
  ];
  return {
    summary,
    // Read by people and by clients that show only what may be done.
    'x-needs': needs,
    parameters,
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, ...json(plain(z.toJSONSchema(body, { io: 'input' }))) } }),
    responses: {
      [status]: { description: summary, ...json({ $ref: componentOf(answer) }) },
      ...REFUSALS,
      ...(ifMatch === undefined ? {} : MOVED),
    },
  };
}

/** The document says once what dialect its schemas are in, and each one's place is its key. */
function plain({ $schema: _dialect, $id: _place, ...schema }: z.core.JSONSchema.BaseSchema): object {
  return schema;
}
