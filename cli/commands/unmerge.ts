import { personStep } from '../../lib/api/person-step.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient, type StageOptions } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary unmerge PERSON EDGE`: undoes one piece of evidence, and follows until the records are two people. */
export async function runUnmerge(
  terminal: Terminal,
  person: string,
  edge: string,
  options: StageOptions,
): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const started = await stage.post<Job>(`/api/people/${encodeURIComponent(personStep(person))}/unmerge`, { edge });
  const job = await followJob(terminal, stage, started, () => `taking ${edge} apart`);
  if (terminal.json) printJson(terminal, job);
  else {
    const [part] = job.parts;
    const people = Array.isArray(part?.people) ? part.people.join(' and ') : '';
    printLine(terminal, `${String(part?.fragment)} and ${String(part?.from)} are two people now: ${people}`);
  }
  return job.state === 'finished' ? 0 : 1;
}
