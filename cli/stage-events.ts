import { SingleBar } from 'cli-progress';
import type { RehearsalReport } from '../lib/local/report.ts';
import type { StageEvent } from '../lib/local/stage-event.ts';
import { tableOfOutcomes } from './outcome-table.ts';
import { BAR } from './progress.ts';
import { tableOf } from './table.ts';
import { countOf, printJson, printLine, type Terminal } from './terminal.ts';

/** Without a terminal a phase says how far it is at most this often. */
const QUIET_MS = 10_000;
const TOKEN_HINT = '(authorization: Bearer, and the token in .tributary/stage.json)';

/** What the stage does, told as it goes. */
export interface Story {
  readonly tell: (event: StageEvent) => void;
  /** Clears what would stand unfinished on the terminal, after a failure too. */
  readonly end: () => void;
}

/**
 * Tells what the stage does: a line for each phase with the time that it took, a bar inside it on a terminal, tables at
 * the end. With --json only a stage that stays up prints anything: its report, as one document.
 */
export function openStory(terminal: Terminal): Story {
  if (terminal.json) return { tell: tellProgram(terminal), end: () => {} };
  const bar = openPhaseBar(terminal);
  return { tell: tellPerson(terminal, bar), end: bar.end };
}

function tellPerson(terminal: Terminal, bar: ReturnType<typeof openPhaseBar>): Story['tell'] {
  const { paint } = terminal;
  return (event) => {
    switch (event.kind) {
      case 'phase':
        bar.begin(event.title);
        break;
      case 'progress':
        bar.update(event.done, event.total, event.note);
        break;
      case 'done':
        bar.end();
        printLine(
          terminal,
          `${paint('green', '✓')} ${bar.title()}: ${event.summary} ${paint('dim', `${event.seconds} s`)}`,
        );
        break;
      case 'notice':
        bar.end();
        printLine(terminal, `${paint('yellow', '!')} ${event.message}`);
        break;
      case 'report':
        printReport(terminal, event.report);
        break;
      case 'ready':
        printLine(
          terminal,
          `\nConsole  ${paint(['cyan', 'underline'], event.consoleUrl)} ${paint('dim', '(once; tributary console makes another link)')}`,
        );
        printLine(terminal, `API      ${event.url}/api/openapi.json ${paint('dim', TOKEN_HINT)}`);
        printLine(terminal, paint('dim', 'Ctrl-C ends the stage.'));
        break;
    }
  };
}

/** With --once the command prints the report at its end; a stage that stays up must say now what it has to say. */
function tellProgram(terminal: Terminal): Story['tell'] {
  let report: RehearsalReport | undefined;
  return (event) => {
    if (event.kind === 'notice') terminal.err.write(`${event.message}\n`);
    if (event.kind === 'report') report = event.report;
    if (event.kind === 'ready') printJson(terminal, { url: event.url, consoleUrl: event.consoleUrl, ...report });
  };
}

function openPhaseBar(terminal: Terminal) {
  const watched = terminal.out.isTTY === true;
  let title = '';
  let told = 0;
  let bar: SingleBar | undefined;
  let ticking: NodeJS.Timeout | undefined;
  const wait = (): void => {
    terminal.out.write(terminal.paint('dim', `… ${title} ${Math.round((Date.now() - told) / 1_000)} s\r`));
  };

  return {
    title: () => title,
    begin(next: string): void {
      title = next;
      told = Date.now();
      clearInterval(ticking);
      if (watched) {
        terminal.out.write(terminal.paint('dim', `… ${next}\r`));
        ticking = setInterval(wait, 1_000).unref();
      } else printLine(terminal, `… ${next}`);
    },
    update(done: number, total: number, note: string): void {
      clearInterval(ticking);
      if (watched) {
        const format = `  ${title} {bar} {value}/{total} · {note}`;
        bar ??= new SingleBar({ ...BAR, stream: terminal.out, format });
        if (bar.isActive) bar.update(done, { note });
        else bar.start(total, done, { note });
      } else if (Date.now() - told > QUIET_MS) {
        told = Date.now();
        printLine(terminal, `  ${done} of ${total}, ${note}`);
      }
    },
    end(): void {
      clearInterval(ticking);
      bar?.stop();
      bar = undefined;
      if (watched) terminal.out.write('\r\u001b[2K');
    },
  };
}

function printReport(terminal: Terminal, report: RehearsalReport): void {
  const { paint } = terminal;
  const segments = Object.entries(report.segments).map(([segment, members]) => [segment, members]);
  printLine(terminal);
  printLine(terminal, tableOf(terminal, ['segment', 'people'], segments));
  const audiences = Object.entries(report.audiences).map(([audience, counts]) => ({ first: [audience], counts }));
  printLine(terminal);
  printLine(terminal, tableOfOutcomes(terminal, ['audience'], audiences));
  const totals = [
    countOf(report.profiles, 'profile'),
    countOf(report.activities, 'activity', 'activities'),
    countOf(report.changes, 'change'),
    `${report.quarantined.toLocaleString('en-US')} quarantined`,
    `${report.seconds} s`,
  ];
  printLine(terminal, `\n${totals.join(' · ')}`);
  if (report.differences.length === 0) {
    printLine(terminal, `${paint('green', '✓')} every list in the tools holds exactly who is wanted of its segment`);
  }
  for (const { audience, what, count } of report.differences) {
    printLine(terminal, `${paint('red', '✗')} ${audience}: ${countOf(count, 'person', 'people')} ${what}`);
  }
}
