import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bundle, bundleFunctions } from '../lib/infra/bundle.ts';
import { type FunctionName, functionNames } from '../lib/infra/functions.ts';
import { queueNames } from '../lib/infra/queues.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { bundleSdks, SDKS, type Vendor, vendorFunctions } from './sdks-alone.ts';

/** Milliseconds that a function may take to load, over bare Node, where the product promises it. */
const targets: Partial<Readonly<Record<FunctionName, number>>> = { collect: 45, 'resolve-profile': 90 };

/** Functions on the path of which nobody's client is loaded. */
const withoutVendors: readonly FunctionName[] = ['collect', 'receive-webhook', 'resolve-profile'];
const VENDORS = /node_modules\/(?:@jsforce|jsforce|@mailchimp|superagent|@hubspot)\//;

/** Bytes of every function's bundle, and what loading it costs a fresh process over one that loads nothing. */
export async function* bench({ quick: isQuick, note }: BenchOptions): AsyncIterable<Measurement> {
  const outdir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const rounds = isQuick ? 1 : 10;
  try {
    const bundles = await bundleFunctions({ outdir });
    for (const name of functionNames) {
      const { dir, startBytes, bytes, metafile } = bundles[name];
      const of = { function: name };
      yield { job: 'bundles', metric: 'bytes read before the first call', value: startBytes, unit: 'bytes', of };
      yield { job: 'bundles', metric: 'bytes with what is loaded late', value: bytes, unit: 'bytes', of };
      if (withoutVendors.includes(name)) {
        const vendors = vendorBytes(metafile);
        const metric = 'bytes of vendor clients read before the first call';
        yield { job: 'bundles', metric, value: vendors, unit: 'bytes', target: { most: 0 }, of };
      }
      note(`bundles: loading ${name}`);
      const [bare, loaded] = await startsOf(rounds, [[], [join(dir, 'index.mjs')]]);
      const line = (metric: string, value: number): Measurement => ({
        job: 'bundles',
        metric,
        value: rounded(value),
        unit: 'ms',
        of,
      });
      const time = line('load time over bare Node', quick(loaded, byClock) - quick(bare, byClock));
      const most = targets[name];
      yield most === undefined ? time : { ...time, target: { most } };
      yield line('load CPU over bare Node', (quick(loaded) - quick(bare)) / 1_000);
    }
    yield* besideSdks(bundles, outdir, isQuick ? 1 : 6, note);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/**
 * Functions with a connector and its vendor's client loaded, beside the SDKs that they use and nothing else: AWS's clients and the vendor's own,
 * imported as its documentation says, bundled the same way. Processor time, because it is the same from run to run.
 */
async function* besideSdks(
  bundles: Readonly<Record<FunctionName, Bundle>>,
  outdir: string,
  rounds: number,
  note: BenchOptions['note'],
): AsyncIterable<Measurement> {
  const alone = await bundleSdks(bundles, join(outdir, 'sdks'));
  // The API speaks to no vendor, and loads the most.
  for (const name of [...vendorFunctions, 'api'] as const) {
    note(`bundles: ${name} beside the SDKs alone`);
    const { dir, metafile } = bundles[name];
    const index = join(dir, 'index.mjs');
    const [bare, start, aws] = await startsOf(rounds, [[], [index], [alone(name, undefined)]]);
    const of = { function: name };
    const overBare = (starts: readonly Start[] | undefined): number => quick(starts) - quick(bare);
    const line = (metric: string, value: number, unit: string, more: Measurement['of'] = {}): Measurement => ({
      job: 'bundles',
      metric,
      value: rounded(value),
      unit,
      of: { ...of, ...more },
    });
    yield line('load CPU of AWS’s clients alone', overBare(aws) / 1_000, 'ms');
    yield line('load CPU over that of AWS’s clients alone', overBare(start) / overBare(aws), 'ratio');
    if (!vendorFunctions.includes(name)) continue;
    for (const vendor of Object.keys(SDKS) as Vendor[]) {
      const late = (['index', 'client'] as const).map((file) => chunkOf(metafile, dir, `${vendor}/${file}.ts`));
      const [ours, sdks] = await startsOf(rounds, [[index, ...late], [alone(name, vendor)]]);
      const more = { vendor };
      yield line('load CPU with the connector and the vendor’s client', overBare(ours) / 1_000, 'ms', more);
      yield line('load CPU of the SDKs alone', overBare(sdks) / 1_000, 'ms', more);
      for (const [metric, starts] of [
        ['load CPU of the function over that of the SDKs alone', start],
        ['load CPU with both over that of the SDKs alone', ours],
      ] as const) {
        yield { ...line(metric, overBare(starts) / overBare(sdks), 'ratio', more), target: { most: 1.1 } };
      }
    }
  }
}

/** The chunk that a function loads when it first needs that file of a connector. */
function chunkOf({ outputs }: Bundle['metafile'], dir: string, file: string): string {
  const entryPoint = `lib/connectors/${file}`;
  const path = Object.keys(outputs).find((output) => outputs[output]?.entryPoint === entryPoint);
  if (path === undefined) throw new Error(`${basename(dir)} loads no ${entryPoint} late`);
  return join(dir, basename(path));
}

/** What a child process tells of itself when it is done, both since it began: ms by the clock, µs of the processor. */
interface Start {
  readonly milliseconds: number;
  readonly cpu: number;
}

const byClock = ({ milliseconds }: Start): number => milliseconds;

/** Starts of fresh processes, each loading one list of files, in turn: what else runs on the machine meets all alike. */
async function startsOf(rounds: number, lists: readonly (readonly string[])[]): Promise<Start[][]> {
  const starts: Start[][] = lists.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, files] of lists.entries()) {
      const code = files.map((file) => `await import(${JSON.stringify(pathToFileURL(file).href)});`).join('');
      starts[at]?.push(await startOf(code));
    }
  }
  return starts;
}

