import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_BYTES, readSource } from '../../lib/workspace/source.ts';
import { readWith, soundFiles } from './a-workspace.ts';

function read(text: string) {
  return readSource('segments/a.yaml', Buffer.from(text));
}

function placeOf(text: string, path: readonly (string | number)[], atKey = false) {
  const { line, column } = read(text).place({ path, atKey, code: 'workspace/bad-value', found: '', expected: '' });
  return { line, column };
}

/** The problems with a text, as `line:column code`. */
function faults(text: string) {
  return read(text).problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('readSource', () => {
  it('reads plain values as YAML 1.2 does', () => {
    const text = 'a: NO\nb: 2026-11-21T00:00:00Z\nc: 010\nd: true\ne: ~\nf: 20%\ng: [1, -2.5]\n';

    expect(read(text).value).toEqual({
      a: 'NO',
      b: '2026-11-21T00:00:00Z',
      c: 10,
      d: true,
      e: null,
      f: '20%',
      g: [1, -2.5],
    });
  });

  it('finds the place of a value after multi-byte characters, counted in UTF-16 units', () => {
    expect(placeOf('name: Zoë\n"größe 🎈": { a: x }\n', ['größe 🎈', 'a'])).toEqual({ line: 2, column: 18 });
  });

  it('finds the place of a value after tabs', () => {
    expect(placeOf('a:\t{ b:\t1 }\n', ['a', 'b'])).toEqual({ line: 1, column: 9 });
  });

  it('finds the place of a value in a file with Windows line ends', () => {
    expect(placeOf('a: 1\r\nb:\r\n  c: 2\r\n', ['b', 'c'])).toEqual({ line: 3, column: 6 });
  });

  it('does not count a byte order mark', () => {
    expect(placeOf('\uFEFFa: 1\n', ['a'])).toEqual({ line: 1, column: 4 });
  });

  it('finds the place of a key, of an element, and of the parent of what is not there', () => {
    const text = 'list:\n  - { a: 1 }\n  - { b: 2 }\n';

    expect(placeOf(text, ['list', 1, 'b'], true)).toEqual({ line: 3, column: 7 });
    expect(placeOf(text, ['list', 1])).toEqual({ line: 3, column: 5 });
    expect(placeOf(text, ['list', 1, 'nowhere', 'near'])).toEqual({ line: 3, column: 5 });
  });

  it('points at the key of an empty value', () => {
    expect(placeOf('a: 1\nb:\n', ['b'])).toEqual({ line: 2, column: 1 });
  });

  it('finds the place behind an alias at its anchor', () => {
    expect(placeOf('a: &x { b: 1 }\nc: *x\n', ['c', 'b'])).toEqual({ line: 1, column: 12 });
  });

  it('reports YAML that cannot be read where it breaks', () => {
    expect(faults('a: [1, 2\nb: 3\n')).toEqual(['2:1 workspace/bad-yaml']);
    expect(faults('a:\n\tb: 1\n')[0]).toMatch(/^2:1 workspace\/bad-yaml$/);
    expect(faults('a: 1\n---\nb: 2\n')).toEqual(['2:1 workspace/bad-yaml']);
  });

  it('reports every duplicate key and every key that is no text', () => {
    expect(faults('a: 1\nb: { c: 1, c: 2 }\na: 3\n? [x]\n: 4\n')).toEqual([
      '2:12 workspace/duplicate-key',
      '3:1 workspace/duplicate-key',
      '4:3 workspace/wrong-type',
    ]);
  });

  it('reports tags, also those that YAML knows', () => {
    expect(faults('a: !!js/function x\nb: !!binary aGk=\n')).toEqual([
      '1:4 workspace/unknown-tag',
      '2:4 workspace/unknown-tag',
    ]);
  });

  it('reports numbers that JSON does not have', () => {
    expect(faults('a: .inf\nb: .nan\n')).toEqual(['1:4 workspace/wrong-type', '2:4 workspace/wrong-type']);
  });

  it('keeps a key named __proto__ as a key', () => {
    const { value } = read('__proto__: { polluted: true }\n');

    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });

  it('answers an alias bomb with a problem', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);

    expect(faults(`l0: &l0 boom\n${levels.join('\n')}\n`)).toEqual(['1:1 workspace/too-much']);
  });

  it('answers an alias of its own parent with a problem', () => {
    expect(faults('a: &a [*a]\n')).toEqual(['1:1 workspace/too-much']);
  });

  it.each([
    ['a very deep list', '['.repeat(200_000)],
    ['a very deep map', '{a: '.repeat(50_000)],
    ['many quotes', '"\n'.repeat(60_000)],
    ['many keys', Array.from({ length: 20_000 }, (_, i) => `key${i}: 1`).join('\n')],
    ['a file that is too large', 'a'.repeat(MOST_BYTES + 1)],
  ])('answers %s in the time of a test, with a bounded number of problems', (_, text) => {
    expect(read(text).problems.length).toBeLessThanOrEqual(20);
  });

  it('reports bytes that are no UTF-8', () => {
    expect(readSource('a.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xff)).problems).toEqual([
      {
        file: 'a.yaml',
        line: 1,
        column: 1,
        code: 'workspace/not-utf-8',
        found: 'bytes that are no UTF-8',
        expected: 'a text file in UTF-8',
      },
    ]);
  });
});

describe('readWorkspace', () => {
  const edits = fc.array(fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  });

  it('answers any mutation of the bytes of a sound file with definitions or problems inside it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(soundFiles)), edits, (file, changes) => {
        let bytes = Buffer.from(soundFiles[file] ?? '');
        for (const { at, remove, insert } of changes) {
          const start = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
        }

        const { definitions, problems } = readWith({ [file]: bytes });

        const lines = bytes.toString('utf8').split('\n').length;
        expect(definitions === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.column).toBeGreaterThanOrEqual(1);
          if (problem.file === file) expect(problem.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 400 },
    );
  });
});
