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
  const name = camel(id);
  const imports = text.match(/^import \{ \w+ \} from '\.\/[\w-]+\/index\.ts';$/gm) ?? [];
  const list = /=> = \{([^}]*)\};|> = \{([^}]*)\};/.exec(text);
  const held = list?.[1] ?? list?.[2];
  if (imports.length === 0 || list === null || held === undefined) {
    throw new Error('lib/connectors/registry.ts is not of the form that this script knows; add the connector by hand');
  }
  const line = `import { ${name} } from './${id}/index.ts';`;
  const keyOf = (entry: string): string => entry.split(':')[0]?.replaceAll("'", '').trim() ?? '';
  const entries = held
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const entry = name === id ? name : `'${id}': ${name}`;
  const all = [...entries, entry].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return text
    .replace(imports.join('\n'), [...imports, line].sort((a, b) => (pathIn(a) < pathIn(b) ? -1 : 1)).join('\n'))
    .replace(list[0], list[0].replace(held, ` ${all.join(', ')} `));
}

function pathIn(line: string): string {
  return /'([^']+)'/.exec(line)?.[1] ?? '';
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
