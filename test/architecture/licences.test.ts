import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** Licences that ask for no more than to be named. */
const allowed = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'Apache 2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
  ],
  ...['MIT OR Apache-2.0', '(MIT OR CC0-1.0)', '(MIT OR GPL-3.0-or-later)', 'Python-2.0'],
]);

/** Others, package by package, and why they may be here. `dev`: they are in no part that anybody is given. */
const exceptions: Readonly<
  Record<string, { readonly licence: string | undefined; readonly dev: boolean; readonly why: string }>
> = {
  '@cloud-copilot/iam-policy': {
    licence: 'AGPL-3.0-or-later',
    dev: false,
    why: 'decides roles on the local stage; in no bundle',
  },
  '@cloud-copilot/iam-simulate': {
    licence: 'AGPL-3.0-or-later',
    dev: false,
    why: 'decides roles on the local stage; in no bundle',
  },
  '@cloud-copilot/iam-utils': {
    licence: 'AGPL-3.0-or-later',
    dev: false,
    why: 'decides roles on the local stage; in no bundle',
  },
  'typescript-json-schema': {
    licence: undefined,
    dev: false,
    why: 'BSD-3-Clause by its own file; carried along by the package that brings DynamoDB Local, never loaded',
  },
  'axe-core': { licence: 'MPL-2.0', dev: true, why: 'looks at the console in tests, unchanged' },
  '@segment/facade': {
    licence: 'SEE LICENSE IN LICENSE',
    dev: true,
    why: 'MIT by its own file; part of a client that tests send with',
  },
  '@segment/isodate': {
    licence: 'SEE LICENSE IN LICENSE',
    dev: true,
    why: 'MIT by its own file; part of a client that tests send with',
  },
  '@segment/isodate-traverse': {
    licence: 'SEE LICENSE IN LICENSE',
    dev: true,
    why: 'MIT by its own file; part of a client that tests send with',
  },
  'new-date': {
    licence: 'SEE LICENSE IN LICENSE',
    dev: true,
    why: 'MIT by its own file; part of a client that tests send with',
  },
  '@segment/loosely-validate-event': {
    licence: undefined,
    dev: true,
    why: 'MIT by its repository; part of a client that tests send with',
  },
};

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const installed = Object.entries(packages).flatMap(([path, { license, dev = false, link = false }]) =>
  path === '' || link ? [] : [{ name: path.slice(path.lastIndexOf('node_modules/') + 13), licence: license, dev }],
);

describe('licences of everything that is installed', () => {
  it('ask for no more than to be named, but for those that are listed with the reason', () => {
    const others = installed.filter(({ licence }) => licence === undefined || !allowed.has(licence));
    const found = others.map(({ name, licence, dev }) => [name, licence, dev]);
    const known = Object.entries(exceptions).map(([name, { licence, dev }]) => [name, licence, dev]);

    expect(installed.length).toBeGreaterThan(500);
    expect([...new Map(found.map((one) => [one[0], one])).values()].sort()).toEqual(known.sort());
  });
});
