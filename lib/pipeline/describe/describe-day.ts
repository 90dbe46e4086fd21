import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import { readRecounts } from '../define/recount.ts';
import type { Clock, StateStore } from '../ports.ts';
import type { PushRun } from '../push/push-run.ts';
import type { SyncRun } from '../sync/sync-run.ts';

/** The last 24 hours at a glance. */
export interface DayPage {
  readonly from: string;
  /** Pulls by connection, in the order of their names. */
  readonly pulls: readonly ConnectionPulls[];
  /** Newest first. */
  readonly pushes: readonly PushRun[];
  /** More ran than were looked through: what is here is the later part. */
  readonly more: boolean;
  /** Sizes of segments by the two latest counts of everybody; null before the second. */
  readonly sizes: {
    readonly from: string;
    readonly to: string;
    readonly segments: readonly MovedSegment[];
  } | null;
}

export interface MovedSegment {
  readonly segment: string;
  readonly title: string;
  readonly before: number;
  readonly after: number;
}

export interface ConnectionPulls {
  readonly connection: string;
  readonly runs: number;
  readonly failed: number;
  readonly changes: number;
  readonly rejected: number;
  readonly people: number;
}

const DAY_MS = 24 * 3_600_000;
const LISTED = 500;
const MOST_LISTS = 12;

export async function describeDay(
  { state, clock }: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  definitions: Pick<Definitions, 'segments'>,
): Promise<DayPage> {
  const from = formatInstant(clock.now().getTime() - DAY_MS);
  const pulls = new Map<string, ConnectionPulls>();
  const pushes: PushRun[] = [];
  let after: string | undefined;
  let more = true;
  for (let lists = 0; lists < MOST_LISTS && more; lists += 1) {
    const listed = await state.list('run', { most: LISTED, ...(after === undefined ? {} : { after }) });
    // Ids begin with the instant of the start.
    const recent = listed.filter(({ id }) => id >= from);
    for (const { body } of recent) {
      if (body.what === 'push') pushes.push(body as unknown as PushRun);
      if (body.what === 'sync') addPull(pulls, body as unknown as SyncRun);
    }
    after = listed.at(-1)?.id;
    more = recent.length === LISTED;
  }
  return {
    from,
    pulls: [...pulls.values()].sort((a, b) => (a.connection < b.connection ? -1 : 1)),
    pushes,
    more,
    sizes: await sizesMoved(state, definitions),
  };
}

function addPull(pulls: Map<string, ConnectionPulls>, run: SyncRun): void {
  const { connection, state, changes, rejected, people = 0 } = run;
  const before = pulls.get(connection) ?? { connection, runs: 0, failed: 0, changes: 0, rejected: 0, people: 0 };
  pulls.set(connection, {
    connection,
    runs: before.runs + 1,
    failed: before.failed + (state === 'failed' ? 1 : 0),
    changes: before.changes + changes,
    rejected: before.rejected + rejected,
    people: before.people + people,
  });
}

/** Segments of which the number of members changed, the most first. */
async function sizesMoved(
  state: StateStore,
  { segments: defined }: Pick<Definitions, 'segments'>,
): Promise<DayPage['sizes']> {
  const [latest, former] = await readRecounts(state, 2);
  if (latest === undefined || former === undefined) return null;
  const segments = defined
    .map(({ segment, title }): MovedSegment => {
      const [before, after] = [former.sizes[segment] ?? 0, latest.sizes[segment] ?? 0];
      return { segment, title: title ?? segment, before, after };
    })
    .filter(({ before, after }) => before !== after)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  return { from: former.at, to: latest.at, segments };
}
