import type { Receipt } from '../../lib/domain/segment/receipt.ts';
import { type Sentence, sentence } from '../../lib/domain/segment/sentence.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
}

/** `tributary why SEGMENT PERSON`: every part of the definition, with what it saw of the person. */
export async function runWhy(
  terminal: Terminal,
  segment: string,
  person: string,
  options: Options,
): Promise<ExitStatus> {
  const path = `/api/people/${encodeURIComponent(person)}/segments/${encodeURIComponent(segment)}`;
  const receipt = await openStageClient(options.stage).get<Receipt>(path);
  if (terminal.json) {
    printJson(terminal, receipt);
    return 0;
  }
  const told = sentence(receipt);
  const answer = told.held ? terminal.paint('green', 'is in') : terminal.paint('red', 'is not in');
  printLine(terminal, `${person} ${answer} ${terminal.paint('bold', segment)} (version ${receipt.version})\n`);
  printTree(terminal, told, '');
  return 0;
}

function printTree(terminal: Terminal, { held, text, parts }: Sentence, indent: string): void {
  const mark = held ? terminal.paint('green', '✓') : terminal.paint('red', '✗');
  printLine(terminal, `${indent}${mark} ${text}`);
  for (const part of parts) printTree(terminal, part, `${indent}  `);
}
