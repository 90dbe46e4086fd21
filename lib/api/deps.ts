import type { AnyConnector } from '../connectors/define.ts';
import type { Compiled } from '../domain/decide.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { JobDeps } from '../pipeline/jobs.ts';
import type { ActivityStore, Archive, HistoryStore, Log, Queue } from '../pipeline/ports.ts';

/** What the API needs from the world. */
export interface ApiDeps extends JobDeps {
  readonly archive: Archive;
  readonly recompute: Queue;
  readonly jobs: Queue;
  readonly activities: ActivityStore;
  readonly history: HistoryStore;
  readonly definitions: () => Promise<Definitions>;
  readonly compiled: () => Promise<Compiled>;
  /** Batch sizes of destinations, for dry runs. */
  readonly connectors: Readonly<Record<string, AnyConnector>>;
  readonly log: Log;
}
