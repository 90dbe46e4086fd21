import { readSpent } from '../../domain/call-budget.ts';
import type { ConnectionDefinition } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Clock, StateStore } from '../ports.ts';
import { readRuns } from '../run-list.ts';
import { isStreamSettled, readStream, type SyncRun } from '../sync/sync-run.ts';

/** A connection with where its streams stand, what it took of the vendor's limits, and its latest runs. */
export interface ConnectionPage {
  readonly name: string;
  readonly connector: string;
  readonly webhook: boolean;
  readonly streams: readonly StreamLine[];
  readonly quota: Quota;
  /** Newest first. */
  readonly runs: readonly SyncRun[];
}

export interface StreamLine {
  readonly stream: string;
  readonly schedule: string;
  readonly run: SyncRun | null;
  /** Its runs have read their source to the end, and everybody they told of is folded. */
  readonly settled: boolean;
  /** The vendor asked us to wait until then. */
  readonly waitsUntil: string | null;
  /** Since when the archive holds all that there is; null while nothing was ever read to the end. */
  readonly wholeSince: string | null;
}

/** Calls of this UTC day. */
export interface Quota {
  readonly calls: number;
  /** Ours, of what the workspace says that a day holds; null where it says nothing. */
  readonly most: number | null;
  /** The part of the vendor's day that is ours, 0 to 1. */
  readonly share: number;
  /** What the vendor last said that everybody who uses the account has used. */
  readonly reported: { readonly used: number; readonly limit: number; readonly at: string } | null;
  readonly blockedUntil: string | null;
}

const RUNS_SHOWN = 20;

export async function describeConnection(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  { name, connector, webhook, streams, quotaShare, requestsPerDay }: ConnectionDefinition,
): Promise<ConnectionPage> {
  const now = deps.clock.now().getTime();
  const lines = Object.entries(streams).map(async ([stream, schedule]): Promise<StreamLine> => {
    const { state } = await readStream(deps.state, name, stream);
    const { run, waitUntil = 0, wholeSince } = state;
    return {
      stream,
      schedule: schedule.words,
      run: run ?? null,
      settled: await isStreamSettled(deps.state, state, now),
      waitsUntil: waitUntil > now ? formatInstant(waitUntil) : null,
      wholeSince: wholeSince ?? null,
    };
  });
  const spent = readSpent((await deps.state.get('budget', name))?.body);
  const { reported } = spent;
  return {
    name,
    connector,
    webhook,
    streams: await Promise.all(lines),
    quota: {
      calls: spent.day === formatInstant(now).slice(0, 10) ? spent.calls : 0,
      most: requestsPerDay === undefined ? null : Math.floor(requestsPerDay * quotaShare),
      share: quotaShare,
      reported:
        reported === undefined ? null : { used: reported.used, limit: reported.limit, at: formatInstant(reported.at) },
      blockedUntil: spent.blockedUntil > now ? formatInstant(spent.blockedUntil) : null,
    },
    runs: await runsOf(deps.state, name),
  };
}

/** Runs of one connection among the latest of all. */
async function runsOf(state: StateStore, connection: string): Promise<readonly SyncRun[]> {
  const { runs } = await readRuns(state, { most: RUNS_SHOWN, matches: (run) => isSyncOf(run, connection) });
  return runs as unknown as readonly SyncRun[];
}

function isSyncOf({ what, connection }: JsonObject, wanted: string): boolean {
  return what === 'sync' && connection === wanted;
}
