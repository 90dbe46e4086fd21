import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { VerifyRun } from '../../lib/pipeline/verify/verify-run.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly audience: string;
  readonly heal?: string;
  readonly stage?: string;
}

/** `tributary verify AUDIENCE`: compares the tool's real list with what we believe of it. 1 when they differ. */
export async function runVerify(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const { audience, heal } = options;
  const stage = openStageClient(options.stage);
  const started = await stage.post<Job>('/api/verify', { audience, ...(heal === undefined ? {} : { heal }) });
  await followJob(terminal, stage, started, () => `checking the list of ${audience}`);
  const run = await stage.get<VerifyRun>(`/api/audiences/${encodeURIComponent(audience)}/verify`);
  if (terminal.json) printJson(terminal, run);
  else printResult(terminal, run);
  const open = run.heal === 'report' && Object.keys(run.differences).length > 0;
  return run.state === 'finished' && !open ? 0 : 1;
}

function printResult(terminal: Terminal, run: VerifyRun): void {
  const { state, listed, believed, agree, differences, known, sample, waiting, moved, healed, error } = run;
  if (state === 'never-pushed') printLine(terminal, 'nothing was pushed to this list yet: there is nothing to compare');
  else if (state !== 'finished' && state !== 'held') printLine(terminal, `the check ended as ${state}`);
  else {
    const [there, expected, same] = [listed, believed, agree].map((count) => count.toLocaleString('en-US'));
    printLine(terminal, `${there} on the list, ${expected} expected, ${same} agree`);
  }
  const rows = [
    ...Object.entries(differences).map(([as, count]) => [as, count, (sample[as] ?? []).join(' ')]),
    ...Object.entries(known).map(([as, count]) => [`${as} (known)`, count, '']),
  ];
  if (rows.length > 0) printLine(terminal, tableOf(terminal, ['difference', 'people', 'such as'], rows));
  if (waiting > 0) printLine(terminal, terminal.paint('dim', `${waiting} wait for the next push`));
  if (moved > 0)
    printLine(terminal, terminal.paint('dim', `${countOf(moved, 'row')} sent during the check: not judged`));
  if (healed > 0) printLine(terminal, `${healed} healed (${run.heal}); the next push sends what is to be sent`);
  if (error !== undefined) printLine(terminal, terminal.paint('red', `${error.message} (${error.code})`));
}
