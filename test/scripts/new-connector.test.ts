import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyConnector } from '../../lib/connectors/define.ts';
import { askedFor, writeConnector } from '../../scripts/new-connector.ts';
import { behaviourChecks, roadChecks } from '../conformance/behaviour.ts';
import type { Scenario } from '../conformance/scenario.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const today = new Date('2026-11-26T00:00:00.000Z');
const asked = askedFor([
  'acme-mail',
  '--title',
  'Acme Mail',
  '--streams',
  'contacts,mail-events',
  '--webhook',
  '--audiences',
]);
let root = '';
let written: readonly string[] = [];

/** A tree of its own, beside the project's own files: nothing that is written is the project's. */
beforeAll(() => {
  root = mkdtempSync(join(project, 'node_modules', '.new-connector-'));
  for (const path of ['lib/domain', 'test/conformance', 'test/free-calls.ts']) link(path);
  for (const name of readdirSync(join(project, 'lib/connectors')))
    if (name !== 'registry.ts') link(`lib/connectors/${name}`);
  cpSync(join(project, 'lib/connectors/registry.ts'), join(root, 'lib/connectors/registry.ts'));
  written = writeConnector(asked, root, today);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function link(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(join(project, path), join(root, path));
}

describe('npm run new:connector', () => {
  it('writes files that type-check, registry and all', () => {
    const { config } = ts.readConfigFile(join(project, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, project);
    const names = [...written.filter((path) => path.endsWith('.ts')), 'lib/connectors/registry.ts'];

    const paths = names.map((path) => join(root, path));
    const program = ts.createProgram(paths, { ...options, noEmit: true });

    const own = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => file !== undefined && paths.includes(file.fileName));
    expect(
      own.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
    ).toEqual([]);
    expect(program.getSourceFile(paths[0] ?? '')).toBeDefined();
  }, 120_000);

  it('fails the conformance suite with what is left to do, by file', async () => {
    const module = (await import(join(root, 'test/vendors/acme-mail/scenario.ts'))) as { acmeMailScenario: Scenario };

    const left = await failuresOf(module.acmeMailScenario);

    expect(left.get('brings every record once, and quarantines the unreadable one only')).toContain(
      'Acme Mail gave an answer that lib/connectors/acme-mail/errors.ts does not know (HTTP 501 to GET /contacts)',
    );
    expect([...left.keys()]).toContain('adds once: the second time everybody is unchanged');
    const done = [
      'refuses a broken proof and a missing one',
      'hints only at streams that can read single records again',
      'stops at a missing permission, and asks no more',
    ];
    expect([...left.keys()].filter((name) => done.includes(name))).toEqual([]);
  }, 60_000);

  it('writes pairs of record and change that hold', async () => {
    const module = (await import(join(root, 'lib/connectors/acme-mail/index.ts'))) as { acmeMail: AnyConnector };
    const pairOf = (file: string) => {
      const text = readFileSync(join(root, 'test/fixtures/acme-mail/contacts', file), 'utf8');
      return JSON.parse(text) as { readonly record: unknown; readonly change?: unknown };
    };
    const [stream] = module.acmeMail.streams;
    const remap = (record: unknown) => stream?.remap([{ mapping: 'contact', record }], 'fixture', {});
    const plain = pairOf('valid/plain.json');

    expect(remap(plain.record)).toEqual({ changes: [plain.change], rejected: [] });
    expect(remap(pairOf('invalid/no-id.json').record)?.rejected).toHaveLength(1);
  });

  it('registers in alphabetical order, and overwrites nothing', () => {
    expect(ts.sys.readFile(join(root, 'lib/connectors/registry.ts'))).toMatch(
      /\{\n {2}'acme-mail': async \(\) => \(await import\('\.\/acme-mail\/index\.ts'\)\)\.acmeMail,\n {2}files: /,
    );
    expect(() => writeConnector(asked, root, today)).toThrow('is there already; nothing was written');
  });

  it.each([
    [[], 'found ""'],
    [['Acme'], 'found "Acme"'],
    [['acme', 'mail'], 'found "acme mail"'],
    [['acme', '--streams', 'Contacts'], '--streams: expected names in lower case'],
  ])('says what it expected of %j', (argv, message) => {
    expect(() => askedFor(argv)).toThrow(message);
  });
});

/** The checks that fail, and what they say. */
async function failuresOf(scenario: Scenario): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>();
  for (const { name, run } of [...behaviourChecks(scenario).values(), ...roadChecks(scenario).values()].flat()) {
    try {
      await run(() => undefined);
    } catch (thrown) {
      if (!failed.has(name)) failed.set(name, String(thrown));
    }
  }
  return failed;
}
