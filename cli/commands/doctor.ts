import { declaredHash, declaredIn } from '../../lib/domain/declared.ts';
import { type Check, type CheckStatus, checksOf, type Examination } from '../../lib/pipeline/doctor/check.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { expectFolder } from '../lines.ts';
import { barOf, openStatusLine, type Progress, showing } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

export interface DoctorOptions {
  readonly stage?: string;
  /** A workspace to compare with what is published. */
  readonly dir: string | undefined;
  readonly signIn?: true;
  readonly all?: true;
}

/** How long tries to sign in are waited for: one of each function at a time, and a tool may be slow. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** AWS refuses what is signed more than five minutes off (Signature Version 4); a stage has a time of its own. */
const MOST_SKEW_MS = 5 * 60_000;

const ORDER: readonly CheckStatus[] = ['fail', 'warn', 'not-checked', 'ok'];
const colours = { fail: 'red', warn: 'yellow', 'not-checked': 'dim', ok: 'green' } as const;

/** `tributary doctor`: looks at a deployment or a stage, what is wrong first. Exits with 1 where something fails. */
export async function runDoctor(terminal: Terminal, options: DoctorOptions): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  if (options.signIn === true) {
    const line = openStatusLine(terminal);
    const late = await showing(line, () => waitForSignIns(line, stage));
    if (late !== undefined && !terminal.json) printLine(terminal, terminal.paint('yellow', late));
  }
  const found = await stage.get<Examination>('/api/doctor');
  const local = options.dir === undefined ? [] : await compareWorkspace(options.dir, found);
  const checks = [...found.checks, judgeClock(found, Date.now()), judgeRelease(found), ...local].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status),
  );
  const status = checks.some((check) => check.status === 'fail') ? 1 : 0;
  if (terminal.json) printJson(terminal, { ...found, checks });
  else tell(terminal, found, checks, options.all === true);
  return status;
}

function tell(terminal: Terminal, found: Examination, checks: readonly Check[], all: boolean): void {
  const shown = checks.filter(({ status }) => all || status !== 'ok');
  // What nobody could look at is told once, below, where there is room for the command that can.
  const rows = shown
    .filter(({ status }) => status !== 'not-checked')
    .map(({ id, of, status, found: saw }) => [
      terminal.paint(colours[status], status),
      of === null ? id : `${id} ${of}`,
      saw,
    ]);
  if (rows.length > 0) printLine(terminal, tableOf(terminal, ['', 'what', 'found'], rows));
  for (const { id, of, status, expected, do: todo, docs } of shown) {
    if (status === 'not-checked' || todo === null) continue;
    printLine(terminal, '');
    printLine(terminal, `${terminal.paint(colours[status], status)} ${of === null ? id : `${id} ${of}`}`);
    printLine(terminal, `  expected: ${expected}`);
    printLine(terminal, `  do: ${todo}`);
    printLine(terminal, terminal.paint('dim', `  ${docs}`));
  }
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  printLine(terminal, '');
  const sum = `${count('ok')} well, ${count('warn')} to look at, ${count('fail')} wrong, ${count('not-checked')} not checked`;
  printLine(terminal, `${found.workspace}, release ${found.release}, at ${found.at}: ${sum}`);
  for (const { id, of, found: why, do: todo, status } of shown) {
    if (status === 'not-checked' && todo !== null)
      printLine(terminal, terminal.paint('dim', `${of ?? id}: ${why}\n  ${todo}`));
  }
}

/** Waits until every connection that was asked has answered, or the patience is over: tells then how many have not. */
async function waitForSignIns(line: Progress, stage: StageClient): Promise<string | undefined> {
  const { at, asked } = await stage.post<{ readonly at: string; readonly asked: readonly string[] }>(
    '/api/doctor/sign-in',
    {},
  );
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { checks } = await stage.get<Examination>('/api/doctor');
    const answered = checks.filter(
      ({ id, of, found }) => id === 'sign-in' && asked.includes(of ?? '') && isSince(found, at),
    );
    line.update(0, `signing in: ${barOf(answered.length, asked.length)} connections`);
    if (answered.length === asked.length) return undefined;
    if (Date.now() > until) {
      return `${asked.length - answered.length} of ${asked.length} connections have not answered; see the queues sync and push below`;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Whether what was found ends in an instant that is not before another one. */
function isSince(found: string, at: string): boolean {
  const instant = / at (\S+)$/.exec(found)?.[1];
  return instant !== undefined && Date.parse(instant) >= Date.parse(at);
}

function judgeClock({ at }: Examination, now: number): Check {
  const { ok, notChecked } = checksOf('clock', 'docs/operating.md#doctor');
  const off = Date.parse(at) - now;
  const told = { found: `${Math.round(Math.abs(off) / 1_000)} s off ours`, expected: 'less than five minutes off' };
  if (Math.abs(off) < MOST_SKEW_MS) return ok(null, told);
  return notChecked(null, told, 'a stage has a time of its own; in an account, set the clock of this machine');
}

function judgeRelease({ release }: Examination): Check {
  const { ok, warn } = checksOf('release', 'docs/operating.md#upgrading');
  const told = { found: `${release} runs there, ${packageFile.version} is here`, expected: 'the same' };
  return release === packageFile.version ? ok(null, told) : warn(null, told, 'deploy this release, or use that one');
}

/** Whether a folder is what is published, and what is deployed. Throws `cli/bad-usage` where it has problems. */
async function compareWorkspace(dir: string, { published, deployed }: Examination): Promise<readonly Check[]> {
  await expectFolder(dir);
  const { definitions } = await loadWorkspace(dir);
  if (definitions === undefined) throw wrongUsage(`${dir} has problems; see: tributary check ${dir}`);
  const { ok, fail, warn, notChecked } = checksOf('workspace', 'docs/operating.md#publishing-a-workspace');
  const version = {
    found: `${dir} is ${definitions.version}, published is ${published ?? 'nothing'}`,
    expected: 'the same',
  };
  const isSimulated = Object.values(definitions.connections).some(({ endpoint }) => endpoint === 'simulator');
  const declared = declaredHash(declaredIn(definitions));
  const template = { found: `${dir} declares other resources than are deployed`, expected: 'the same' };
  return [
    published === definitions.version
      ? ok('published', version)
      : isSimulated
        ? notChecked('published', { ...version, found: 'a stage publishes the addresses of its simulators' })
        : warn('published', version, `tributary plan ${dir} says what differs`),
    deployed === declared
      ? ok('deployed', { ...template, found: `${dir} declares what is deployed` })
      : fail('deployed', template, `npm run deploy -- -c workspace=${dir}`),
  ];
}
