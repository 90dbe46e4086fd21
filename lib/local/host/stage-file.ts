import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isJsonObject } from '../../domain/json.ts';

/** What a running stage tells the command line and the console: where it listens and what opens `/api`. */
export interface StageFile {
  readonly url: string;
  readonly token: string;
  /** In the place of AWS: DynamoDB, SQS and S3, for whoever names this access key id. */
  readonly aws: string;
  readonly accessKeyId: string;
  readonly pid: number;
  /** RFC 3339, machine time. */
  readonly startedAt: string;
}

/** `.tributary/stage.json` in a folder. */
export function stageFilePath(folder: string): string {
  return join(folder, '.tributary', 'stage.json');
}

/**
 * Writes the file, readable by the owner only. One that a dead stage left is replaced; one of a stage that still runs is
 * returned, so that it can be put back.
 */
export function writeStageFile(path: string, content: StageFile): StageFile | undefined {
  mkdirSync(dirname(path), { recursive: true });
  const before = readStageFile(path);
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  return before !== undefined && isAlive(before.pid) ? before : undefined;
}

/**
 * Removes the file if it is still the one of the stage with this token; another stage may have replaced it. A stage that was
 * there before and still runs has its own again.
 */
export function removeStageFile(path: string, token: string, before?: StageFile): void {
  if (readStageFile(path)?.token !== token) return;
  rmSync(path, { force: true });
  if (before !== undefined && isAlive(before.pid)) writeStageFile(path, before);
}

function readStageFile(path: string): StageFile | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isJsonObject(content) ? (content as unknown as StageFile) : undefined;
  } catch {
    return undefined; // Half written by a process that died: nobody's.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
