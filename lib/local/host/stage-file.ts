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

/** Writes the file, readable by the owner only. A file that a stage before this one left is replaced. */
export function writeStageFile(path: string, content: StageFile): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** Removes the file if it is still the one of the stage with this token; another stage may have replaced it. */
export function removeStageFile(path: string, token: string): void {
  if (!existsSync(path)) return;
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (isJsonObject(content) && content.token === token) rmSync(path, { force: true });
}
