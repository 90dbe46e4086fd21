import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/** What a person watches while something takes its time. Silent where nobody looks. */
export interface Progress {
  update(done: number, text: string): void;
  end(): void;
}

const SILENT: Progress = { update: () => {}, end: () => {} };
/**
 * How bars look. Neither hides the cursor nor listens for Ctrl-C: a process that is ended leaves the terminal as it was,
 * and is ended at once (gracefulExit of cli-progress takes the first Ctrl-C for itself).
 */
export const BAR = { ...Presets.rect, clearOnComplete: true, gracefulExit: false, barsize: 24 } as const;
/** What is over sooner needs no progress. */
const PATIENCE_MS = 1_000;

/**
 * A bar on stderr from the first second on. Silent when stderr is no terminal, and when the data itself goes to the
 * terminal: the two would overwrite each other.
 */
export function openBar(terminal: Terminal, label: string, total: number | undefined): Progress {
  if (terminal.err.isTTY !== true || terminal.out.isTTY === true || total === undefined || total === 0) return SILENT;
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update(done, text) {
      if (bar === undefined) {
        if (Date.now() - started < PATIENCE_MS) return;
        const format = `${label} {bar} {percentage} % · {text}`;
        bar = new SingleBar({ ...BAR, stream: terminal.err, format });
        bar.start(total, done, { text });
      }
      bar.update(done, { text });
    },
    end: () => bar?.stop(),
  };
}

/** Does work that takes its time; what was shown meanwhile is gone when it ends or fails. */
export async function showing<Done>(progress: Progress, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } finally {
    progress.end();
  }
}

/** A status line beside data on stdout: silent where they would overwrite each other. */
export function openLineBesideData(terminal: Terminal): Progress {
  return terminal.out.isTTY === true ? SILENT : openStatusLine(terminal);
}

/** One line on stderr that is written over and over. */
export function openStatusLine(terminal: Terminal): Progress {
  if (terminal.err.isTTY !== true) return SILENT;
  let shown = '';
  return {
    update(_done, text) {
      if (text === shown) return;
      shown = text;
      const columns = terminal.err.columns ?? 80;
      terminal.err.write(`\r\u001b[2K${text.length < columns ? text : `${text.slice(0, columns - 2)}…`}`);
    },
    end() {
      if (shown !== '') terminal.err.write('\r\u001b[2K');
      shown = '';
    },
  };
}

const BAR_CELLS = 20;

/** A bar as part of a line: `■■■■□□□□ 3 of 8`. */
export function barOf(done: number, of: number): string {
  const filled = of === 0 ? 0 : Math.round((done / of) * BAR_CELLS);
  return `${'■'.repeat(filled)}${'□'.repeat(BAR_CELLS - filled)} ${done} of ${of}`;
}
