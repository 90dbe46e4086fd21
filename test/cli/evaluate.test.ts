import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf, withCli } from './run-cli.ts';

const cli = withCli();
const now = '2026-11-21T00:00:00.000Z';
const buyers = `segment: buyers
when:
  all:
    - { trait: stage, is: customer }
    - { did: Order Completed, within: 30 days }
`;

describe('tributary evaluate', () => {
  it('answers with membership, receipt and next flip, a line per profile', async () => {
    const file = write('buyers.yaml', buyers);
    const profiles = [
      {
        id: 'a',
        traits: { stage: 'customer' },
        activities: [{ id: '1', name: 'Order Completed', at: '2026-11-01T00:00:00Z' }],
      },
      { id: 'b', traits: { stage: 'lead' } },
    ];

    const { status, stdout, stderr } = await evaluate(file, profiles);

    expect({ status, stderr: linesOf(stderr) }).toEqual({ status: 0, stderr: [{ now }] });
    expect(linesOf(stdout)).toMatchObject([
      { id: 'a', member: true, flips_at: '2026-12-01T00:00:00.000Z', receipt: { segment: 'buyers' } },
      { id: 'b', member: false, flips_at: null },
    ]);
    expect((linesOf(stdout)[1] as { receipt: { leaves: unknown[] } }).receipt.leaves).toMatchObject([
      { path: 'when.all[0]', held: false, saw: 'lead', because: 'no-match', events: [] },
      { path: 'when.all[1]', held: false },
    ]);
  });

  it('takes membership of other segments from the profile', async () => {
    const file = write('readers-too.yaml', 'segment: readers-too\nwhen: { segment: readers }\n');

    const { stdout } = await evaluate(file, [
      { id: 'a', segments: ['readers'] },
      { id: 'b', segments: [] },
      { id: 'c' },
    ]);

    expect(linesOf(stdout)).toMatchObject([{ member: true }, { member: false }, { member: false }]);
  });

  it('reads traits as a deployment does, and those that the workspace above names', async () => {
    const when =
      '{ all: [{ trait: address.country, is: DE }, { trait: address.region, is: DE-BY }, { trait: home, is: AT }] }';
    write('tributary.yaml', 'workspace: w\ntimezone: UTC\ntraits: { home: { facet: demographic, type: country } }\n');
    mkdirSync(join(cli().folder, 'segments'), { recursive: true });
    const file = write(join('segments', 'bavarians.yaml'), `segment: bavarians\nwhen: ${when}\n`);

    const { stdout } = await evaluate(file, [
      { id: 'a', traits: { address: { country: 'Germany', region: 'Bayern' }, home: 'Austria' } },
      { id: 'b', traits: { address: { country: 'Germany', region: 'Berlin' }, home: 'Austria' } },
    ]);

    expect(linesOf(stdout)).toMatchObject([{ member: true }, { member: false }]);
  });

  it('names the lines that it cannot use and goes on', async () => {
    const file = write('buyers-2.yaml', buyers);
    const stdin = `{"id":"a"}\n{"id":\n{"id":"b","activities":[{"name":"x"}]}\n{"id":"c"}`;

    const { status, stdout, stderr } = await cli().run(['evaluate', file, '--profiles', '-', '--now', now], { stdin });

    expect(status).toBe(1);
    expect(linesOf(stdout)).toMatchObject([{ id: 'a' }, { id: 'c' }]);
    expect(linesOf(stderr).slice(1)).toMatchObject([
      { line: 2, code: 'segment/bad-document' },
      { line: 3, code: 'segment/bad-document' },
    ]);
  });

  it('keeps the order of a file that several threads share, and names its bad lines', async () => {
    const file = write('buyers-many.yaml', buyers);
    const count = 40_000;
    const bad = new Set([3, 20_001, count - 1]);
    const rows = Array.from({ length: count }, (_, number) =>
      bad.has(number)
        ? '{"id":'
        : JSON.stringify({ id: `p${number}`, traits: { stage: 'customer', note: 'ü'.repeat(50) } }),
    );
    writeFileSync(join(cli().folder, 'many.ndjson'), `\ufeff${rows.join('\n')}`);

    const args = ['evaluate', file, '--profiles', join(cli().folder, 'many.ndjson'), '--now', now];
    const { status, stdout, stderr } = await cli().run(args);

    expect(status).toBe(1);
    const ids = linesOf(stdout).map((line) => (line as { id: string }).id);
    expect(ids).toEqual(rows.flatMap((_, number) => (bad.has(number) ? [] : [`p${number}`])));
    expect(linesOf(stderr).slice(1)).toMatchObject([...bad].map((number) => ({ line: number + 1 })));
  });

  it('starts now when no instant is given', async () => {
    const file = write('buyers-3.yaml', buyers);

    const { stderr } = await cli().run(['evaluate', file, '--profiles', '-'], { stdin: '{"id":"a"}' });

    const [echo] = linesOf(stderr) as { now: string }[];
    expect(Math.abs(Date.parse(echo?.now ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it.each(['tomorrow', '2026-02-30T00:00:00Z', '1969-12-31T00:00:00Z'])('refuses %s as an instant', async (instant) => {
    const file = write('buyers-4.yaml', buyers);

    const { status, stderr } = await cli().run(['evaluate', file, '--profiles', '-', '--now', instant]);

    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('RFC 3339') as string });
  });

  it('tells what is wrong with the segment as check does', async () => {
    const file = write('broken.yaml', 'segment: broken\nwhen: { trait: plan, is: pro, within: 3 days }\n');

    const people = await cli().run(['evaluate', file, '--profiles', '-']);
    const program = await cli().run(['evaluate', file, '--profiles', '-', '--json']);

    expect(people).toMatchObject({ status: 1, stdout: '' });
    expect(people.stderr).toContain('broken.yaml:2:31');
    expect(program.status).toBe(1);
    expect(JSON.parse(program.stdout)).toMatchObject({
      ok: false,
      problems: [{ file: 'broken.yaml', line: 2, column: 31, code: 'segment/unknown-key' }],
    });
  });

  it('refuses a segment that leads to itself', async () => {
    const file = write('round.yaml', 'segment: round\nwhen: { not: { segment: round } }\n');

    const { status, stderr } = await cli().run(['evaluate', file, '--profiles', '-']);

    expect({ status, says: stderr.includes('segment/cycle') }).toEqual({ status: 1, says: true });
  });

  it('takes the time zone of the workspace around the file', async () => {
    const dir = join(cli().folder, 'zoned');
    mkdirSync(join(dir, 'segments'), { recursive: true });
    writeFileSync(join(dir, 'tributary.yaml'), 'workspace: zoned\ntimezone: Asia/Tokyo\n');
    const file = join(dir, 'segments', 'today.yaml');
    writeFileSync(file, 'segment: today\nwhen: { did: Visited, within: 1 days, calendar: true }\n');
    const visited = { id: 'a', activities: [{ name: 'Visited', at: '2026-11-20T16:00:00Z' }] };

    const { stdout } = await evaluate(file, [visited]);

    expect(linesOf(stdout)).toMatchObject([{ member: true, flips_at: '2026-11-21T15:00:00.000Z' }]);
  });
});

function write(name: string, text: string): string {
  const file = join(cli().folder, name);
  writeFileSync(file, text);
  return file;
}

function evaluate(file: string, profiles: readonly object[]) {
  const stdin = profiles.map((profile) => `${JSON.stringify(profile)}\n`).join('');
  return cli().run(['evaluate', file, '--profiles', '-', '--now', now], { stdin });
}
