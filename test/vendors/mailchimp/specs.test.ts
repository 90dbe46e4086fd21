import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LIST } from './open.ts';
import { mailchimpScenario } from './scenario.ts';
import { startMailchimp } from './simulator.ts';

/**
 * Mailchimp's own OpenAPI document (Marketing API 3.0.55) is not kept here. Whoever has it names the file in MAILCHIMP_SPEC;
 * else these tests are skipped.
 */
const file = process.env.MAILCHIMP_SPEC ?? '';

interface Spec {
  readonly paths: Readonly<Record<string, { readonly get?: Operation }>>;
  readonly components: object;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const NOW = new Date('2026-11-21T08:00:00Z');

describe.skipIf(!existsSync(file))('answers of the simulator', () => {
  const cases: readonly [path: string, named: string, query: string][] = [
    ['/reporting/surveys', '/reporting/surveys', 'count=2&offset=1&fields=surveys.id,total_items'],
    ['/reporting/surveys', '/reporting/surveys', ''],
    [
      '/reporting/surveys/{survey_id}/responses',
      '/reporting/surveys/service/responses',
      'fields=responses.response_id',
    ],
    ['/reporting/surveys/{survey_id}/responses', '/reporting/surveys/service/responses', ''],
    ['/reporting/surveys/{survey_id}/responses/{response_id}', '/reporting/surveys/service/responses/service1', ''],
    ['/reporting/surveys/{survey_id}/responses/{response_id}', '/reporting/surveys/service/responses/unknown', ''],
    ['/reports', '/reports', 'since_send_time=2026-11-01T00:00:00Z'],
  ];
  it.each(cases)('fit %s (%s?%s)', async (path, named, query) => {
    const spec = document();
    const operation = spec.paths[path]?.get;
    const vendor = await startMailchimp({ now: () => NOW });
    try {
      vendor.addList({ id: LIST });
      mailchimpScenario.streams.campaigns?.seed(vendor);
      mailchimpScenario.streams.surveys?.seed(vendor);
      const headers = { authorization: `Bearer ${vendor.apiKey}` };

      const answer = await fetch(`${vendor.url}/3.0${named}?${query}`, { headers });

      expect(answer.status).toBe(200);
      const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
      const schema = operation?.responses['200']?.content['application/json']?.schema;
      const fits = ajv.compile({ ...closed(schema), components: closed(spec.components) });
      fits(await answer.json());
      expect(fits.errors ?? []).toEqual([]);
      // The same document says what may be asked.
      const names = new Set(operation?.parameters?.map(({ name }) => name));
      expect([...new URLSearchParams(query).keys()].filter((name) => !names.has(name))).toEqual([]);
    } finally {
      await vendor.close();
    }
  });
});

let read: Spec | undefined;

/** Read once: it is long. */
function document(): Spec {
  read ??= parse(readFileSync(file, 'utf8')) as Spec;
  return read;
}

/** The document with every object closed: it requires nothing, so only a field that it does not have would show. */
function closed(value: unknown): object {
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== 'object' || one === null) return one;
    const told = Object.fromEntries(Object.entries(one).map(([key, below]) => [key, walk(below)]));
    return typeof told.properties === 'object' && told.type === 'object'
      ? { additionalProperties: false, ...told }
      : told;
  };
  return Object(walk(value));
}
