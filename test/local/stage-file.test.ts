import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeStageFile, type StageFile, stageFilePath, writeStageFile } from '../../lib/local/host/stage-file.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function aPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-stage-file-'));
  folders.push(folder);
  return stageFilePath(folder);
}

const stage = (token: string, pid = process.pid): StageFile => ({
  ...{ url: 'http://127.0.0.1:4000', token, aws: 'http://127.0.0.1:4001', accessKeyId: 'STAGE', pid },
  startedAt: '2026-11-21T09:00:00.000Z',
});
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;
const tokenIn = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8')).token;

describe('the file of a stage', () => {
  it('is that of the latest stage, and again that of one before it which still runs', () => {
    const path = aPath();
    expect(writeStageFile(path, stage('first'))).toBeUndefined();
    const before = writeStageFile(path, stage('second'));

    expect(before?.token).toBe('first');
    expect(tokenIn(path)).toBe('second');
    removeStageFile(path, 'second', before);
    expect(tokenIn(path)).toBe('first');
  });

  it('of a stage that died is nobody’s, and so is one that is half written', () => {
    const path = aPath();
    writeStageFile(path, stage('dead', deadPid()));
    expect(writeStageFile(path, stage('next'))).toBeUndefined();

    writeFileSync(path, '{"url": "http');
    expect(writeStageFile(path, stage('last'))).toBeUndefined();
    removeStageFile(path, 'last', stage('dead', deadPid()));
    expect(existsSync(path)).toBe(false);
  });

  it('of another stage is left where it is', () => {
    const path = aPath();
    writeStageFile(path, stage('other'));

    removeStageFile(path, 'mine');

    expect(tokenIn(path)).toBe('other');
  });
});
