import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { redrivenQueues } from '../lib/pipeline/redrive/redrive-queue.ts';
import { listedKinds } from '../lib/pipeline/run-list.ts';
import packageFile from '../package.json' with { type: 'json' };
import { combine } from './combinations.ts';
import type { ImportOptions } from './commands/import.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { OfflineOptions } from './commands/plan-offline.ts';
import type { SuppressAction, SuppressOptions } from './commands/suppress.ts';
import { type ExitStatus, reportFailure } from './failure.ts';
import type { StageOptions } from './stage-client.ts';
import type { Terminal } from './terminal.ts';

const EPILOGUE = `
start runs a stage; init, check, resolve, evaluate and plan --against need none; the others talk to a running one, or to a deployment
with the credentials that AWS's own command line would use.
Exit status: 0 done, 1 a failed check or a refused run, 2 called wrongly.`;

/** What a command does: returns its exit status, or throws. */
type Run = (terminal: Terminal) => Promise<ExitStatus>;

/**
 * Runs one command line and returns its exit status. Each command's code is loaded when it is called, so that help and
 * the offline commands start at once.
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const program = describeProgram(async (run) => {
    status = await run(terminal);
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  for (const command of program.commands) command.showHelpAfterError(`see: tributary ${command.name()} --help`);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (thrown) {
    return reportFailure(thrown, terminal);
  }
}

function describeProgram(perform: (run: Run) => Promise<void>): Command {
  const program = new Command('tributary')
    .description('Many streams, one river: one profile per person, exact segments, lists that stay equal to them.')
    .version(packageFile.version)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .addHelpText('after', EPILOGUE);
  addLocalCommands(program, perform);
  addOfflineCommands(program, perform);
  addDefinitionCommands(program, perform);
  addStageCommands(program, perform);
  return program;
}

function addLocalCommands(program: Command, perform: (run: Run) => Promise<void>): void {
  command(program, 'start', 'run the local stage: the deployed architecture beside simulated tools')
    .option('--workspace <dir>', 'the workspace to run (default: the one here, else examples/acme)')
    .option('--port <number>', 'port of console and API (default: 4000, or the next one that is free)', readPort)
    .option('--data <dir>', 'keep everything in a folder (default: in memory)')
    .option('--once', 'run the rehearsal, report, exit')
    .action((options: { workspace?: string; port?: number; data?: string; once?: true }) =>
      perform(async (terminal) => (await import('./commands/start.ts')).runStart(terminal, options)),
    );
}

function addOfflineCommands(program: Command, perform: (run: Run) => Promise<void>): void {
  command(program, 'init', 'write a starter workspace')
    .argument('<dir>', 'folder without a workspace')
    .action((dir: string) => perform(async (terminal) => (await import('./commands/init.ts')).runInit(terminal, dir)));
  command(program, 'check', 'validate everything in a workspace, run the tests inside segment files')
    .argument('[dir]', 'the workspace', '.')
    .action((dir: string) =>
      perform(async (terminal) => (await import('./commands/check.ts')).runCheck(terminal, dir)),
    );
  command(program, 'resolve', 'changes in, profiles out: what identity resolution would make of them (NDJSON)')
    .argument('<file>', 'changes, one JSON object a line; - reads the standard input')
    .option('--workspace <dir>', 'take identity rules and priorities from a workspace')
    .option('--duplicates <file>', 'write people who may be one to a file, a line per pair (NDJSON)')
    .action((file: string, options: { workspace?: string; duplicates?: string }) =>
      perform(async (terminal) => (await import('./commands/resolve.ts')).runResolve(terminal, file, options)),
    );
  command(program, 'evaluate', 'membership, receipt and next flip for each profile (NDJSON)')
    .argument('<segment>', 'a segment file')
    .requiredOption('--profiles <file>', 'profiles, one JSON object a line; - reads the standard input')
    .option('--now <instant>', 'the instant to evaluate at, RFC 3339 (default: the start of the command)')
    .action((segment: string, options: { profiles: string; now?: string }) =>
      perform(async (terminal) => (await import('./commands/evaluate.ts')).runEvaluate(terminal, segment, options)),
    );
}

/** Changing what is published. */
function addDefinitionCommands(program: Command, perform: (run: Run) => Promise<void>): void {
  const plan = command(program, 'plan', 'what publishing a workspace would change: definitions, people, lists, cost');
  combine(
    onStage(plan),
    { given: '--against', excludes: ['--stage', '--whole', '--out'] },
    { given: '--changes', needs: ['--against'] },
    { given: '--now', needs: ['--against'] },
  )
    .argument('[dir]', 'the workspace', '.')
    .option('--whole', 'count everybody, however many they are')
    .option('--out <file>', 'write the plan to a file, for apply')
    .option('--against <dir>', 'compare with another workspace, without a stage')
    .option('--changes <file>', 'with --against: people to count, as changes (NDJSON; - reads the standard input)')
    .option('--now <instant>', 'with --against: the instant to decide at, RFC 3339 (default: the start of the command)')
    .action((dir: string, options: PlanOptions & Partial<OfflineOptions>) =>
      perform(async (terminal) => {
        const { against } = options;
        if (against === undefined) return (await import('./commands/plan.ts')).runPlan(terminal, dir, options);
        return (await import('./commands/plan-offline.ts')).runOfflinePlan(terminal, dir, { ...options, against });
      }),
    );
  onStage(command(program, 'apply', 'publish a workspace, unless something moved since its plan'))
    .argument('[plan]', 'a workspace, a file with a plan, or the hash of one', '.')
    .option('--leave <audience...>', 'people may stay on the list of an audience that is removed')
    .action((plan: string, options: { stage?: string; leave?: string[] }) =>
      perform(async (terminal) => (await import('./commands/apply.ts')).runApply(terminal, plan, options)),
    );
}

