import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.ts';

/** What a person types at a question, which is made where somebody can be asked; otherwise undefined. */
export async function ask(terminal: Terminal, make: () => string | Promise<string>): Promise<string | undefined> {
  if (terminal.json || process.stdin.isTTY !== true) return undefined;
  const question = await make();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
