import { personStep } from '../../lib/api/person-step.ts';
import type { Sentence } from '../../lib/domain/segment/sentence.ts';
import type { Explanation } from '../../lib/pipeline/describe/explain-membership.ts';
import type { ExitStatus } from '../failure.ts';
import { tellMovement } from '../movement.ts';
import { openStageClient, type StageOptions } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

const EVENTS_SHOWN = 3;

/** `tributary why SEGMENT PERSON`: every part of the definition, with what it saw of the person, and until when. */
export async function runWhy(
  terminal: Terminal,
  segment: string,
  person: string,
  options: StageOptions,
): Promise<ExitStatus> {
  const path = `/api/people/${encodeURIComponent(personStep(person))}/segments/${encodeURIComponent(segment)}`;
  const told = await openStageClient(options.stage).get<Explanation>(path);
  if (terminal.json) printJson(terminal, told);
  else print(terminal, person, told);
  return 0;
}

function print(terminal: Terminal, person: string, told: Explanation): void {
  const { segment, version, member, since, at } = told;
  const answer = member ? terminal.paint('green', 'is in') : terminal.paint('red', 'is not in');
  const from = since === null ? '' : `, since ${since}`;
  printLine(terminal, `${person} ${answer} ${terminal.paint('bold', segment)}${from}\n`);
  printTree(terminal, told.sentence, '');
  printLine(terminal);
  for (const { wanted, events } of told.leaves) {
    if (events.length === 0) continue;
    const shown = events.slice(0, EVENTS_SHOWN).map((event) => `${event.at} ${terminal.paint('dim', event.id)}`);
    const more = events.length > EVENTS_SHOWN ? `, and ${events.length - EVENTS_SHOWN} more` : '';
    printLine(terminal, `${String((wanted as { readonly did?: string }).did)}: ${shown.join(', ')}${more}`);
  }
  printLine(terminal, whenItChanges(told));
  if (told.pending === true)
    printLine(terminal, 'The stored decision still says otherwise and is about to be taken anew.');
  printLine(terminal, terminal.paint('dim', `by version ${version} of the segment, at ${at}`));
  if (told.history.length === 0) return;
  printLine(terminal, `\n${terminal.paint(['bold', 'underline'], 'History')}`);
  for (const entry of told.history) printLine(terminal, tellMovement(entry));
}

function whenItChanges({ flips_at: flipsAt, member }: Explanation): string {
  if (flipsAt === null) return 'Nothing but new data changes this.';
  return `If nothing new happens, ${member ? 'this ends' : 'this begins'} at ${flipsAt}.`;
}

function printTree(terminal: Terminal, { held, text, parts }: Sentence, indent: string): void {
  const mark = held ? terminal.paint('green', '✓') : terminal.paint('red', '✗');
  printLine(terminal, `${indent}${mark} ${text}`);
  for (const part of parts) printTree(terminal, part, `${indent}  `);
}
