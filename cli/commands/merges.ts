import { personStep } from '../../lib/api/person-step.ts';
import type { Merges } from '../../lib/pipeline/resolve/merges.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient, type StageOptions } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';
import { unusableTable } from '../unusable.ts';

/** `tributary merges PERSON`: which evidence made records one person, each line with the name by which it is undone. */
export async function runMerges(terminal: Terminal, person: string, options: StageOptions): Promise<ExitStatus> {
  const merges = await openStageClient(options.stage).get<Merges>(
    `/api/people/${encodeURIComponent(personStep(person))}/merges`,
  );
  if (terminal.json) printJson(terminal, merges);
  else printMerges(terminal, merges);
  return 0;
}

function printMerges(terminal: Terminal, found: Merges): void {
  const { id, fragments, merges, refused, unusable, apart, crowded } = found;
  printLine(terminal, `${terminal.paint('bold', id)}, of ${countOf(fragments.length, 'record')}\n`);
  if (merges.length === 0) printLine(terminal, 'Nothing was joined.');
  else {
    const rows = merges.map((one) => [one.edge, one.fragment, one.joins, nameOf(one.identifier), one.at]);
    printLine(terminal, tableOf(terminal, ['evidence', 'record', 'joined with', 'by', 'stated at'], rows));
  }
  if (refused.length > 0) {
    printLine(terminal, '\nStated too, and carries nothing:');
    const rows = refused.map((one) => [one.edge, one.fragment, nameOf(one.identifier), one.because, one.at]);
    printLine(terminal, tableOf(terminal, ['evidence', 'record', 'identifier', 'because', 'stated at'], rows));
  }
  if (unusable.length > 0) {
    printLine(terminal, '\nTold as identifiers, and none:');
    printLine(terminal, unusableTable(terminal, unusable));
  }
  if (apart.length > 0) {
    printLine(terminal, '\nKept apart:');
    const rows = apart.map(({ fragment, from, since }) => [fragment, from, since]);
    printLine(terminal, tableOf(terminal, ['record', 'from', 'since'], rows));
  }
  if (crowded) {
    const text = 'More people state the same identifiers than are grouped together; the list may be incomplete.';
    printLine(terminal, `\n${terminal.paint('yellow', text)}`);
  }
}

function nameOf({ type, value }: { readonly type: string; readonly value: string }): string {
  return `${type} ${value}`;
}
