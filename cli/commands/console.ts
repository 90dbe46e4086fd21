import { TributaryError } from '../../lib/domain/errors.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient, type StageClient, type StageOptions } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/**
 * `tributary console`: a new link to the console of a running stage, the one before it stays good until it is used; of a
 * deployment the page on which people sign in.
 */
export async function runConsole(terminal: Terminal, options: StageOptions): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const consoleUrl = await (stage.deployed ? pageOf(stage) : linkOf(stage));
  if (terminal.json) printJson(terminal, { consoleUrl });
  else printLine(terminal, `Console  ${terminal.paint(['cyan', 'underline'], consoleUrl)}`);
  return 0;
}

async function linkOf(stage: StageClient): Promise<string> {
  const { code } = await stage.post<{ readonly code: string }>('/stage/links', {});
  return `${stage.url}/#code=${code}`;
}

async function pageOf(stage: StageClient): Promise<string> {
  const { signIn } = await stage.get<{ readonly signIn: string }>('/assets/console.json');
  if (signIn !== 'none') return `${stage.url}/`;
  const message = `nobody can sign in at ${stage.url}: set console.sign_in in tributary.yaml, and deploy`;
  throw new TributaryError('config', 'cli/no-sign-in', message);
}
