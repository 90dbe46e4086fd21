import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, withCli } from './run-cli.ts';

const cli = withCli();

const broken: Readonly<Record<string, string>> = {
  'tributary.yaml': 'workspace: broken\ntimezone: Europe/Berlin\nconections: {}\n',
  'segments/one.yaml':
    'segment: one\nwhen:\n  all:\n    - { did: Email Opened, within: 3 fortnights }\n    - { segment: two }\n',
  'segments/two.yaml': 'segment: two\nwhen: { segment: one }\n',
  'segments/three.yaml': 'segment: three\nwhen: { trait: plan, in: pro }\ntitle: 3\n',
  'audiences/one-to-crm.yaml':
    'audience: one-to-crm\nsegment: one\nto: { connection: crm, campaign: Spring }\nmatch: [email]\nmode: mirror\nneeds: {}\n',
};

describe('tributary check', () => {
  it('names file, line, column, found and expected of everything that is wrong', async () => {
    const dir = writeBroken('report');

    const { status, stdout, stderr } = await cli().run(['check', dir, '--json']);

    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: Record<string, unknown>[] };
    expect({ status, stderr, ok }).toEqual({ status: 1, stderr: '', ok: false });
    expect(problems.map(({ file, line, column, code }) => [file, line, column, code])).toEqual(
      expect.arrayContaining([
        ['audiences/one-to-crm.yaml', 3, 19, 'workspace/unknown-connection'],
        ['segments/one.yaml', 4, 36, 'segment/bad-duration'],
        ['segments/one.yaml', 5, 18, 'segment/cycle'],
        ['segments/three.yaml', 3, 8, 'workspace/wrong-type'],
        ['tributary.yaml', 3, 1, 'workspace/unknown-key'],
      ]),
    );
    expect(problems.find(({ code }) => code === 'workspace/unknown-key')).toMatchObject({
      found: 'key "conections"',
      suggestion: 'connections',
    });
    expect(problems.every(({ found, expected }) => typeof found === 'string' && typeof expected === 'string')).toBe(
      true,
    );
  });

  it('tells people the same with places they can open', async () => {
    const dir = writeBroken('people');

    const { status, stdout } = await cli().run(['check', dir]);

    expect(status).toBe(1);
    expect(stdout).toContain(`${dir}/tributary.yaml:3:1`);
    expect(stdout).toContain('did you mean connections?');
    expect(stdout).toMatch(/✗ .*: \d+ errors, no tests were run\n$/);
    expect(stdout).not.toContain('\u001b[');
  });

  it.each(['acme', 'starter'])('finds nothing wrong with examples/%s', async (example) => {
    const { status, stdout } = await cli().run(['check', join(root, 'examples', example)]);

    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({
      status: 0,
      last: expect.stringMatching(/^✓ .*: no problems, \d+ tests of segments run$/) as string,
    });
  });

  it('checks the folder it is called in when none is named', async () => {
    const dir = join(cli().folder, 'here');
    cpSync(join(root, 'examples', 'starter'), dir, { recursive: true });

    const { status, stdout } = await cli().run(['check', '--json'], { cwd: dir });

    expect({ status, answer: JSON.parse(stdout) as unknown }).toEqual({
      status: 0,
      answer: { ok: true, problems: [] },
    });
  });
});

describe('tributary init', () => {
  it('writes a workspace that passes its own check', async () => {
    const { status, stdout } = await cli().run(['init', 'mine', '--json']);
    const checked = await cli().run(['check', 'mine']);

    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { files: string[] }).files).toContain('tributary.yaml');
    expect(checked).toMatchObject({ status: 0 });
  });

  it('leaves a folder alone that has a workspace', async () => {
    await cli().run(['init', 'twice']);

    const { status, stdout, stderr } = await cli().run(['init', 'twice', '--json']);

    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'workspace/already-there' } });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

function writeBroken(name: string): string {
  const dir = join(cli().folder, name);
  for (const folder of ['segments', 'audiences']) mkdirSync(join(dir, folder), { recursive: true });
  for (const [file, text] of Object.entries(broken)) writeFileSync(join(dir, file), text);
  return dir;
}
