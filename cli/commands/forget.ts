import { setTimeout as sleep } from 'node:timers/promises';
import type { ErasureRule } from '../../lib/domain/definitions.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import type { ErasureReceipt } from '../../lib/pipeline/erase/erasure-receipt.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { ask } from '../ask.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** How often a receipt is read again while a tool is being asked for the first time. */
const MOST_READS = 10;
const READ_AGAIN_MS = 500;

interface ForgetPart {
  readonly receipt: string;
  readonly done: number;
  readonly of: number;
}

/** `tributary forget PERSON`: erases a person and prints the receipt, with what is still to come. */
export async function runForget(
  terminal: Terminal,
  person: string,
  options: { readonly stage?: string; readonly yes?: true },
): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  if (options.yes !== true) {
    const answer = await ask(terminal, () => questionAbout(person, stage));
    if (answer !== 'yes')
      throw new TributaryError('rejected', 'cli/not-confirmed', 'nobody was erased; say yes, or --yes');
  }
  const started = await stage.post<Job>('/api/forget', { person });
  const job = await followJob(terminal, stage, started, (now) => {
    const { done, of } = partOf(now);
    return `forgetting: ${done} of ${of} places`;
  });
  const { receipt: id } = partOf(job);
  const receipt = await readReceipt(stage, id);
  if (terminal.json) printJson(terminal, receipt);
  else printReceipt(terminal, id, receipt);
  return job.state === 'finished' ? 0 : 1;
}

/** What is about to happen, tool by tool: what one of them deletes, nobody brings back. */
export async function questionAbout(person: string, stage: StageClient): Promise<string> {
  const { connections } = await stage.get<{ readonly connections: readonly AskedTool[] }>('/api/workspace');
  const lines = Object.entries(IN_TOOLS).flatMap(([rule, what]) => {
    const tools = connections.filter(({ erasure }) => erasure === rule);
    if (tools.length === 0) return [];
    return [`  ${tools.map(({ name, connector }) => `${name} (${connector})`).join(', ')}: ${what}`];
  });
  const where = stage.deployed ? `at ${stage.url}` : 'here';
  return [
    `erase ${person} ${where}, and where a tool knows of them:`,
    ...lines,
    'There is no way back. Type yes: ',
  ].join('\n');
}

interface AskedTool {
  readonly name: string;
  readonly connector: string;
  readonly erasure: ErasureRule;
}

const IN_TOOLS: Readonly<Record<ErasureRule, string>> = {
  delete: 'taken off our lists, and deleted there as far as the tool lets us',
  remove: 'taken off our lists; the record there stays',
  leave: 'asked for nothing',
};

/** The receipt, once the tools have had a moment to answer: most do within one. */
async function readReceipt(stage: StageClient, id: string): Promise<ErasureReceipt> {
  for (let tries = 1; ; tries += 1) {
    const receipt = await stage.get<ErasureReceipt>(`/api/erasures/${encodeURIComponent(id)}`);
    // What a tool answered has a count, even if it is none.
    const tools = receipt.places.filter(({ place }) => place.startsWith('tool '));
    const asked = tools.some(({ state, count }) => state === 'pending' && count === undefined);
    if (!asked || tries === MOST_READS) return receipt;
    await sleep(READ_AGAIN_MS);
  }
}

function printReceipt(terminal: Terminal, id: string, receipt: ErasureReceipt): void {
  printLine(terminal, `${terminal.paint('bold', 'receipt')} ${id}`);
  const asked = receipt.by === undefined ? '' : `, asked for by ${receipt.by}`;
  printLine(terminal, `erased at ${receipt.erasedAt ?? 'no instant yet'}${asked}\n`);
  const rows = receipt.places.map(({ place, state, count, until, note }) => [place, state, count, until, note]);
  printLine(terminal, tableOf(terminal, ['place', 'state', 'taken away', 'gone by', ''], rows));
  if (receipt.state === 'pending')
    printLine(terminal, terminal.paint('dim', `\nsee how it goes on: /api/erasures/${id}`));
}

function partOf(job: Job): ForgetPart {
  return job.parts[0] as unknown as ForgetPart;
}
