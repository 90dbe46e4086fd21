import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll } from 'vitest';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { withEngines } from '../engines.ts';
import { openRunningApi, type RunningApi } from './running-api.ts';

/** What `/api/openapi.json` answers. */
export type ApiDocument = JsonObject & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
};

export async function askApi(
  { app }: RunningApi,
  method: string,
  path: string,
  body?: Json,
): Promise<{ status: number; body: Json }> {
  const answer = await app.request(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, body: (await answer.json()) as Json };
}

/** What of an answer does not fit the schema that the document has for it. */
export function misfitsOf(document: ApiDocument, path: string, method: string, body: Json): unknown[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(document, 'api');
  const fits = ajv.compile({ $ref: `api${answerPointer(document, path, method.toLowerCase())}` });
  fits(body);
  return fits.errors ?? [];
}

/** Where in the document the schema of an operation's answer is. */
export function answerPointer(document: ApiDocument, path: string, method: string): string {
  const responses = document.paths[path]?.[method]?.responses as JsonObject | undefined;
  const status = Object.keys(responses ?? {}).find((one) => one.startsWith('2')) ?? 'none';
  const escaped = encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'));
  return `#/paths/${escaped}/${method}/responses/${status}/content/application~1json/schema`;
}

/** The API, and what its document says, for the tests of one file; ended after them. */
export interface AskedApi {
  readonly api: RunningApi;
  readonly document: ApiDocument;
  readonly ask: (method: string, path: string, body?: Json) => Promise<{ status: number; body: Json }>;
  readonly misfits: (path: string, method: string, body: Json) => unknown[];
}

/** Starts the API once, before the first test of a file. */
export function withApi(now: Date): AskedApi {
  const engines = withEngines();
  let opened: { readonly api: RunningApi; readonly document: ApiDocument } | undefined;
  const on = () => {
    if (opened === undefined) throw new Error('the API runs from beforeAll on');
    return opened;
  };
  beforeAll(async () => {
    const api = await openRunningApi(engines(), now);
    opened = { api, document: (await askApi(api, 'GET', '/api/openapi.json')).body as unknown as ApiDocument };
  });
  afterAll(() => opened?.api.close());
  return {
    get api() {
      return on().api;
    },
    get document() {
      return on().document;
    },
    ask: (method, path, body) => askApi(on().api, method, path, body),
    misfits: (path, method, body) => misfitsOf(on().document, path, method, body),
  };
}
