import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.ts';

/** What a person types at a question; undefined where nobody can be asked. */
export async function ask(terminal: Terminal, question: string): Promise<string | undefined> {
  if (terminal.json || process.stdin.isTTY !== true) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
