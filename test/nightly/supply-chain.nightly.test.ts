import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../lib/domain/json.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Advisories that were looked at: package → why it does no harm here, and until when that was true. */
const accepted: Readonly<Record<string, string>> = {};

function npm(...words: readonly string[]): JsonObject {
  const { stdout } = spawnSync('npm', words, { cwd: root, encoding: 'utf8', maxBuffer: 64_000_000 });
  const said: unknown = JSON.parse(stdout === '' ? '{}' : stdout);
  return isJsonObject(said) ? said : {};
}

describe('what is installed', () => {
  it('has no known hole that was not looked at', ({ skip }) => {
    const { vulnerabilities, message } = npm('audit', '--json');
    // Some mirrors of the registry answer no advisories.
    if (!isJsonObject(vulnerabilities)) skip(`the registry told no advisories: ${String(message ?? 'no answer')}`);
    const found = Object.entries(vulnerabilities as JsonObject).filter(
      ([, one]) => isJsonObject(one) && (one.severity === 'high' || one.severity === 'critical'),
    );

    expect(found.map(([name]) => name).filter((name) => accepted[name] === undefined)).toEqual([]);
  });

  it('is told in full as CycloneDX, with what is for development marked', () => {
    // With `--omit dev`, npm 11 leaves out what both the product and a tool of its development need (esbuild, vite).
    const { bomFormat, components } = npm('sbom', '--sbom-format', 'cyclonedx');
    const marks = new Map(
      (components as readonly JsonObject[]).map((one) => [
        `${one.name}@${one.version}`,
        (one.properties as readonly JsonObject[]).some(({ name }) => name === 'cdx:npm:package:development'),
      ]),
    );
    const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version?: string }>>;
    };
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      readonly dependencies: JsonObject;
    };
    const markOf = (name: string) => [name, marks.get(`${name}@${packages[`node_modules/${name}`]?.version}`)];
    const runs = Object.keys(dependencies);

    expect(bomFormat).toBe('CycloneDX');
    expect(runs.map(markOf)).toEqual(runs.map((name) => [name, false]));
    expect(markOf('vitest')).toEqual(['vitest', true]);
  });
});
