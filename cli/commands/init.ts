import { relative } from 'node:path';
import { writeStarter } from '../../lib/workspace/init.ts';
import type { ExitStatus } from '../failure.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary init DIR`: a starter workspace. */
export async function runInit(terminal: Terminal, dir: string): Promise<ExitStatus> {
  const files = await writeStarter(dir);
  if (terminal.json) {
    printJson(terminal, { dir, files });
    return 0;
  }
  const shown = relative('.', dir) || '.';
  printLine(terminal, `${terminal.paint('green', '✓')} a workspace in ${shown}:`);
  for (const file of files) printLine(terminal, `  ${file}`);
  printLine(terminal, `\nNext: ${terminal.self} check ${shown} · ${terminal.self} start --workspace ${shown}`);
  return 0;
}
