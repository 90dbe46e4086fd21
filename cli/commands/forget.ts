import type { ErasureReceipt } from '../../lib/pipeline/erasure-receipt.ts';
import type { Job } from '../../lib/pipeline/jobs.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface ForgetPart {
  readonly receipt: string;
  readonly done: number;
  readonly of: number;
}

/** `tributary forget PERSON`: erases a person and prints the receipt, with what is still to come. */
export async function runForget(
  terminal: Terminal,
  person: string,
  options: { readonly stage?: string },
): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const started = await stage.post<Job>('/api/forget', { person });
  const job = await followJob(terminal, stage, started, (now) => {
    const { done, of } = partOf(now);
    return `forgetting: ${done} of ${of} places`;
  });
  const { receipt: id } = partOf(job);
  const receipt = await stage.get<ErasureReceipt>(`/api/erasures/${encodeURIComponent(id)}`);
  if (terminal.json) printJson(terminal, receipt);
  else printReceipt(terminal, id, receipt);
  return job.state === 'finished' ? 0 : 1;
}

function printReceipt(terminal: Terminal, id: string, receipt: ErasureReceipt): void {
  printLine(terminal, `${terminal.paint('bold', 'receipt')} ${id}`);
  printLine(terminal, `erased at ${receipt.erasedAt ?? 'no instant yet'}\n`);
  const rows = receipt.places.map(({ place, state, count, until, note }) => [place, state, count, until, note]);
  printLine(terminal, tableOf(terminal, ['place', 'state', 'taken away', 'gone by', ''], rows));
  if (receipt.state === 'pending')
    printLine(terminal, terminal.paint('dim', `\nsee how it goes on: /api/erasures/${id}`));
}

function partOf(job: Job): ForgetPart {
  return job.parts[0] as unknown as ForgetPart;
}
