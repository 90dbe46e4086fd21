import { relative } from 'node:path';
import { TributaryError } from '../../lib/domain/errors.ts';
import { writeStarter } from '../../lib/workspace/init.ts';
import type { ExitStatus } from '../failure.ts';
import { cannotWrite } from '../output-file.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary init DIR`: a starter workspace. */
export async function runInit(terminal: Terminal, dir: string): Promise<ExitStatus> {
  const files = await writeStarter(dir).catch((thrown: unknown) => {
    throw thrown instanceof TributaryError ? thrown : cannotWrite(dir, thrown);
  });
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
