import { setTimeout as wait } from 'node:timers/promises';
import { TributaryError } from '../lib/domain/errors.ts';
import { openStatusLine } from './progress.ts';
import type { StageClient } from './stage-client.ts';
import type { Terminal } from './terminal.ts';

const FIRST_LOOK_MS = 150;
const LONGEST_WAIT_MS = 2_000;

/** What every job has. */
interface AnyJob {
  readonly id: string;
  readonly state: 'running' | 'finished' | 'failed';
}

/** Follows a job until it has ended; `tell` says how it stands. Looks less often the longer it takes. */
export async function followJob<Job extends AnyJob>(
  terminal: Terminal,
  stage: StageClient,
  started: Job,
  tell: (job: Job) => string,
): Promise<Job> {
  const line = openStatusLine(terminal);
  let job = started;
  let pause = FIRST_LOOK_MS;
  try {
    while (job.state === 'running') {
      line.update(0, tell(job));
      await wait(pause);
      pause = Math.min(pause * 1.5, LONGEST_WAIT_MS);
      job = await stage.get<Job>(`/api/jobs/${encodeURIComponent(job.id)}`).catch(goesOn(job.id));
    }
  } finally {
    line.end();
  }
  return job;
}

/** Nobody being able to say how a job stands does not end it: tells which one it is, and where to look. */
function goesOn(id: string) {
  return (thrown: unknown): never => {
    if (!(thrown instanceof TributaryError) || thrown.kind === 'rejected') throw thrown;
    const { kind, code, message } = thrown;
    const where = `GET /api/jobs/${encodeURIComponent(id)}`;
    throw new TributaryError(kind, code, `${message}; the job ${id} goes on, see how: ${where}`, { cause: thrown });
  };
}
