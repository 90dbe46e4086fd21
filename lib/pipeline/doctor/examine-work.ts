import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import { openAlerts } from '../alerts.ts';
import type { Clock, StateStore } from '../ports.ts';
import { readPush } from '../push/push-run.ts';
import { type Lease, leftSince } from '../run-lease.ts';
import { readStream } from '../sync/sync-run.ts';
import { isSilent, listScheduled } from '../watch-schedules.ts';
import { type Check, checksOf, pageOf, type QueueDepth } from './check.ts';

interface Deps {
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly queueDepths: () => Promise<Readonly<Record<string, QueueDepth>>>;
}

/** A sweep comes every minute; a few may be late behind others. */
const SWEEP_LATE_MS = 5 * 60_000;
/** Work in a queue is nothing bad; so much of it makes people wait. */
const MANY_MESSAGES = 10_000;

/** What lies in the queues and in their dead letters. How old it is only CloudWatch knows: its alarms tell. */
export async function examineQueues(deps: Deps): Promise<readonly Check[]> {
  return Object.entries(await deps.queueDepths()).flatMap(([name, { ready, hidden, delayed }]) => {
    if (name === 'missed-schedules' || name.endsWith('-dead-letters')) {
      const anchor = name === 'missed-schedules' ? 'missed-schedules-not-empty' : 'dead-letters-not-empty';
      const { ok, fail } = checksOf('dead-letters', `docs/runbook.md#${anchor}`);
      const told = { found: `${ready + hidden} messages`, expected: 'none' };
      const again =
        name === 'missed-schedules'
          ? 'what the next firing has not made up for: tributary pull or tributary push; then delete them'
          : `find the cause, mend it, then: tributary redrive ${name.replace(/-dead-letters$/, '')}`;
      return [ready + hidden === 0 ? ok(name, told) : fail(name, told, again)];
    }
    const { ok, warn } = checksOf('queue', `docs/runbook.md#${name}-late`);
    const told = {
      found: `${ready} ready, ${hidden} in hand, ${delayed} delayed`,
      expected: `fewer than ${MANY_MESSAGES} ready; how old they are the alarm ${name}-late knows`,
    };
    return [ready < MANY_MESSAGES ? ok(name, told) : warn(name, told, 'look at errors and throttles of its function')];
  });
}

/** Whether the sweep comes by: without it no answer turns by time alone. */
export async function examineSweep({ state, clock }: Deps): Promise<readonly Check[]> {
  const { ok, fail } = checksOf('sweep', 'docs/runbook.md#clock-stopped');
  const cursor = await state.get('sweep', 'cursor');
  const until = typeof cursor?.body.until === 'number' ? cursor.body.until : undefined;
  const expected = 'one in each minute';
  const todo = 'look at the errors of sweep-due, and whether its schedule is enabled';
  if (until === undefined) return [fail(null, { found: 'none yet', expected }, todo)];
  const told = { found: `the last one at ${formatInstant(until)}`, expected };
  return [clock.now().getTime() - until <= SWEEP_LATE_MS ? ok(null, told) : fail(null, told, todo)];
}

/** Whether every schedule of the workspace has started what it should. */
export async function examineSchedules({ state, clock }: Deps, definitions: Definitions): Promise<readonly Check[]> {
  const now = clock.now().getTime();
  const { ok, warn, fail } = checksOf('schedule', 'docs/runbook.md#alert-silent');
  return Promise.all(
    (await listScheduled(state, definitions)).map(async (scheduled) => {
      const { subject, schedule, startedAt } = scheduled;
      const expected = `runs ${schedule.words}`;
      const silent = await isSilent(state, scheduled, now);
      const told = { found: `last started ${startedAt ?? 'never'}`, expected };
      if (silent) return fail(subject, told, 'look into missed-schedules and the dead letters of its queue');
      return startedAt === undefined
        ? warn(
            subject,
            told,
            'wait for its first time; a pull or a push can be started by tributary pull and tributary push',
          )
        : ok(subject, told);
    }),
  );
}

/** How the latest pull of each stream and the latest push of each audience ended, and what waits for a person. */
export async function examineRuns({ state, clock }: Deps, definitions: Definitions): Promise<readonly Check[]> {
  const now = clock.now().getTime();
  const streams = Object.values(definitions.connections).flatMap(({ name, streams: own }) =>
    Object.keys(own).map(async (stream) => {
      return judgeRun(`${name}/${stream}`, (await readStream(state, name, stream)).state, now);
    }),
  );
  const pushes = definitions.audiences.map(async ({ audience }) =>
    judgeRun(audience, (await readPush(state, audience)).state, now),
  );
  const runs = (await Promise.all([...streams, ...pushes])).flat();
  const alerts = (await openAlerts(state, now)).map(({ kind, subject, says, todo }) =>
    checksOf('alert', `docs/runbook.md#alert-${kind}`).warn(
      String(subject),
      { found: `${kind}: ${says}`, expected: 'no open alert' },
      String(todo),
    ),
  );
  return [...runs, ...alerts];
}

interface Run {
  readonly state: string;
  readonly startedAt: string;
  readonly error?: { readonly code: string };
}

function judgeRun(of: string, held: Lease & { readonly run?: Run }, now: number): readonly Check[] {
  const { run } = held;
  if (run === undefined) return [];
  const states = 'docs/operating.md#states-of-runs-and-pushes';
  const { ok, warn, fail } = checksOf('run', run.error === undefined ? states : pageOf(run.error.code));
  const told = {
    found: `${run.state}, started ${run.startedAt}${run.error === undefined ? '' : `, ${run.error.code}`}`,
    expected: 'finished, or under way',
  };
  if (run.state === 'failed')
    return [fail(of, told, 'what the page of its code says; the next pull or push tries again')];
  const left = leftSince(held, now);
  if (left !== undefined) {
    const found = `${told.found}, and nobody went on with it since ${formatInstant(left)}`;
    return [warn(of, { ...told, found }, 'tributary pull or tributary push goes on with it, as its next firing does')];
  }
  return [run.state === 'held' ? warn(of, told, 'tributary approve, or mend what the guard found') : ok(of, told)];
}
