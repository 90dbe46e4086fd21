import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OfflinePlan } from '../../cli/commands/plan.ts';
import { root, withCli } from './run-cli.ts';

const cli = withCli();
const starter = join(root, 'examples', 'starter');
const NOW = '2026-11-21T00:00:00Z';

/** Readers who agreed, the even ones of whom opened something 72 days ago and the others 103; two have one telephone. */
const changes = Array.from({ length: 10 }, (_, n) => {
  const fragment = `newsletter:member:${n}`;
  const address = `p${n}@example.com`;
  const phones = n === 1 || n === 2 ? [{ type: 'phone', value: '+493012345678' }] : [];
  const consent = {
    address,
    channel: 'email',
    state: 'granted',
    at: '2026-01-01T00:00:00Z',
    source: 's',
    by: 'person',
  };
  const identifiers = [{ type: 'email', value: address }, ...phones];
  const at = n % 2 === 0 ? '2026-09-10T00:00:00Z' : '2026-08-10T00:00:00Z';
  return [
    { kind: 'profile', fragment, at: '2026-01-01T00:00:00Z', identifiers, consent: [consent] },
    { kind: 'activity', fragment, id: `open-${n}`, name: 'Email Opened', at },
  ];
}).flat();

let candidate = '';
let file = '';
beforeAll(() => {
  candidate = join(cli().folder, 'candidate');
  file = join(cli().folder, 'changes.ndjson');
  cpSync(starter, candidate, { recursive: true });
  writeFileSync(file, changes.map((change) => JSON.stringify(change)).join('\n'));
  const segment = join(candidate, 'segments', 'quiet-readers.yaml');
  const [condition = ''] = readFileSync(segment, 'utf8').split('tests:');
  writeFileSync(segment, condition.replace('at_most: 0 }, within: 60 days', 'at_most: 0 }, within: 90 days'));
});

const plan = (...args: string[]) => cli().run(['plan', candidate, '--against', starter, ...args]);

describe('tributary plan --against', () => {
  it('counts whom a folder moves in another one, without a stage', async () => {
    const { status, stdout } = await plan('--changes', file, '--now', NOW, '--json');

    const told = JSON.parse(stdout) as OfflinePlan;
    expect(status).toBe(0);
    expect(told).toMatchObject({ workspace: 'starter', deploy: [], counted: { how: 'changes', people: 9, of: 9 } });
    expect(told.definitions).toEqual([
      {
        ...{ kind: 'segment', id: 'quiet-readers', change: 'edited', entering: 0, leaving: 5, staying: 4 },
        reasons: { 'now kept out by: did Email Opened not at all within 90 days': 5 },
      },
    ]);
    expect(told.audiences).toEqual([
      { id: 'quiet-readers-to-newsletter', add: 0, remove: 5, unchanged: 4, blocked: {}, calls: 1 },
    ]);
  });

  it('counts who is somebody else by other rules of identity, and what that moves', async () => {
    const main = join(candidate, 'tributary.yaml');
    const before = readFileSync(main, 'utf8');
    writeFileSync(main, `${before}\nidentity:\n  blocked: ['+493012345678']\n`);

    const { status, stdout } = await plan('--changes', file, '--now', NOW);

    writeFileSync(main, before);
    expect(status).toBe(0);
    expect(stdout).toContain(
      '10 people of the file, as if all of it came anew; 0 of them are several as it is, 1 who are one come apart',
    );
    expect(stdout).toContain('published, only records that change are decided anew');
  });

  it('names lines that are no change, and counts the others', async () => {
    const broken = join(cli().folder, 'broken.ndjson');
    writeFileSync(broken, `${readFileSync(file, 'utf8')}\n{"kind":"profile"}\n`);

    const { status, stdout, stderr } = await plan('--changes', broken, '--now', NOW, '--json');

    expect(status).toBe(1);
    expect(stderr).toContain('"line":21');
    expect((JSON.parse(stdout) as OfflinePlan).counted.people).toBe(9);
  });

  it('tells what differs when there is nobody to count', async () => {
    const { status, stdout } = await plan('--json');

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      definitions: [{ kind: 'segment', id: 'quiet-readers', change: 'edited' }],
      audiences: [],
    });
  });

  it('prints what is wrong with either folder', async () => {
    const { status, stdout } = await cli().run(['plan', starter, '--against', join(root, 'docs')]);

    expect(status).toBe(1);
    expect(stdout).toContain('✗');
  });

  it.each([[['--whole']], [['--out', 'plan.json']], [['--stage', 'http://127.0.0.1:1']]])(
    'is called wrongly with %j, which is of a stage',
    async (more) => {
      expect((await plan(...more)).status).toBe(2);
    },
  );

  it('is what --changes and --now go with', async () => {
    const { status, stderr } = await cli().run(['plan', candidate, '--now', NOW]);

    expect(status).toBe(2);
    expect(stderr).toContain('--against');
  });
});
