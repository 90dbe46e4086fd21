import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TributaryError } from '../../domain/errors.ts';
import { prepareDatabaseFile } from './database-file.ts';
import { requireJava } from './java.ts';

export interface DynamoDbLocalOptions {
  /** Folder of the database file; in memory when absent. */
  readonly dataDir?: string;
  /** The Java to run. @default java */
  readonly java?: string;
}

/**
 * A running DynamoDB Local. It listens on every interface and has no setting for it, but keeps a database for each access
 * key id: without the stage's, which nobody can guess, a caller finds an empty one.
 */
export interface DynamoDbLocal {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  /** Kills the process and waits for its end. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;

// Runs as the parent of nothing: the shell becomes Java (exec keeps the pid), and a watcher left behind kills that pid
// when our end of the pipe closes without the word "done", so a stage killed with SIGKILL leaves neither Java
// behind nor its folder.
const guardedLaunch =
  'scratch=$1; shift; exec 3<&0; (read -r word <&3; [ "$word" = done ] || { kill -9 $$; rm -rf "$scratch"; }) ' +
  '>/dev/null 2>&1 & exec 3<&-; exec "$@" </dev/null';

/**
 * Starts Amazon's DynamoDB Local on a free port, telemetry off, and waits until it answers.
 * Throws `stage/java-missing`, or `stage/dynamodb-not-started` when it ends or stays silent for a minute.
 */
export async function startDynamoDbLocal(options: DynamoDbLocalOptions = {}): Promise<DynamoDbLocal> {
  const java = options.java ?? 'java';
  await requireJava(java);
  if (options.dataDir !== undefined) {
    mkdirSync(options.dataDir, { recursive: true });
    prepareDatabaseFile(options.dataDir);
  }
  // Another process can take the port between our looking and Java's binding; then Java ends, and we take another.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(java, options, await freePort());
    } catch (thrown) {
      if (attempt === 3) throw thrown;
    }
  }
}

async function launch(java: string, options: DynamoDbLocalOptions, port: number): Promise<DynamoDbLocal> {
  const emulator = emulatorFolder();
  const storage = options.dataDir === undefined ? ['-inMemory'] : ['-dbPath', options.dataDir];
  // Each start unpacks its library of SQLite into Java's folder for such, and leaves it there.
  const scratch = mkdtempSync(join(tmpdir(), 'tributary-database-'));
  const args = [
    '-Xmx512m',
    // Measured: the first compiler tier alone starts a third faster and writes no slower at the stage's sizes.
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Djava.io.tmpdir=${scratch}`,
    `-Djava.library.path=${join(emulator, 'DynamoDBLocal_lib')}`,
    ...['-jar', join(emulator, 'DynamoDBLocal.jar'), '-port', String(port), '-disableTelemetry'],
    ...storage,
  ];
  const child = spawnGuarded(java, args, { cwd: emulator, scratch });
  const output = lastWords(child);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  }).then(() => {
    child.stdin?.end('done\n');
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  });
  const url = `http://127.0.0.1:${port}`;
  const ready = await Promise.race([answers(url), ended.then(() => false)]);
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  if (!ready || child.pid === undefined) {
    await stop();
    throw new TributaryError('config', 'stage/dynamodb-not-started', `DynamoDB Local did not start: ${output()}`);
  }
  return { url, pid: child.pid, ended, stop };
}

function emulatorFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('amplify-dynamodb-simulator/package.json');
  return join(dirname(manifest), 'emulator');
}

function spawnGuarded(
  java: string,
  args: readonly string[],
  { cwd, scratch }: { cwd: string; scratch: string },
): ChildProcess {
  const options = { cwd, stdio: ['pipe', 'pipe', 'pipe'] } satisfies { cwd: string; stdio: ('pipe' | 'ignore')[] };
  const child =
    process.platform === 'win32'
      ? spawn(java, args, options)
      : spawn('/bin/sh', ['-c', guardedLaunch, 'sh', scratch, java, ...args], options);
  // Closing a pipe whose reader has gone is no news.
  child.stdin.on('error', () => undefined);
  return child;
}

function lastWords(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-600);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.once('error', (error) => keep(Buffer.from(error.message)));
  return () => text.trim().replaceAll(/\s+/g, ' ');
}

async function answers(url: string): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    if (await responds(url)) return true;
    await sleep(25);
  }
  return false;
}

function responds(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = request(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(true);
    });
    attempt.once('timeout', () => attempt.destroy());
    attempt.once('error', () => resolve(false));
    attempt.end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
