import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createApi } from '../../lib/api/app.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';

/** Operations that the console has types for, as they are written. */
const written = [
  ...readFileSync(new URL('../../console/app/answers.ts', import.meta.url), 'utf8').matchAll(
    /^ {2}'((?:GET|POST|PUT|PATCH|DELETE) [^']+)':/gm,
  ),
].map(([, operation]) => operation ?? '');

describe('answers of the console', () => {
  it('are of operations that the OpenAPI document has', async () => {
    // The document is made of the routes alone; nothing is asked of what they need.
    const app = createApi({} as ApiDeps);
    const { paths } = (await (await app.request('/api/openapi.json')).json()) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    const known = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );

    expect(written.length).toBeGreaterThan(20);
    expect(written.filter((operation) => !known.includes(operation))).toEqual([]);
  });
});