function addStageCommands(program: Command, perform: (run: Run) => Promise<void>): void {
  onStage(
    command(program, 'console', 'a new link that lets a browser in to the console, once, within ten minutes'),
  ).action((options: StageOptions) =>
    perform(async (terminal) => (await import('./commands/console.ts')).runConsole(terminal, options)),
  );
  combine(onStage(command(program, 'pull', 'read streams of a connection now')), {
    given: '--sample',
    needs: ['[stream]'],
    excludes: ['--full'],
  })
    .argument('<connection>', 'its name in tributary.yaml')
    .argument('[stream]', 'only this one (default: all of the connection)')
    .option('--full', 'from the beginning instead of from the checkpoint')
    .option('--sample <number>', 'show the first records beside what they would become, and change nothing', readCount)
    .action(
      (connection: string, stream: string | undefined, options: { stage?: string; full?: true; sample?: number }) =>
        perform(async (terminal) =>
          (await import('./commands/pull.ts')).runPull(terminal, { ...options, connection, stream }),
        ),
    );
  combine(
    onStage(
      command(
        program,
        'import',
        'take the rows of a file (CSV, NDJSON, Parquet; also gzip) as records of a connection',
      ),
    ),
    { given: '--sample', needs: ['--dry-run'] },
    { given: '--mapping', needs: ['--dry-run', '--connection'] },
    { given: '--rejects', needs: ['--dry-run', '--connection'] },
  )
    .argument('<file>', 'the file; without --connection a mapping is suggested for it')
    .option('--connection <name>', 'its name in tributary.yaml, of connector files')
    .option('--mapping <file>', 'try a mapping that is not published (YAML), with --dry-run')
    .option('--dry-run', 'say what would become of the rows, send nothing')
    .option('--sample <number>', 'rows that a dry run shows beside what they would become', readCount, 5)
    .option('--rejects <file>', 'write rows that are not taken to a file, as they were, with the reason')
    .action((file: string, options: ImportOptions) =>
      perform(async (terminal) => (await import('./commands/import.ts')).runImport(terminal, file, options)),
    );
  combine(
    onStage(command(program, 'push', 'bring the lists in the tools up to date now')),
    { given: '--outcomes', excludes: ['[audience]', '--dry-run'] },
    { given: '--csv', needs: ['--outcomes'], excludes: ['--ndjson', '--json'] },
    { given: '--ndjson', needs: ['--outcomes'], excludes: ['--json'] },
  )
    .argument('[audience]', 'only this one (default: all)')
    .option('--dry-run', 'say what would change, send nothing')
    .option('--outcomes <run>', 'what became of every member of a push, one JSON object a line')
    .option('--csv', 'outcomes as CSV')
    .option('--ndjson', 'outcomes as NDJSON, the default')
    .action((audience: string | undefined, { outcomes, ...options }: PushOptions) =>
      perform(async (terminal) =>
        outcomes === undefined
          ? (await import('./commands/push.ts')).runPush(terminal, { ...options, audience })
          : (await import('./commands/outcomes.ts')).runOutcomes(terminal, { ...options, run: outcomes }),
      ),
    );
  onStage(command(program, 'approve', 'let a held push go on with exactly the plan that is shown'))
    .argument('<run>', 'the held run, as tributary runs lists it')
    .option('--plan <hash>', 'the plan to approve, or its beginning: no question is asked')
    .action((run: string, options: { stage?: string; plan?: string }) =>
      perform(async (terminal) => (await import('./commands/approve.ts')).runApprove(terminal, { ...options, run })),
    );
  onStage(command(program, 'verify', "compare a tool's real list with what we believe is on it"))
    .argument('<audience>', 'its id')
    .addOption(
      new Option('--heal <policy>', "what is done about differences (default: the audience's own policy)").choices([
        'report',
        'restore',
        'adopt',
      ]),
    )
    .action((audience: string, options: { stage?: string; heal?: string }) =>
      perform(async (terminal) => (await import('./commands/verify.ts')).runVerify(terminal, { ...options, audience })),
    );
  onStage(command(program, 'profile', 'everything known about one person'))
    .addArgument(personArgument())
    .action((person: string, options: StageOptions) =>
      perform(async (terminal) => (await import('./commands/profile.ts')).runProfile(terminal, person, options)),
    );
  onStage(command(program, 'why', 'why a person is, or is not, in a segment'))
    .argument('<segment>', 'its id')
    .addArgument(personArgument())
    .action((segment: string, person: string, options: StageOptions) =>
      perform(async (terminal) => (await import('./commands/why.ts')).runWhy(terminal, segment, person, options)),
    );
  onStage(command(program, 'merges', 'which evidence made records one person'))
    .addArgument(personArgument())
    .action((person: string, options: StageOptions) =>
      perform(async (terminal) => (await import('./commands/merges.ts')).runMerges(terminal, person, options)),
    );
  onStage(command(program, 'unmerge', 'undo a piece of evidence: its records become two people again'))
    .addArgument(personArgument())
    .argument('<edge>', 'the evidence, as `tributary merges` names it')
    .action((person: string, edge: string, options: StageOptions) =>
      perform(async (terminal) => (await import('./commands/unmerge.ts')).runUnmerge(terminal, person, edge, options)),
    );
  onStage(command(program, 'replay', 'read archived hours again, with the mappings as they are now'))
    .requiredOption('--from <instant>', 'the first hour: an instant, or a day')
    .requiredOption('--to <instant>', 'where it ends: an instant, or a day')
    .option('--connection <name>', 'only what came from this one (default: all)')
    .action((options: { stage?: string; from: string; to: string; connection?: string }) =>
      perform(async (terminal) => (await import('./commands/replay.ts')).runReplay(terminal, options)),
    );
  combine(
    onStage(
      command(program, 'quarantine', 'records that could not be used and why; with --replay they are read again'),
    ),
    { given: '--replay', needs: ['[connection]'] },
    { given: '--replay', needs: ['--code', '--record'] },
    { given: '--code', needs: ['--replay'], excludes: ['--record'] },
    { given: '--record', needs: ['--replay'] },
  )
    .argument('[connection]', 'only those of this one, each by its id')
    .option('--replay', 'read them again, with the mappings as they are now')
    .option('--code <code>', 'those that were refused by this code')
    .option('--record <ids...>', 'these, by their ids')
    .action((connection: string | undefined, options: QuarantineOptions) =>
      perform(async (terminal) =>
        (await import('./commands/quarantine.ts')).runQuarantine(terminal, {
          ...options,
          ...(connection === undefined ? {} : { connection }),
        }),
      ),
    );
  onStage(command(program, 'redrive', 'move messages that failed too often back to their queue'))
    .addArgument(new Argument('<queue>', 'whose dead letters').choices(redrivenQueues))
    .option('--dry-run', 'say what lies there, move nothing')
    .action((queue: string, options: { stage?: string; dryRun?: true }) =>
      perform(async (terminal) => (await import('./commands/redrive.ts')).runRedrive(terminal, { ...options, queue })),
    );
  onStage(command(program, 'forget', 'erase a person everywhere, with a receipt'))
    .addArgument(personArgument())
    .option('--yes', 'do not ask; needed where there is no terminal to ask on')
    .action((person: string, options: { stage?: string; yes?: true }) =>
      perform(async (terminal) => (await import('./commands/forget.ts')).runForget(terminal, person, options)),
    );
  combine(onStage(command(program, 'suppress', 'the list of people never to be contacted: add, remove, list')), {
    given: '--file',
    excludes: ['[person]'],
  })
    .addArgument(new Argument('<action>', 'what to do with the list').choices(['add', 'remove', 'list']))
    .addArgument(personArgument(false))
    .option('--file <file>', 'add everybody whom a file names: an identifier on each line, or CSV with a header')
    .option('--reason <why>', 'why, without anything about the person; needed to add and to remove')
    .option('--by <who>', 'who says so (default: the user of this machine, or whose credentials sign)')
    .action((action: SuppressAction, person: string | undefined, options: Omit<SuppressOptions, 'action' | 'person'>) =>
      perform(async (terminal) =>
        (await import('./commands/suppress.ts')).runSuppress(terminal, {
          ...options,
          action,
          ...(person === undefined ? {} : { person }),
        }),
      ),
    );
  onStage(command(program, 'export', 'write down everything that is known about a person'))
    .addArgument(personArgument())
    .option('--out <file>', 'write to a file (default: print)')
    .option('--html', 'as a page to read (default: JSON)')
    .action((person: string, options: { stage?: string; out?: string; html?: true }) =>
      perform(async (terminal) => (await import('./commands/export.ts')).runExport(terminal, person, options)),
    );
  combine(
    onStage(command(program, 'review', 'how segments do and what to do about it: keep, fix, split, merge, retire')),
    { given: '--last', needs: ['[segment]'] },
    { given: '--csv', needs: ['[segment]'], excludes: ['--last', '--html', '--json'] },
    { given: '--columns', needs: ['--csv'] },
  )
    .argument('[segment]', 'review this one now: everybody is counted (default: how all of them stand)')
    .option('--last', 'its latest review as it is kept')
    .option('--html <file>', 'write the review, or the latest of all segments, as a page')
    .option('--csv', 'its people as CSV instead')
    .option('--columns <names>', 'of the CSV: id, since, traits, identifiers, consent.<topic>', 'id,email')
    .action((segment: string | undefined, { csv, columns, ...options }: ReviewOptions) =>
      perform(async (terminal) => {
        if (csv === true && segment !== undefined) {
          return (await import('./commands/segment-csv.ts')).runSegmentCsv(terminal, { ...options, segment, columns });
        }
        if (segment !== undefined) {
          return (await import('./commands/review-one.ts')).runReviewOne(terminal, { ...options, segment });
        }
        return (await import('./commands/review.ts')).runReview(terminal, options);
      }),
    );
  onStage(command(program, 'cost', 'what the workspace costs at list prices, and where each number comes from')).action(
    (options: { stage?: string }) =>
      perform(async (terminal) => (await import('./commands/cost.ts')).runCost(terminal, options)),
  );
  onStage(command(program, 'doctor', 'what is well, what is not, and what to do about it'))
    .argument('[dir]', 'a workspace: whether it is what is published and deployed')
    .option('--sign-in', 'have every connection sign in to its tool first')
    .option('--all', 'what is well too')
    .action((dir: string | undefined, options: { stage?: string; signIn?: true; all?: true }) =>
      perform(async (terminal) => (await import('./commands/doctor.ts')).runDoctor(terminal, { ...options, dir })),
    );
  onStage(command(program, 'runs', 'pulls, dropped files, pushes and checks of lists, newest first'))
    .option('--all', 'pulls that brought nothing too')
    .addOption(new Option('--what <kind>', 'only these, from further back').choices(listedKinds))
    .action((options: { stage?: string; all?: true; what?: string }) =>
      perform(async (terminal) => (await import('./commands/runs.ts')).runRuns(terminal, options)),
    );
}

interface ReviewOptions {
  readonly stage?: string;
  readonly last?: true;
  readonly html?: string;
  readonly csv?: true;
  readonly columns: string;
}

interface QuarantineOptions {
  readonly stage?: string;
  readonly replay?: true;
  readonly code?: string;
  readonly record?: readonly string[];
}

interface PushOptions {
  readonly stage?: string;
  readonly dryRun?: true;
  readonly outcomes?: string;
  readonly csv?: true;
}

function command(program: Command, name: string, description: string): Command {
  // Which way to print is known before the arguments are read (cli/main.ts); here it only has to be allowed.
  return program.command(name).description(description).option('--json', 'print JSON on stdout and nothing else');
}

function onStage(of: Command): Command {
  return of.option(
    '--stage <url>',
    'the stage or deployment to talk to (default: $TRIBUTARY_STAGE, else the one started here, else http://127.0.0.1:4000)',
  );
}

function personArgument(required = true): Argument {
  return new Argument(
    required ? '<person>' : '[person]',
    'profile id, e-mail address, +phone, type=value, or a fragment',
  );
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return count;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a port from 0 to 65535.');
  return port;
}