/** Bytes of vendors' clients in the entry of a bundle and in what it imports statically. */
function vendorBytes({ outputs }: Bundle['metafile']): number {
  const start = new Set(Object.keys(outputs).filter((path) => path.endsWith('/index.mjs')));
  for (const path of start) {
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) start.add(imported);
    }
  }
  const inputs = [...start].flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}));
  return inputs.reduce((sum, [path, { bytesInOutput }]) => sum + (VENDORS.test(path) ? bytesInOutput : 0), 0);
}

/** A quick one, of five the first: what other work on the machine held up tells nothing of a function. */
function quick(starts: readonly Start[] = [], value = ({ cpu }: Start): number => cpu): number {
  const sorted = starts.map(value).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 5)] ?? Number.NaN;
}

/** Runs `code` in a fresh process that then says how long it has lived. */
async function startOf(code: string): Promise<Start> {
  const tell = `const { user, system } = process.cpuUsage(); console.log(JSON.stringify({ milliseconds: performance.now(), cpu: user + system })); process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', `${code}${tell}`], {
    env: anyEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const last = out.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !last.startsWith('{')) throw new Error(`a bundle does not load: ${problem.slice(0, 400)}`);
  return JSON.parse(last) as Start;
}

/** Every variable that any function reads when it starts; nothing is called. */
function anyEnvironment(): Record<string, string> {
  const tables = ['PROFILES', 'IDENTIFIERS', 'ACCOUNTS', 'ACTIVITIES', 'MEMBERSHIPS', 'HISTORY', 'LEDGER', 'STATE'];
  const queues = queueNames.map((name) => name.toUpperCase());
  return {
    ...Object.fromEntries(tables.map((name) => [`${name}_TABLE`, name.toLowerCase()])),
    ...Object.fromEntries(
      queues.flatMap((name) =>
        [`${name}_QUEUE_URL`, `${name}_DEAD_LETTERS_URL`].map((variable) => [variable, `http://127.0.0.1:9/0/${name}`]),
      ),
    ),
    ARCHIVE_BUCKET: 'archive',
    IDENTITY_KEY_SECRET: 'identity-key',
    CONNECTION_SECRET_PREFIX: 'connection/',
    ALERTS_TOPIC: 'arn:aws:sns:eu-central-1:000000000000:alerts',
    DEPLOYED: 'sha256:unknown',
    INVENTORY: '{}',
    WATCHED_QUEUES: 'changes:changes:changes-dead-letters',
    WORKSPACE: 'bench',
    POWERTOOLS_SERVICE_NAME: 'bench',
    POWERTOOLS_DEV: 'false',
    AWS_REGION: 'eu-central-1',
  };
}
