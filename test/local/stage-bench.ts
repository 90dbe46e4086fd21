import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage, type Stage, type StageOptions } from '../../lib/local/stage.ts';
import { type ProbeTemplate, probeAssembly } from './stage-template.ts';

/** The stage time at which every stage of a bench starts. */
export const benchStart = Date.parse('2031-05-01T12:00:00Z');

/** Opens stages and folders that one call ends. */
export interface StageBench {
  aFolder(): string;
  aStage(template: ProbeTemplate, options?: Partial<StageOptions>): Promise<Stage>;
  close(): Promise<void>;
}

/** Opens a bench. */
export function openStageBench(): StageBench {
  const stages: Stage[] = [];
  const folders: string[] = [];

  function aFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'stage-'));
    folders.push(folder);
    return folder;
  }

  return {
    aFolder,
    async aStage(template, options = {}) {
      const folder = aFolder();
      const stage = await openStage({
        from: { assembly: probeAssembly(folder, template) },
        start: benchStart,
        stageFileIn: folder,
        environment: {},
        ...(options.firstPort === undefined ? { port: 0 } : {}),
        ...options,
      });
      stages.push(stage);
      return stage;
    },
    async close() {
      await Promise.all(stages.splice(0).map((stage) => stage.close()));
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The lines that a function printed by itself, without what the stage adds about failures. */
export function said(stage: Stage, name: string): string[] {
  return stage.logs(name).filter((line) => !line.includes('Error'));
}

/** Whether a process runs. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
