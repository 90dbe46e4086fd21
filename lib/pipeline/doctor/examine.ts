import { type Declared, declaredChanges, declaredHash, declaredIn } from '../../domain/declared.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { isSwitching } from '../define/switch-definitions.ts';
import type { Clock, StateStore } from '../ports.ts';
import { type Check, checksOf, type Examination, type QueueDepth } from './check.ts';
import { examineConnections } from './examine-connections.ts';
import { type ExaminedStores, examineStores } from './examine-stores.ts';
import { examineQueues, examineRuns, examineSchedules, examineSweep } from './examine-work.ts';

/** What is known of the program itself. */
export interface Program {
  readonly release: string;
  /** Version of Node, `v24.1.0`. */
  readonly node: string;
  /** By table, the data format that it writes. */
  readonly formats: Readonly<Record<string, number>>;
}

export interface ExamineDeps extends ExaminedStores {
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly workspace?: string;
  readonly definitions: () => Promise<Definitions>;
  readonly deployed: (wanted: Declared) => Declared | undefined;
  /** By queue, dead-letter queues among them (`changes-dead-letters`). */
  readonly queueDepths: () => Promise<Readonly<Record<string, QueueDepth>>>;
  readonly program: Program;
}

/** The oldest Node that the functions are written for. */
const OLDEST_NODE = 20;

/**
 * Looks at everything that can be looked at from inside, with small reads and no call to any tool. A part that cannot be
 * looked at is a failed check and keeps the others from nothing.
 */
export async function examine(deps: ExamineDeps): Promise<Examination> {
  const definitions = await deps.definitions().catch((thrown: unknown) => asTributaryError(thrown));
  const known = definitions instanceof Error ? undefined : definitions;
  const declared = known === undefined ? undefined : declaredIn(known);
  const deployed = declared === undefined ? undefined : deps.deployed(declared);
  const parts: readonly (() => Promise<readonly Check[]>)[] = [
    async () => examineProgram(deps.program),
    () => examineStores(deps),
    async () => [
      definitions instanceof Error ? notPublished(definitions) : published(definitions, await isSwitching(deps.state)),
      ...(declared === undefined ? [] : [drift(declared, deployed)]),
    ],
    () => examineQueues(deps),
    () => examineSweep(deps),
    ...(known === undefined
      ? []
      : [() => examineSchedules(deps, known), () => examineRuns(deps, known), () => examineConnections(deps, known)]),
  ];
  const checks = await Promise.all(parts.map((part) => part().catch((thrown: unknown) => [unseen(thrown)])));
  return {
    workspace: known?.workspace ?? deps.workspace ?? '',
    at: formatInstant(deps.clock.now().getTime()),
    release: deps.program.release,
    published: known?.version ?? null,
    deployed: deployed === undefined ? null : declaredHash(deployed),
    checks: [...checks.flat(), ...UNKNOWABLE],
  };
}

function examineProgram({ node, formats, release }: Program): readonly Check[] {
  const { ok, warn } = checksOf('versions', 'docs/operating.md#upgrading');
  const written = Object.entries(formats).map(([table, format]) => `${table} ${format}`);
  const expected = `Node ${OLDEST_NODE} or newer`;
  const found = `release ${release} on Node ${node}; data formats: ${written.join(', ')}`;
  const isOld = Number(/^v(\d+)/.exec(node)?.[1]) < OLDEST_NODE;
  return [
    isOld ? warn(null, { found, expected }, 'deploy the template of this release') : ok(null, { found, expected }),
  ];
}

const definitionChecks = checksOf('definitions', 'docs/operating.md#publishing-a-workspace');

function notPublished({ code, message }: { readonly code: string; readonly message: string }): Check {
  const told = { found: `${code}: ${message}`, expected: 'a published workspace' };
  return definitionChecks.fail(null, told, 'tributary plan, then tributary apply');
}

function published({ version }: Definitions, switching: boolean): Check {
  const expected = 'a published workspace, decided for everybody';
  if (!switching) return definitionChecks.ok(null, { found: `version ${version}`, expected });
  const found = `version ${version}; people are still being decided by it, and pushes wait`;
  return definitionChecks.warn(null, { found, expected }, 'wait; if it lasts, look into the dead letters of recompute');
}

function drift(declared: Declared, deployed: Declared | undefined): Check {
  const { ok, fail } = checksOf('drift', 'docs/errors.md#definitionsdeploy-first');
  const expected = 'what is deployed was synthesised from what is published';
  const todo = 'deploy the workspace that is published, or publish the one that is deployed';
  if (deployed === undefined) return fail(null, { found: 'it was synthesised from something else', expected }, todo);
  const changes = declaredChanges(deployed, declared).map(({ resource, change }) => `${resource} ${change}`);
  if (changes.length === 0) return ok(null, { found: 'what is deployed fits what is published', expected });
  return fail(null, { found: `published and not deployed: ${changes.join(', ')}`, expected }, todo);
}

function unseen(thrown: unknown): Check {
  const { code, message } = asTributaryError(thrown);
  const told = { found: `${code}: ${message}`, expected: 'it can be looked at' };
  return checksOf('examination', 'docs/errors.md').fail(null, told, 'look the code up');
}

const elsewhere = checksOf('elsewhere', 'docs/operating.md#doctor');

/** What nobody can know from inside, and how somebody with rights in the account finds out. */
const UNKNOWABLE: readonly Check[] = [
  elsewhere.notChecked(
    'concurrency',
    { found: "the account's limit: the api function may not ask Lambda", expected: '200 or more, 1,000 as a rule' },
    'aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions',
  ),
  elsewhere.notChecked(
    'schedules enabled',
    { found: 'the api function may not ask the scheduler; whether they ran is checked above', expected: 'ENABLED' },
    'aws scheduler list-schedules --group-name tributary-<workspace> --query "Schedules[].[Name,State]"',
  ),
  elsewhere.notChecked(
    'webhooks registered',
    {
      found: 'tools are asked for nothing; the log of receive-webhook tells of what comes',
      expected: 'one in each tool',
    },
    'docs/connectors has the address and how to register it',
  ),
  elsewhere.notChecked(
    'template',
    { found: 'changes by hand to deployed resources are known to CloudFormation alone', expected: 'IN_SYNC' },
    'aws cloudformation detect-stack-drift --stack-name tributary-<workspace>',
  ),
];
