import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maxReceiveCount, queueNames, queues } from '../../lib/infra/queues.ts';
import { anchorsOf } from '../architecture/documents.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const operating = readFileSync(join(docs, 'operating.md'), 'utf8');

describe('docs/operating.md', () => {
  it('has the section that alarms send their reader to', () => {
    expect(anchorsOf(operating)).toContain('dead-letters');
  });

  it.each(queueNames)('says when %s is late, and what its dead letters are', (name) => {
    const minutes = queues[name].lateAfterSeconds / 60;

    expect(operating).toMatch(new RegExp(`^\\| \`${name}-late\` \\| .*older than ${minutes} minutes`, 'm'));
    expect(operating).toMatch(new RegExp(`^\\| \`${name}\` \\| .+ \\| .+ \\|$`, 'm'));
  });

  it('says after how many tries a message is a dead letter', () => {
    const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

    expect(operating).toContain(`failed ${words[maxReceiveCount]} times`);
  });
});
