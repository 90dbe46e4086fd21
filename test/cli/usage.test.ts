import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runNode, withCli } from './run-cli.ts';

const cli = withCli();
const segment = join(root, 'examples', 'acme', 'segments', 'lapsing-customers.yaml');

describe('tributary', () => {
  it.each<[what: string, args: readonly string[], says?: string]>([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['check', '--colour']],
    ['a missing argument', ['resolve']],
    ['one argument too many', ['check', 'a', 'b']],
    ['a missing file', ['resolve', 'nowhere.ndjson']],
    ['a missing segment file', ['evaluate', 'nowhere.yaml', '--profiles', '-']],
    ['a folder of changes', ['resolve', '.'], 'a folder, expected a file (cli/no-such-file)'],
    ['a folder instead of a segment file', ['evaluate', '.', '--profiles', '-'], '. is a folder, expected a file'],
    ['a folder of profiles', ['evaluate', segment, '--profiles', '.'], '. is a folder, expected a file'],
    ['a workspace of rules that is not there', ['resolve', '-', '--workspace', 'nowhere'], 'no folder nowhere'],
    ['a file of rules', ['resolve', '-', '--workspace', segment], 'is a file, expected a folder'],
    ['a missing required option', ['evaluate', 'nowhere.yaml']],
    ['a port that is none', ['start', '--port', 'http']],
    ['a folder that is not there', ['start', '--workspace', 'nowhere']],
    ['a stage that is no URL', ['runs', '--stage', 'here']],
    ['a missing workspace', ['check', 'nowhere']],
    ['a replay without an end', ['replay', '--from', '2026-11-20']],
    ['an instant that is none', ['replay', '--from', 'yesterday', '--to', '2026-11-20']],
    ['a replay that ends before it begins', ['replay', '--from', '2026-11-21', '--to', '2026-11-20']],
    ['a quarantine to be read again of no connection', ['quarantine', '--replay']],
    ['dead letters of no queue', ['redrive', 'letters']],
    ['an import of a file that is not there', ['import', 'nowhere.csv']],
    ['a suppression without a reason', ['suppress', 'add', 'ann@example.com']],
    ['an unknown action', ['suppress', 'empty']],
    ['a page among JSON', ['export', 'ann@example.com', '--html', '--json']],
    ['no command at all', []],
  ])('ends with 2 on %s', async (_what, args, says = '') => {
    const { status, stderr, stdout } = await cli().run(args);

    expect(status).toBe(2);
    expect((stdout + stderr).trim()).not.toBe('');
    expect(stdout + stderr).toContain(says);
    // Only a defect of ours is told with where it happened.
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('suggests the command that was probably meant', async () => {
    const { stderr } = await cli().run(['chek']);

    expect(stderr).toContain('Did you mean check?');
  });

  it('names the help of a command that was called wrongly', async () => {
    const { stderr } = await cli().run(['pull']);

    expect(stderr).toBe("error: missing required argument 'connection'\nsee: tributary pull --help\n");
  });

  it('prints one JSON document and nothing else on a usage error with --json', async () => {
    const { status, stdout } = await cli().run(['pull', '--json']);

    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'cli/bad-usage', message: "missing required argument 'connection'" },
    });
  });

  it('names every command and its own version', async () => {
    const help = await cli().run(['--help']);
    const version = await cli().run(['--version']);

    const names = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(names).toEqual([
      'start',
      'init',
      'check',
      'resolve',
      'evaluate',
      'plan',
      'apply',
      'console',
      'pull',
      'import',
      'push',
      'approve',
      'verify',
      'profile',
      'why',
      'merges',
      'unmerge',
      'replay',
      'quarantine',
      'redrive',
      'forget',
      'suppress',
      'export',
      'review',
      'cost',
      'doctor',
      'runs',
      'help',
    ]);
    const { version: wanted } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(version).toEqual({ status: 0, stdout: `${wanted}\n`, stderr: '' });
  });

  it.each([
    'start',
    'init',
    'check',
    'resolve',
    'evaluate',
    'plan',
    'apply',
    'pull',
    'import',
    'push',
    'approve',
    'profile',
    'why',
    'replay',
    'forget',
    'export',
    'review',
    'runs',
  ])('lets %s take --json', async (name) => {
    const { status, stdout } = await cli().run([name, '--help']);

    expect({ status, json: stdout.includes('--json') }).toEqual({ status: 0, json: true });
  });

  it('starts from its bin', async () => {
    const { status, stdout } = await runNode([join(root, 'cli', 'tributary.mjs'), '--help'], { cwd: cli().folder });

    expect({ status, usage: stdout.startsWith('Usage: tributary') }).toEqual({ status: 0, usage: true });
  });
});
