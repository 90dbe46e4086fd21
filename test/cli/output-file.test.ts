import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOutput } from '../../cli/output-file.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** A file in a folder of its own that others may read. */
function readable(name: string, mode = 0o644): string {
  const folder = join(cli().folder, name);
  mkdirSync(folder);
  const path = join(folder, 'out');
  writeFileSync(path, 'before');
  chmodSync(path, mode);
  return path;
}

describe('openOutput', () => {
  it('gives what is for its owner to nobody else, whoever could read the file before', async () => {
    const path = readable('owner');

    await (await openOutput(path, { forOwner: true })).write('after');

    expect({ mode: modeOf(path), text: readFileSync(path, 'utf8'), there: readdirSync(dirname(path)) }).toEqual({
      mode: '600',
      text: 'after',
      there: ['out'],
    });
  });

  it('does so for what is written bit by bit, and loses nothing of it', async () => {
    const path = readable('bits');

    const stream = await (await openOutput(path, { forOwner: true })).begin();
    const during = modeOf(path);
    stream.write('one\n');
    await new Promise<void>((resolve) => stream.once('close', resolve).end('two\n'));

    expect({ during, mode: modeOf(path), text: readFileSync(path, 'utf8') }).toEqual({
      during: '600',
      mode: '600',
      text: 'one\ntwo\n',
    });
  });

  it('leaves who may read anything else as it was, and writes where a link leads', async () => {
    const path = readable('others', 0o664);
    const link = join(dirname(path), 'link');
    symlinkSync('out', link);

    await (await openOutput(link)).write('after');

    expect({ mode: modeOf(path), text: readFileSync(path, 'utf8'), there: readdirSync(dirname(path)) }).toEqual({
      mode: '664',
      text: 'after',
      there: ['link', 'out'],
    });
  });

  it('changes nothing until there is something to write, and never replaces what is no file', async () => {
    const path = readable('tried');

    await openOutput(path);
    await (await openOutput('/dev/null', { forOwner: true })).write('gone');

    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(dirname(path))).toEqual(['out']);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('a file that cannot be written', () => {
  it.each([
    'plan . --out nowhere/plan.json',
    'export ann@example.com --out nowhere/ann.json',
    'export ann@example.com --html --out .',
    'review --html nowhere/page.html',
    'review lapsing --html nowhere/page.html',
    'review lapsing --last --html .',
    'import people.csv --connection crm --rejects nowhere/rejects.csv',
  ])('ends %s with 2 before anything is asked for', async (args) => {
    writeFileSync(join(cli().folder, 'people.csv'), 'id,email\n1,ann@example.com\n');
    const settings = { connector: 'files', settings: { mapping: { object: 'guest', id: 'id' } } };
    const stage = await play(() => [200, settings]);

    const { status, stderr } = await cli().run([...args.split(' '), '--stage', stage.url]);

    expect({ status, changed: stage.asked.filter(({ method }) => method === 'POST') }).toEqual({
      status: 2,
      changed: [],
    });
    expect(stderr).toMatch(/^tributary: \S+ cannot be written: .+ \(cli\/cannot-write\)\n$/);
  });

  it.each(['resolve changes.ndjson --duplicates nowhere/pairs.ndjson', 'init people.csv/new'])(
    'ends %s with 2',
    async (args) => {
      writeFileSync(join(cli().folder, 'people.csv'), '');
      writeFileSync(join(cli().folder, 'changes.ndjson'), '');

      const { status, stdout, stderr } = await cli().run(args.split(' '));

      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('(cli/cannot-write)');
    },
  );
});
