import { stat } from 'node:fs/promises';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { checkWorkspace } from '../../lib/workspace/check.ts';
import type { ExitStatus } from '../failure.ts';
import { countProblems, tellProblems } from '../problems.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary check [DIR]`: everything in a workspace, and the tests inside its segment files. */
export async function runCheck(terminal: Terminal, dir: string): Promise<ExitStatus> {
  const { ok, problems, tests } = await checkWorkspace(dir, regionsAskedFor);
  if (terminal.json) {
    printJson(terminal, { ok, problems });
  } else {
    if (problems.length > 0) printLine(terminal, tellProblems(terminal, dir, problems));
    const mark = ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗');
    const ran = tests === 0 ? 'no tests were run' : `${countOf(tests, 'test')} of segments run`;
    printLine(terminal, `${mark} ${dir}: ${countProblems(problems)}, ${ran}`);
  }
  if (ok) return 0;
  return (await isFolder(dir)) ? 1 : 2;
}

async function isFolder(dir: string): Promise<boolean> {
  try {
    return (await stat(dir)).isDirectory();
  } catch {
    return false; // The check itself has told that there is no such folder.
  }
}
