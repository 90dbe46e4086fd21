import { CommanderError } from 'commander';
import { asTributaryError, TributaryError } from '../lib/domain/errors.ts';
import { printJson, type Terminal } from './terminal.ts';

/** 0 = done, 1 = a failed check or a refused or failed run, 2 = wrong usage. */
export type ExitStatus = 0 | 1 | 2;

/** Codes that mean: the command was called wrongly. */
const WRONG_USAGE = new Set(['cli/bad-usage', 'cli/no-such-file', 'cli/cannot-write', 'stage/port-taken']);

/** The failure of calling a command wrongly: exit status 2. */
export function wrongUsage(message: string): TributaryError {
  return new TributaryError('config', 'cli/bad-usage', message);
}

/** Tells what went wrong, on stderr for people and, with --json, on stdout for programs. Returns the exit status. */
export function reportFailure(thrown: unknown, terminal: Terminal): ExitStatus {
  if (thrown instanceof CommanderError) {
    // Commander has printed its own message, or the help that was asked for.
    if (thrown.exitCode === 0) return 0;
    const message = thrown.message.replace(/^error: /, '');
    if (terminal.json) printJson(terminal, { error: { code: 'cli/bad-usage', message } });
    return 2;
  }
  const failure = asTributaryError(thrown);
  const { code, message } = failure;
  terminal.err.write(`tributary: ${message} (${code})\n`);
  // A defect is ours to find: without the stack nobody can report it.
  if (failure.kind === 'defect') terminal.err.write(`${stackOf(failure)}\n`);
  if (terminal.json) printJson(terminal, { error: { code, message } });
  return WRONG_USAGE.has(code) ? 2 : 1;
}

function stackOf(failure: TributaryError): string {
  const { cause } = failure;
  return (cause instanceof Error ? cause.stack : failure.stack) ?? '';
}
