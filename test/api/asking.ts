import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { RunningApi } from './running-api.ts';

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
