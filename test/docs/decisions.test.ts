import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'adr');
const files = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
const list = readFileSync(join(folder, 'README.md'), 'utf8');

describe('docs/adr', () => {
  it('is numbered without gaps and listed by title', () => {
    const titles = files.map((file, index) => {
      const [, number, title] = /^# (\d{4})\. (.+)$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      expect([file, number]).toEqual([file, String(index + 1).padStart(4, '0')]);
      return `| [${number}](${file}) | ${title} |`;
    });

    expect(list.split('\n').filter((line) => line.startsWith('| ['))).toEqual(titles);
  });

  it.each(files)('%s says why, what else was possible, what follows and what would prove it wrong', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');

    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      'Context',
      'Decision',
      'Rejected',
      'Consequences',
      'How we would know we were wrong',
    ]);
  });
});
