import type { Json } from '../../lib/domain/json.ts';
import type { OfflinePreview } from '../../lib/domain/preview-offline.ts';
import type { Plan, PlannedDefinition } from '../../lib/pipeline/define/compose-plan.ts';
import type { ScanJob } from '../../lib/pipeline/define/plan-definitions.ts';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { checkLoaded } from '../../lib/workspace/check.ts';
import { loadWorkspace, textsOf } from '../../lib/workspace/load.ts';
import { isError } from '../../lib/workspace/problem.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { expectFolder } from '../lines.ts';
import { openOutput } from '../output-file.ts';
import { countProblems, tellProblems } from '../problems.ts';
import { barOf } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

export interface PlanOptions {
  readonly stage?: string;
  readonly whole?: true;
  readonly out?: string;
}

/** A plan that no stage has made: it counts people of a file, takes lists to be what was wanted of them, and cannot be applied. */
export interface OfflinePlan
  extends Pick<Plan, 'hash' | 'workspace' | 'madeAt' | 'deploy' | 'definitions' | 'audiences'> {
  readonly counted: { readonly how: 'changes'; readonly people: number; readonly of: number };
  readonly identity: OfflinePreview['identity'];
}

/** `tributary plan [DIR]`: what publishing this workspace would change: definitions, people, lists, calls, cost. */
export async function runPlan(terminal: Terminal, dir: string, options: PlanOptions): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const file = options.out === undefined ? undefined : await openOutput(options.out);
  const plan = await makePlan(terminal, stage, dir, options.whole === true);
  if (plan === undefined) return 1;
  await file?.write(`${JSON.stringify(plan, null, 2)}\n`);
  if (terminal.json) printJson(terminal, plan);
  else {
    printPlan(terminal, plan);
    printLine(terminal, `\n${terminal.paint('dim', nextStep(terminal, dir, plan))}`);
  }
  return 0;
}

function nextStep({ self }: Terminal, dir: string, { deploy, hash }: Plan): string {
  if (deploy.length === 0) return `nothing was changed; to do it: ${self} apply ${hash}`;
  return `nothing was changed, and this cannot be applied yet: deploy the workspace first, then plan again
a stage is deployed by starting it: ${self} start --workspace ${dir}`;
}

/** Makes a plan of a folder. Undefined when the workspace has errors; they are printed then. */
export async function makePlan(
  terminal: Terminal,
  stage: StageClient,
  dir: string,
  whole: boolean,
): Promise<Plan | undefined> {
  const workspace = await readFolder(terminal, dir);
  if (workspace === undefined) return undefined;
  const definitions = workspace.definitions as unknown as Json;
  const started = await stage.post<ScanJob>('/api/plans', { definitions, whole });
  const job = await followJob(terminal, stage, started, (now) => {
    return `counting people ${barOf(now.done, now.of)} parts · ${countOf(now.people, 'person', 'people')}`;
  });
  if (job.plan !== undefined) {
    const path = `/api/definitions/versions/${job.plan.candidate}/sources`;
    await stage.post(path, { files: workspace.texts });
  }
  return job.plan;
}

/** Reads a workspace that is to be planned. Undefined when it has errors; they are printed then. */
export async function readFolder(terminal: Terminal, dir: string) {
  await expectFolder(dir);
  const loaded = await loadWorkspace(dir);
  const { definitions, sources } = loaded;
  // With the tests of segments: what its own file calls wrong is not published.
  const { ok, problems } = await checkLoaded(loaded, regionsAskedFor);
  if (ok && definitions !== undefined) return { definitions, texts: textsOf(sources) };
  const errors = problems.filter(isError);
  if (terminal.json) printJson(terminal, { ok: false, problems });
  else printLine(terminal, `${tellProblems(terminal, dir, errors)}\n✗ ${dir}: ${countProblems(errors)}`);
  return undefined;
}

