import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'docs', 'workspace.md'), 'utf8');
const blocks = [...text.matchAll(/```yaml\n# (\S+\.yaml)\n([^`]+)```/g)].map(([, file = '', code = '']) => ({
  file,
  code,
}));

describe('docs/workspace.md', () => {
  it('shows one part of each kind of file', () => {
    expect(blocks.map(({ file }) => file.split('/')[0])).toEqual([
      'tributary.yaml',
      'segments',
      'personas',
      'audiences',
    ]);
  });

  it.each(blocks)('shows $file as it is in examples/acme', ({ file, code }) => {
    expect(readFileSync(join(root, 'examples', 'acme', file), 'utf8')).toContain(code);
  });
});
