import { describe, expect, it } from 'vitest';
import {
  badFileName,
  bannedWord,
  barrel,
  branch,
  defaultExport,
  emptyTest,
  type Finding,
  globalFetch,
  hiddenInput,
  tooLong,
  waiting,
} from './rules.ts';
import { parse, type SourceFile, sourceFiles } from './source-files.ts';

function all(files: readonly SourceFile[], rule: (file: SourceFile) => Finding[]): Finding[] {
  return files.flatMap(rule);
}

describe('the repository', () => {
  it('names files after what is inside', () => {
    expect(all(sourceFiles(), badFileName)).toEqual([]);
    expect(all(sourceFiles('lib', 'functions', 'cli'), barrel)).toEqual([]);
  });

  it('keeps files under 400 lines', () => {
    expect(all(sourceFiles(), (file) => tooLong(file, 400))).toEqual([]);
  });

  it('has no default exports outside *.config.ts', () => {
    expect(all(sourceFiles(), defaultExport)).toEqual([]);
  });

  it('keeps functions thin: 30 lines, no branch', () => {
    expect(all(sourceFiles('functions'), (file) => [...tooLong(file, 30), ...branch(file)])).toEqual([]);
  });

  it('never waits in lib/domain', () => {
    expect(all(sourceFiles('lib/domain'), waiting)).toEqual([]);
  });

  it('has no hidden clock, chance or environment in domain, pipeline and connectors', () => {
    expect(all(sourceFiles('lib/domain', 'lib/pipeline', 'lib/connectors'), hiddenInput)).toEqual([]);
  });

  it('gives connectors their fetch', () => {
    expect(all(sourceFiles('lib/connectors'), globalFetch)).toEqual([]);
  });

  it('speaks the words of the glossary', () => {
    // Inside a vendor's folder the vendor's own words are right.
    const files = sourceFiles('lib').filter(({ path }) => !/^lib\/(connectors\/[^/]+|infra|local)\//.test(path));

    expect(all(files, bannedWord)).toEqual([]);
  });

  it('has tests that assert, and none that is skipped', () => {
    const files = sourceFiles('test').filter(({ path }) => path.endsWith('.test.ts'));

    expect(all(files, emptyTest)).toEqual([]);
  });
});

describe('the rules', () => {
  it.each([
    ['badFileName', badFileName, 'lib/domain/utils.ts', ''],
    ['badFileName', badFileName, 'lib/domain/string-utils.ts', ''],
    ['badFileName', badFileName, 'lib/domain/Profile.ts', ''],
    ['barrel', barrel, 'lib/domain/index.ts', ''],
    ['tooLong', (file: SourceFile) => tooLong(file, 2), 'lib/a.ts', '1;\n2;\n3;\n'],
    ['defaultExport', defaultExport, 'lib/a.ts', 'export default function a() {}'],
    ['defaultExport', defaultExport, 'lib/a.ts', 'const a = 1;\nexport default a;'],
    ['branch', branch, 'functions/a.ts', 'if (a) b();'],
    ['waiting', waiting, 'lib/domain/a.ts', 'async function a() {}'],
    ['waiting', waiting, 'lib/domain/a.ts', 'function a(): Promise<void> {}'],
    ['hiddenInput', hiddenInput, 'lib/domain/a.ts', 'const at = new Date();'],
    ['hiddenInput', hiddenInput, 'lib/domain/a.ts', 'const at = Date.now();'],
    ['hiddenInput', hiddenInput, 'lib/domain/a.ts', 'const chance = Math.random();'],
    ['hiddenInput', hiddenInput, 'lib/domain/a.ts', 'const key = process.env.KEY;'],
    ['globalFetch', globalFetch, 'lib/connectors/a/client.ts', "await fetch('https://example.com');"],
    ['bannedWord', bannedWord, 'lib/a.ts', 'const mailIntegrations = [];'],
    ['emptyTest', emptyTest, 'test/a.test.ts', "it('works', () => { call(); });"],
    ['emptyTest', emptyTest, 'test/a.test.ts', "it('works', () => cli().run(['check']));"],
    ['emptyTest', emptyTest, 'test/a.test.ts', "it.skip('works', () => { expect(1).toBe(1); });"],
  ])('%s finds its offence (%#)', (_name, rule, path, code) => {
    expect(rule(parse(path, code))).toHaveLength(1);
  });

  it('let good code pass', () => {
    const file = parse('lib/domain/fold-profile.ts', 'export function fold(at: number) { return new Date(at); }\n');

    const found = [badFileName, barrel, defaultExport, waiting, hiddenInput, globalFetch, bannedWord].flatMap((rule) =>
      rule(file),
    );

    expect(found).toEqual([]);
  });
});
