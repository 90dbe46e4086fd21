import type { Command } from 'commander';

/**
 * What goes with what, by the names of the help: `--csv`, `[audience]`. An option that would be handed over and looked at by
 * nobody is worse than a refusal: whoever wrote it meant something else than would happen.
 */
export interface Combination {
  readonly given: string;
  /** At least one of these has to be there. */
  readonly needs?: readonly string[];
  /** None of these may be there. */
  readonly excludes?: readonly string[];
}

/** Refuses a command line that breaks one of these, before anything is done: wrong usage, with the help named. */
export function combine(command: Command, ...combinations: readonly Combination[]): Command {
  return command.hook('preAction', () => {
    for (const { given, needs, excludes = [] } of combinations) {
      if (!isGiven(command, given)) continue;
      const excluded = excludes.find((name) => isGiven(command, name));
      if (excluded !== undefined) refuse(command, `${given} cannot be used with ${excluded}`);
      if (needs !== undefined && !needs.some((name) => isGiven(command, name)))
        refuse(command, `${given} needs ${needs.join(' or ')}`);
    }
  });
}

/** Defaults are nobody's word. Throws for what the command does not have. */
function isGiven(command: Command, name: string): boolean {
  const option = command.options.find(({ long }) => long === name);
  if (option !== undefined) return command.getOptionValueSource(option.attributeName()) === 'cli';
  const argument = command.registeredArguments.findIndex(
    (one) => name === (one.required ? `<${one.name()}>` : `[${one.name()}]`),
  );
  if (argument === -1) throw new Error(`${command.name()} has no ${name}`);
  return command.args.length > argument;
}

function refuse(command: Command, message: string): never {
  command.error(`error: ${message}`, { exitCode: 2, code: 'tributary.combination' });
}