/** A plan for a person. */
export function printPlan(terminal: Terminal, plan: Plan | OfflinePlan): void {
  const { deploy, definitions, audiences } = plan;
  const title = (text: string): void => printLine(terminal, `\n${terminal.paint(['bold', 'underline'], text)}`);
  printLine(terminal, `${terminal.paint('bold', plan.workspace)}: ${summary(plan)}`);
  if (deploy.length > 0) {
    title('Needs a deployment first');
    const rows = deploy.map(({ resource, change, deployed, wanted }) => [resource, change, deployed, wanted]);
    printLine(terminal, tableOf(terminal, ['resource', 'change', 'deployed', 'workspace'], rows));
    for (const line of renamingLines(deploy)) printLine(terminal, line);
  }
  if (definitions.length > 0) {
    title('Definitions');
    const rows = definitions.map((one) => [one.kind, one.id, changeOf(one), one.entering, one.leaving, one.staying]);
    printLine(terminal, tableOf(terminal, ['what', 'id', 'change', 'entering', 'leaving', 'staying'], rows));
    for (const one of definitions) printDetails(terminal, one);
  }
  if (audiences.length > 0) {
    title('Lists in the tools, at the next push');
    const rows = audiences.map(({ id, add, remove, unchanged, blocked, calls }) => {
      const reasons = Object.entries(blocked).map(([reason, count]) => `${count} ${reason}`);
      return [id, add, remove, unchanged, reasons.join(', '), calls];
    });
    printLine(terminal, tableOf(terminal, ['audience', 'add', 'remove', 'unchanged', 'blocked', 'calls'], rows));
  }
  if (!('cost' in plan)) return;
  title('Cost of applying');
  for (const line of costLines(plan)) printLine(terminal, line);
}

/** A pool has one sign-in page, and a deployment would make the new one before it takes the old one away. */
function renamingLines(deploy: Plan['deploy']): readonly string[] {
  const renamed = deploy.find(({ resource, change }) => resource === 'console sign-in' && change === 'edited');
  if (renamed === undefined) return [];
  return [
    'In an account the deployment fails unless the old sign-in page is gone before it (docs/operating.md, "Who may use the console"):',
    `  aws cognito-idp delete-user-pool-domain --domain ${renamed.deployed} --user-pool-id POOL`,
  ];
}

function summary(plan: Plan | OfflinePlan): string {
  if (!('cost' in plan)) return offlineSummary(plan);
  const { counted, definitions, base } = plan;
  if (base === null) return 'nothing is published yet, so everything is new';
  const how =
    counted.how === 'everybody'
      ? `everybody was counted, ${countOf(counted.people, 'person', 'people')}`
      : `a random sample of ${countOf(counted.people, 'person', 'people')} of ${counted.of.toLocaleString('en-US')} was counted`;
  return `${definitions.length === 0 ? 'no definition differs' : countOf(definitions.length, 'change')}; ${how}`;
}

function offlineSummary({ definitions, counted, identity }: OfflinePlan): string {
  const changes = definitions.length === 0 ? 'no definition differs' : countOf(definitions.length, 'change');
  if (counted.people === 0) return `${changes}; nobody was counted`;
  const { joined, parted } = identity;
  const moved =
    joined + parted === 0 ? '' : `; ${joined} of them are several as it is, ${parted} who are one come apart`;
  return `${changes}; ${countOf(counted.people, 'person', 'people')} of the file, as if all of it came anew${moved}`;
}

function changeOf({ change, follows = [] }: PlannedDefinition): string {
  return change === 'follows' ? `follows ${follows.join(', ')}` : change;
}

function printDetails(terminal: Terminal, one: PlannedDefinition): void {
  const reasons = Object.entries(one.reasons ?? {}).sort(([, a], [, b]) => b - a);
  const intervals = Object.entries(one.intervals ?? {}).filter(([, { most }]) => most > 0);
  if (reasons.length === 0 && intervals.length === 0 && one.note === undefined && (one.left ?? 0) === 0) return;
  printLine(terminal, `\n${one.kind} ${terminal.paint('bold', one.id)}`);
  for (const [name, { count, least, most }] of intervals) {
    printLine(terminal, `  ${name} ${count}, between ${least} and ${most} with 95 % confidence`);
  }
  for (const [reason, count] of reasons) printLine(terminal, `  ${String(count).padStart(7)}  ${reason}`);
  if ((one.left ?? 0) > 0) printLine(terminal, `  ${terminal.paint('red', `${one.left} people`)}: ${one.note}`);
  else if (one.note !== undefined) printLine(terminal, `  ${one.note}`);
}

function costLines({ cost, history }: Plan): string[] {
  const units = `${cost.reads.toLocaleString('en-US')} read units to meet everybody, ${countOf(cost.writes, 'profile')} written`;
  if (!history.needed) return [units, 'no history is read: profiles remember enough for every segment'];
  const records = countOf(history.fragments, 'record');
  const activities = countOf(history.activities, 'activity', 'activities');
  return [units, `history is read to fill what segments newly ask for: ${activities} of ${records}`];
}
