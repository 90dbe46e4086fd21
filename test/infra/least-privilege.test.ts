import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { allowedBy, type Permissions } from '../../lib/local/proxy/permission.ts';
import { readPolicies } from '../../lib/local/proxy/roles.ts';
import { synthesiseTiny } from './tiny-workspace.ts';
import { type Unused, unusedPermissions } from './unused-permissions.ts';

/** What functions did in the end-to-end tests, as `npm run permissions` noted it on the stages' proxies. */
const used = JSON.parse(
  readFileSync(new URL('../fixtures/used-permissions.json', import.meta.url), 'utf8'),
) as Permissions;

const synthesised = await synthesiseTiny();
afterAll(() => synthesised.close());
const template = synthesised.template as unknown as JsonObject;
const allowed = allowedBy(readPolicies(template, openResolver(template, { queueOrigin: 'http://127.0.0.1' })));

const pairs = (permissions: Permissions): readonly (readonly [string, string])[] =>
  Object.entries(permissions).flatMap(([id, list]) => list.map((one) => [id, one] as const));

const covers = ({ of, permissions }: Unused, [id, permission]: readonly [string, string]): boolean =>
  (of === undefined || of.includes(id)) &&
  permissions.some((one) => (typeof one === 'string' ? one === permission : one.test(permission)));

describe('least privilege', () => {
  it('was measured on every function', () => {
    expect(Object.keys(used)).toEqual(Object.keys(allowed).sort());
    expect(pairs(used).length).toBeGreaterThan(150);
  });

  it('allows everything that was used', () => {
    expect(pairs(used).filter(([id, one]) => allowed[id]?.includes(one) !== true)).toEqual([]);
  });

  it('allows nothing else, but for what is listed with its reason', () => {
    const unused = pairs(allowed).filter(([id, one]) => used[id]?.includes(one) !== true);

    expect(unused.filter((pair) => !unusedPermissions.some((line) => covers(line, pair)))).toEqual([]);
  });

  it('lists nothing that is used after all, or that no role allows', () => {
    const unused = pairs(allowed).filter(([id, one]) => used[id]?.includes(one) !== true);
    const needless = unusedPermissions.flatMap((line) =>
      line.permissions
        .filter((one) => !unused.some((pair) => covers({ ...line, permissions: [one] }, pair)))
        .map((one) => [line.of ?? 'all', String(one)]),
    );

    expect(needless).toEqual([]);
  });
});
