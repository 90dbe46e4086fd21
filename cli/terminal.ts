import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command prints. Data and tables go to `out`; progress, notices and failures go to `err`. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  /** One JSON document on `out` and nothing else. */
  readonly json: boolean;
  /** How this program is called from here, for hints of what to type next. */
  readonly self: string;
  /** Colours a text for `out` where a person looks at it. */
  paint(style: Style, text: string): string;
}

/** Colours only on a terminal, and not where NO_COLOR asks for none (no-color.org). */
export function openTerminal(out: NodeJS.WriteStream, err: NodeJS.WriteStream, json: boolean): Terminal {
  const colours = out.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  // npm sets it for npx and for its scripts, by which a project's own copy is called.
  const self = process.env.npm_command === undefined ? 'tributary' : 'npx tributary';
  return { out, err, json, self, paint: (style, text) => (colours ? styleText(style, text) : text) };
}

export function printLine(terminal: Terminal, text = ''): void {
  terminal.out.write(`${text}\n`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out.write(`${JSON.stringify(value)}\n`);
}

/** `1 error`, `1,234 errors` */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
