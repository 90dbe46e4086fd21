import { shareSpent } from '../../domain/call-budget.ts';
import type { ConnectionDefinition, Definitions } from '../../domain/definitions.ts';
import { describeConnection, type Quota } from '../describe/describe-connection.ts';
import type { Clock, StateStore } from '../ports.ts';
import { readPush } from '../push/push-run.ts';
import type { SyncRun } from '../sync/sync-run.ts';
import { type Check, checksOf, pageOf } from './check.ts';
import { queueOfSecret, readSignIn } from './sign-in.ts';

interface Deps {
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'now'>;
}

/** From so much of the day's share on somebody should know. */
const MUCH_SPENT = 0.8;

/** Whether the tools let us in, by what pulls, pushes and tries to sign in met last, and what is left of their quotas. */
export async function examineConnections(deps: Deps, definitions: Definitions): Promise<readonly Check[]> {
  const each = Object.values(definitions.connections).map(async (connection) => {
    const { quota, runs } = await describeConnection(deps, connection);
    return [await judgeSignIn(deps, definitions, connection, runs), ...judgeQuota(connection, quota)];
  });
  return (await Promise.all(each)).flat();
}

/** Something that spoke to a tool, or was let in or turned away. */
interface Met {
  readonly at: string;
  readonly refused?: string;
}

const STOPS = new Set(['auth', 'config']);

async function judgeSignIn(
  { state }: Deps,
  { audiences }: Definitions,
  connection: ConnectionDefinition,
  runs: readonly SyncRun[],
): Promise<Check> {
  const { name, connector } = connection;
  const { ok, warn, fail, notChecked } = checksOf('sign-in', `docs/connectors/${connector}.md`);
  const pushes = audiences
    .filter((one) => one.connection === name)
    .map(async ({ audience }) => (await readPush(state, audience)).state.run);
  const ended = [...runs, ...(await Promise.all(pushes))].flatMap((run) => metBy(run) ?? []);
  const tried = await readSignIn(state, name);
  const latest = [...ended, ...(tried === undefined ? [] : [tried])].sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  const expected = 'its secret is filled and the tool lets us in';
  if (latest === undefined && queueOfSecret(connection, audiences) === undefined) {
    return notChecked(name, { found: 'nobody signs in: it is neither read nor pushed to', expected });
  }
  if (latest === undefined) {
    return warn(name, { found: 'nobody has tried yet', expected }, 'tributary doctor --sign-in');
  }
  if (latest.refused === undefined) return ok(name, { found: `let in at ${latest.at}`, expected });
  const told = { found: `${latest.refused} at ${latest.at}`, expected };
  return fail(
    name,
    told,
    `see ${pageOf(latest.refused)}, fill the secret of ${name}, then: tributary doctor --sign-in`,
  );
}

/** What a run says about the way in: undefined while it is under way, or where it ended for another reason. */
function metBy(run: { readonly state: string; readonly endedAt?: string; readonly error?: object } | undefined) {
  if (run?.endedAt === undefined) return undefined;
  const { kind, code } = (run.error ?? {}) as { readonly kind?: string; readonly code?: string };
  if (run.state === 'finished') return { at: run.endedAt } satisfies Met;
  return kind !== undefined && STOPS.has(kind) ? ({ at: run.endedAt, refused: String(code) } satisfies Met) : undefined;
}

function judgeQuota(
  { name }: ConnectionDefinition,
  { calls, most, share, reported, blockedUntil }: Quota,
): readonly Check[] {
  const { ok, warn } = checksOf('quota', 'docs/operating.md#rate-limits-and-quotas');
  const spent = shareSpent({ calls, reported: reported ?? undefined }, { perDay: most ?? undefined, share });
  const waits = blockedUntil === null ? '' : `; the tool asked to wait until ${blockedUntil}`;
  const found = `${calls} calls today${spent === undefined ? '' : `, ${Math.round(spent * 100)} % of the share`}${waits}`;
  const told = { found, expected: `less than ${MUCH_SPENT * 100} % of the day's share` };
  const isTight = (spent ?? 0) >= MUCH_SPENT || blockedUntil !== null;
  return [isTight ? warn(name, told, 'a larger quota, or fewer and slower schedules') : ok(name, told)];
}
