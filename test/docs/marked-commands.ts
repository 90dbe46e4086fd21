/** A block of commands that a document marks to be run, and what it shows of their output. */
export interface MarkedCommands {
  /** Line of the document at which the block begins. */
  readonly line: number;
  readonly script: string;
  /** Texts that the output must hold. */
  readonly shows: readonly string[];
}

const BLOCK = /^<!-- run -->\n```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

/** The blocks of a Markdown document that follow the line `<!-- run -->`. */
export function markedCommands(document: string): readonly MarkedCommands[] {
  return [...document.matchAll(BLOCK)].map(({ index, 1: script = '', 2: shown = '' }) => ({
    line: document.slice(0, index).split('\n').length,
    script,
    shows: shown.split('\n').filter((line) => line !== ''),
  }));
}
