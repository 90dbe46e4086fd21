import type { ExitStatus } from '../failure.ts';
import { openStageClient, type StageOptions } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary console`: a new link to the console of a running stage. The one before it stays good until it is used. */
export async function runConsole(terminal: Terminal, options: StageOptions): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const { code } = await stage.post<{ readonly code: string }>('/stage/links', {});
  const consoleUrl = `${stage.url}/#code=${code}`;
  if (terminal.json) printJson(terminal, { consoleUrl });
  else printLine(terminal, `Console  ${terminal.paint(['cyan', 'underline'], consoleUrl)}`);
  return 0;
}
