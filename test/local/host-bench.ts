import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClock, type StageClock } from '../../lib/local/clock.ts';
import { type LocalFunction, openFunction } from '../../lib/local/host/function-pool.ts';

/** What a test opens, so that one call ends it all, last opened first. */
export interface HostBench {
  readonly clock: StageClock;
  /** What functions and pollers reported as failed. */
  readonly failures: unknown[];
  /** A function whose bundle is `source`. */
  aFunction(source: string, settings?: { readonly timeoutMs?: number; readonly processes?: number }): LocalFunction;
  /** A new folder, removed at the end. */
  aFolder(): string;
  /** Closes something at the end. */
  owns<T extends { close(): unknown }>(thing: T): T;
  close(): Promise<void>;
}

/** Opens a bench whose clock starts at `start`, RFC 3339. */
export function openHostBench(start: string): HostBench {
  const failures: unknown[] = [];
  const owned: { close(): unknown }[] = [];
  const folders: string[] = [];
  const clock = openClock({ start: Date.parse(start), onFailure: (failure) => failures.push(failure) });
  owned.push(clock);

  function aFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'host-bench-'));
    folders.push(folder);
    return folder;
  }

  function owns<T extends { close(): unknown }>(thing: T): T {
    owned.push(thing);
    return thing;
  }

  return {
    clock,
    failures,
    aFolder,
    owns,
    aFunction(source, settings = {}) {
      const code = aFolder();
      writeFileSync(join(code, 'index.mjs'), source);
      const name = `tributary-probe-${folders.length}`;
      const definition = {
        id: `Probe${folders.length}`,
        name,
        arn: `arn:aws:lambda:eu-central-1:000000000000:function:${name}`,
        code,
        handler: 'index.handler',
        environment: {},
        memoryMegabytes: 128,
        timeoutMs: settings.timeoutMs ?? 10_000,
      };
      const onFailure = (failure: unknown): void => void failures.push(failure);
      return owns(openFunction(definition, { clock, processes: settings.processes ?? 2, onFailure }));
    },
    async close() {
      for (const thing of owned.splice(0).reverse()) await thing.close();
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    },
  };
}
