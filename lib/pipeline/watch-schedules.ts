import type { Definitions, Schedule } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import { reconciliation } from '../domain/reconciliation.ts';
import { type Round, rounds } from '../domain/rounds.ts';
import { type AlertDeps, closeAlerts, raiseAlert } from './alerts.ts';
import { listCards } from './learn/cards.ts';
import type { StateStore } from './ports.ts';
import { readPush } from './push/push-run.ts';
import { latestRound } from './rounds.ts';
import { isAtWork, type Lease } from './run-lease.ts';
import { readStream } from './sync/sync-run.ts';
import { readVerify } from './verify/verify-run.ts';
import { endOrphans } from './watch-alerts.ts';

export interface WatchDeps extends AlertDeps {
  readonly definitions: () => Promise<Definitions>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How much later than its period a schedule may start before it counts as silent: queues, summer time, waiting. */
const GRACE_MS = 2 * 60 * MINUTE_MS;
/** How often schedules are looked after. */
const LOOK_EVERY_MS = 15 * MINUTE_MS;

/**
 * Raises an alert for every schedule that should have started something and did not: a deployment without it, a message
 * that was lost, a queue that nobody reads. What has never run is measured from when it was first looked for.
 */
export function watchSchedules(deps: WatchDeps) {
  return async function watch(): Promise<void> {
    const now = deps.clock.now().getTime();
    const looked = await deps.state.get('watch', 'looked');
    if (typeof looked?.body.at === 'number' && looked.body.at <= now && now - looked.body.at < LOOK_EVERY_MS) return;
    if (!(await deps.state.put('watch', 'looked', { at: now }, looked?.version ?? 0))) return;
    const definitions = await deps.definitions();
    const all = await listScheduled(deps.state, definitions);
    for (const scheduled of all) await look(deps, scheduled, now);
    await endOrphans(deps, definitions, new Set(all.map(({ subject }) => subject)));
  };
}

/** Something that a schedule starts, and when it last did. */
export interface Scheduled {
  readonly subject: string;
  readonly schedule: Schedule;
  readonly startedAt: string | undefined;
  /** The latest run, and who holds it: absent for what has none. */
  readonly latest?: Lease & { readonly run?: { readonly startedAt: string; readonly endedAt?: string } };
}

/** As alerts call the rounds of the night. The blank keeps them apart from audiences. */
const roundNames: Readonly<Record<Round, string>> = { care: 'daily round', recount: 'nightly recount' };

/** Everything that schedules start, but the sweep, in which they are looked after: pushes, checks, learning, pulls, rounds. */
export async function listScheduled(state: StateStore, definitions: Definitions): Promise<readonly Scheduled[]> {
  const scheduled: Scheduled[] = [];
  const add = (subject: string, schedule: Schedule, latest: NonNullable<Scheduled['latest']>) =>
    scheduled.push({ subject, schedule, startedAt: latest.run?.startedAt, latest });
  for (const { audience, when, verify } of definitions.audiences) {
    if (when !== undefined) {
      add(audience, when === 'realtime' ? reconciliation : when, (await readPush(state, audience)).state);
    }
    if (verify?.when !== undefined) add(`verify ${audience}`, verify.when, await readVerify(state, audience));
  }
  if (definitions.learned !== undefined) {
    const { cards } = await listCards(state, 1);
    scheduled.push({ subject: 'learning', schedule: definitions.learned.at, startedAt: cards[0]?.asOf });
  }
  for (const { name, streams } of Object.values(definitions.connections)) {
    for (const [stream, schedule] of Object.entries(streams)) {
      add(`${name}/${stream}`, schedule, (await readStream(state, name, stream)).state);
    }
  }
  for (const [round, schedule] of Object.entries(rounds) as [Round, Schedule][]) {
    scheduled.push({ subject: roundNames[round], schedule, startedAt: await latestRound(state, round) });
  }
  return scheduled;
}

/**
 * Whether it should have started something and did not. What was never looked for has time until it is; a run that is at
 * work for longer than the period takes the next firing in, and the one after it is waited for from its end.
 */
export async function isSilent(
  state: StateStore,
  { subject, schedule, startedAt, latest }: Scheduled,
  now: number,
): Promise<boolean> {
  if (latest !== undefined && isAtWork(latest, now)) return false;
  const since = (await state.get('watch', subject))?.body.since;
  const begun = latest?.run?.endedAt ?? startedAt;
  const last = begun === undefined ? (typeof since === 'number' ? since : now) : Date.parse(begun);
  return now - last > periodOf(schedule) + GRACE_MS;
}

async function look(deps: WatchDeps, scheduled: Scheduled, now: number): Promise<void> {
  const { subject, schedule, startedAt } = scheduled;
  if (startedAt === undefined) await noteFirst(deps, subject, now);
  if (!(await isSilent(deps.state, scheduled, now))) {
    await closeAlerts(deps, subject, ['silent']);
    return;
  }
  const says = `${subject} runs ${schedule.words} and last started ${startedAt ?? 'never'}`;
  const todo =
    'look into the dead letters of its queue and into missed-schedules, and whether what is deployed is the workspace that is published';
  await raiseAlert(deps, { kind: 'silent', subject, says, todo });
}

/** What has never run is measured from when it was first looked for. */
async function noteFirst(deps: WatchDeps, subject: string, now: number): Promise<void> {
  const seen = await deps.state.get('watch', subject);
  if (typeof seen?.body.since !== 'number') await deps.state.put('watch', subject, { since: now } as JsonObject, 0);
}

/** The longest time between two firings, in milliseconds. */
function periodOf({ expression }: Schedule): number {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const unit = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS }[rate[2] as 'minute' | 'hour' | 'day'];
    return Number(rate[1]) * unit;
  }
  return /\? \* [A-Z]{3} /.test(expression) ? 7 * DAY_MS : DAY_MS;
}
