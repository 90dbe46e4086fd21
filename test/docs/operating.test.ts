import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { daysKept, maxReceiveCount, queueNames, queues } from '../../lib/infra/queues.ts';
import { type TableSpec, tableNames, tables } from '../../lib/infra/tables.ts';
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

  it('says how long messages are kept, and the runbook too', () => {
    const runbook = readFileSync(join(docs, 'runbook.md'), 'utf8');

    for (const text of [operating, runbook]) expect(text).toContain(`${daysKept} days`);
  });

  it('restores every table, and gives each that expires its time to live', () => {
    const expiring = tableNames.filter((name) => (tables[name] as TableSpec).expires !== undefined);

    expect(operating).toContain(`TABLES='${tableNames.join(' ')}'`);
    expect(operating).toContain(`for t in ${expiring.join(' ')}; do aws dynamodb update-time-to-live`);
  });

  it('says after how many tries a message is a dead letter', () => {
    const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

    expect(operating).toContain(`failed ${words[maxReceiveCount]} times`);
  });
});
