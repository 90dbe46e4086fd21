import { describe, expect, it } from 'vitest';
import {
  anchorsOf,
  assembledCodes,
  badGuides,
  deadLinks,
  documentedCodes,
  documents,
  read,
  usedCodes,
} from './documents.ts';
import { filesUnder, parse, sourceFiles } from './source-files.ts';

describe('the documents', () => {
  it('have no dead relative links', () => {
    expect(documents().flatMap((path) => deadLinks(path, read(path)))).toEqual([]);
  });

  it('guide through every larger folder of the product', () => {
    const paths = ['lib', 'functions', 'cli', 'console'].flatMap(filesUnder);

    expect(badGuides(paths, read)).toEqual([]);
  });

  it('explain every code that the product uses, and no other', () => {
    const used = usedCodes(sourceFiles('lib', 'functions', 'cli'));
    const documented = documentedCodes(read('docs/errors.md'));

    const unexplained = [...used]
      .filter(([code]) => !documented.includes(code))
      .map(([code, place]) => `${code} (${place})`);
    expect(unexplained, 'codes without a heading in docs/errors.md').toEqual([]);
    expect(
      documented.filter((code) => !used.has(code)),
      'headings for codes that nothing uses',
    ).toEqual([]);
    expect(
      documented.filter((code, index) => documented.indexOf(code) !== index),
      'explained twice',
    ).toEqual([]);
  });

  it('can be searched for every code', () => {
    expect(assembledCodes(sourceFiles('lib', 'functions', 'cli'))).toEqual([]);
  });
});

describe('the checks on documents', () => {
  it('find a link to a missing file and to a missing heading', () => {
    const text = '# Here\n[a](nowhere.md) [b](#here) [c](#there) [d](https://example.com) `[e](code.md)`\n';

    expect(deadLinks('docs/page.md', text)).toEqual([
      'docs/page.md links to nowhere.md: no such file',
      'docs/page.md links to #there: no such heading',
    ]);
  });

  it('find a folder without a guide, a guide that is long, and one that names what is gone', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `lib/wide/${name}.ts`);
    const texts = new Map([
      ['lib/long/README.md', 'a line\n'.repeat(16)],
      ['lib/stale/README.md', 'Start with `gone.ts`, not with `lib/domain/json.ts`.'],
    ]);

    expect(badGuides([...many, ...texts.keys()], (path) => texts.get(path) ?? '')).toEqual([
      'lib/wide has 6 files and no README.md',
      'lib/long/README.md has 16 lines, at most 15 are allowed',
      'lib/stale/README.md names gone.ts: no such file',
    ]);
  });

  it('make anchors as GitHub does', () => {
    const text = '# The *way* of `one/record`\n## Again\n## Again\n```\n# not a heading\n```\n<a id="by-hand"></a>';

    expect([...anchorsOf(text)]).toEqual(['the-way-of-onerecord', 'again', 'again-1', 'by-hand']);
  });

  it('find codes in errors, in properties and in tables of a known area', () => {
    const file = parse(
      'lib/a.ts',
      `import 'sync/module';
       new TributaryError('config', late ? 'sync/too-late' : 'sync/too-early', '');
       const one = { code: 'sync/bad-record' };
       function reject(record: unknown, code: string) {}
       reject(one, 'mapping/no-time'); use('text/html');
       const table = { 404: 'mapping/no-id' };`,
    );

    expect([...usedCodes([file])]).toEqual([
      ['sync/too-late', 'lib/a.ts:2'],
      ['sync/too-early', 'lib/a.ts:2'],
      ['sync/bad-record', 'lib/a.ts:3'],
      ['mapping/no-time', 'lib/a.ts:5'],
      ['mapping/no-id', 'lib/a.ts:6'],
    ]);
  });

  it('find a code that is put together', () => {
    const file = parse(
      'lib/a.ts',
      ['new TributaryError("config", `sync/$', '{what}`, ""); const b = { code: `$', '{x.code}` };'].join(''),
    );

    expect(assembledCodes([file])).toEqual(['lib/a.ts:1 puts a code together: write it out']);
  });

  it('read documented codes from headings', () => {
    expect(
      documentedCodes('# Errors\n## sync\n### `sync/unknown-cursor`\n### sync/bad-record\ntext sync/other'),
    ).toEqual(['sync/unknown-cursor', 'sync/bad-record']);
  });
});
