import { readdirSync, readFileSync } from 'node:fs';

/** What one child process of ours has used so far. */
export interface ProcessUse {
  readonly pid: number;
  /** The name of the function that it runs, or of its program. */
  readonly name: string;
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** Held in memory now (resident set). */
  readonly bytes: number;
}

/** The kernel counts in hundredths of a second, on every architecture that Node runs on. */
const MS_OF_TICK = 10;
const KILOBYTE = 1024;

/** Children of this process, as Linux's /proc tells; none on another system. One that ends meanwhile is left out. */
export function childProcesses(): readonly ProcessUse[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => useOf(Number(entry)));
}

function useOf(pid: number): readonly ProcessUse[] {
  try {
    // Fields after the command's name, which may hold spaces and parentheses (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[1]) !== process.pid) return [];
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_OF_TICK;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const inStatus = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * KILOBYTE;
    return [{ pid, name: nameOf(pid, stat), cpuMs, peakBytes: inStatus('VmHWM'), bytes: inStatus('VmRSS') }];
  } catch {
    return [];
  }
}

function nameOf(pid: number, stat: string): string {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const service = environment.find((line) => line.startsWith('POWERTOOLS_SERVICE_NAME='));
  return service?.split('=')[1] ?? stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
}
