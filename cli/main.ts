import { runProgram } from './program.ts';
import { openTerminal } from './terminal.ts';

const argv = process.argv.slice(2);
process.stdout.on('error', endWithReader);
process.exitCode = await runProgram(argv, openTerminal(process.stdout, process.stderr, argv.includes('--json')));

/** Whoever read our output has had enough (`| head`): that is no failure of ours. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
