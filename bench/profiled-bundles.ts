import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BundleDirs, bundleFunctions, dirsOf } from '../lib/infra/bundle.ts';
import { functionNames } from '../lib/infra/functions.ts';
import { partOf } from './profile-parts.ts';

/** What V8's profiler writes, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Processor time of one function's processes in one part of the program. */
export interface PartTime {
  readonly name: string;
  readonly part: string;
  readonly milliseconds: number;
}

const SAMPLE_MICROSECONDS = 500;

/**
 * Bundles whose processes profile themselves from the moment at which they are loaded, and write what they saw into
 * `profiles` when they get SIGUSR2. The functions are the deployed ones but for line ends.
 */
export async function bundleProfiled(outdir: string, profiles: string): Promise<BundleDirs> {
  const dirs = dirsOf(await bundleFunctions({ outdir, readable: true }));
  for (const name of functionNames) {
    await rename(join(dirs[name], 'index.mjs'), join(dirs[name], 'bundle.mjs'));
    await writeFile(join(dirs[name], 'index.mjs'), wrapper(`${join(profiles, name)}-`));
  }
  return dirs;
}

function wrapper(prefix: string): string {
  return `import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
export { handler } from './bundle.mjs';
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: ${SAMPLE_MICROSECONDS} });
session.post('Profiler.start');
process.once('SIGUSR2', () => session.post('Profiler.stop', (_, { profile }) =>
  writeFileSync(${JSON.stringify(prefix)} + process.pid + '.cpuprofile', JSON.stringify(profile))));
`;
}

/** Asks processes for their profiles, and sums up by function and part what all of them saw. */
export async function readProfiles(
  pids: readonly number[],
  profiles: string,
  bundles: BundleDirs,
): Promise<readonly PartTime[]> {
  for (const pid of pids) process.kill(pid, 'SIGUSR2');
  const files = async (): Promise<readonly string[]> => {
    for (let left = 100; left > 0; left -= 1) {
      const written = readdirSync(profiles);
      if (pids.every((pid) => written.some((name) => name.endsWith(`-${pid}.cpuprofile`)))) return written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('a function wrote no profile');
  };
  const sums = new Map<string, PartTime>();
  await files();
  // What was begun is written to its end within this time.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const file of readdirSync(profiles)) {
    const name = functionNames.find((one) => file.startsWith(`${one}-`));
    if (name === undefined) continue;
    const moduleAt = openModules(bundles[name]);
    const profile = JSON.parse(readFileSync(join(profiles, file), 'utf8')) as CpuProfile;
    for (const [part, milliseconds] of timeByPart(profile, moduleAt)) {
      const key = `${name}\n${part}`;
      sums.set(key, { name, part, milliseconds: milliseconds + (sums.get(key)?.milliseconds ?? 0) });
    }
  }
  return [...sums.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function timeByPart(
  profile: CpuProfile,
  moduleAt: (file: string, line: number) => string,
): ReadonlyMap<string, number> {
  const parts = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url.startsWith('file:') ? moduleAt(basename(url), lineNumber) : url;
      return [id, partOf(place, functionName)] as const;
    }),
  );
  const times = new Map<string, number>();
  for (const [at, node] of profile.samples.entries()) {
    const part = parts.get(node);
    // A sample stands for the time until the next.
    const milliseconds = (profile.timeDeltas[at + 1] ?? 0) / 1_000;
    if (part !== undefined) times.set(part, (times.get(part) ?? 0) + milliseconds);
  }
  return times;
}

/** Which module of a bundle stands at a line: esbuild writes a comment with the path before each. */
function openModules(dir: string): (file: string, line: number) => string {
  const known = new Map<string, readonly string[]>();
  const read = (file: string): readonly string[] => {
    let module = '';
    // The process's own first file is none of the bundle's.
    if (!existsSync(join(dir, file))) return [];
    return readFileSync(join(dir, file), 'utf8')
      .split('\n')
      .map((text) => {
        const path = /^ *\/\/ ((?:lib|functions|node_modules|console|test)\/\S+)$/.exec(text)?.[1];
        module = path ?? module;
        return module;
      });
  };
  return (file, line) => {
    const lines = known.get(file) ?? read(file);
    known.set(file, lines);
    return lines[line] ?? '';
  };
}
