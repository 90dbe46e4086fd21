import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Asked, camel } from './connector-names.ts';
import { connectorFiles } from './connector-template.ts';

const USAGE = 'npm run new:connector -- ID [--title TITLE] [--streams NAME,NAME] [--webhook] [--audiences]';

/** What a command line asks for. Throws an Error that says what was found and what was expected. */
export function askedFor(argv: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      title: { type: 'string' },
      streams: { type: 'string', default: 'contacts' },
      webhook: { type: 'boolean', default: false },
      audiences: { type: 'boolean', default: false },
    },
  });
  const [id = '', ...more] = positionals;
  if (more.length > 0 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
    throw new Error(
      `expected one id in lower case, such as acme or acme-mail, found "${positionals.join(' ')}": ${USAGE}`,
    );
  }
  const streams = values.streams.split(',').map((name) => name.trim());
  const bad = streams.find((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name));
  if (bad !== undefined)
    throw new Error(`--streams: expected names in lower case, such as contacts, found "${bad}": ${USAGE}`);
  const title = values.title ?? id.charAt(0).toUpperCase() + id.slice(1);
  return { id, title, streams, webhook: values.webhook, audiences: values.audiences };
}

/** Writes the files of a new connector under `root`, and its line into the registry. Overwrites nothing. */
export function writeConnector(asked: Asked, root: string, today: Date): readonly string[] {
  const files = connectorFiles(asked, today);
  const there = Object.keys(files).find((path) => existsSync(join(root, path)));
  if (there !== undefined) throw new Error(`${there} is there already; nothing was written`);
  const registry = join(root, 'lib/connectors/registry.ts');
  const registered = withEntry(readFileSync(registry, 'utf8'), asked);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  writeFileSync(registry, registered);
  return Object.keys(files);
}

/** The registry with one entry more, in alphabetical order. */
function withEntry(text: string, { id }: Asked): string {
  const entries = text.match(/^ {2}(?:[a-z0-9]+|'[a-z0-9-]+'): async \(\) => .*,\n/gm) ?? [];
  if (entries.length === 0 || !text.includes(entries.join(''))) {
    throw new Error('lib/connectors/registry.ts is not of the form that this script knows; add the connector by hand');
  }
  const key = /^[a-z][a-z0-9]*$/.test(id) ? id : `'${id}'`;
  const entry = `  ${key}: async () => (await import('./${id}/index.ts')).${camel(id)},\n`;
  const nameOf = (line: string): string => /[a-z0-9-]+/.exec(line)?.[0] ?? '';
  const all = [...entries, entry].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return text.replace(entries.join(''), all.join(''));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const argv = process.argv.slice(2);
    if (argv.includes('--help')) {
      console.log(USAGE);
      process.exit();
    }
    const asked = askedFor(argv);
    for (const path of writeConnector(asked, process.cwd(), new Date())) console.log(path);
    console.log(`\nNow, step by step (docs/connector-guide.md):
  npx biome check --write lib/connectors/${asked.id} lib/connectors/registry.ts test/vendors/${asked.id}
  npx vitest run test/conformance/connectors.test.ts test/conformance/roads.test.ts -t ${asked.id}   # what is left to do
  npm run docs && npm run schemas && npm run build   # when it is green: generated parts, and the command line`);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 2;
  }
}
