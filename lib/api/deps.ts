import type { Registry } from '../connectors/define.ts';
import type { Inventory } from '../domain/cost/cost.ts';
import type { Compiled } from '../domain/decide.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { AlertDeps } from '../pipeline/alerts.ts';
import type { PlanDeps } from '../pipeline/define/plan-definitions.ts';
import type { QueueDepth } from '../pipeline/doctor/check.ts';
import type { Program } from '../pipeline/doctor/examine.ts';
import type { JobDeps } from '../pipeline/jobs/jobs.ts';
import type { AccountStore, ActivityStore, Archive, HistoryStore, Queue, SegmentTexts } from '../pipeline/ports.ts';
import type { Versions } from '../pipeline/resolve/refill.ts';

/** What the API needs from the world. */
export interface ApiDeps extends JobDeps, PlanDeps, AlertDeps {
  readonly archive: Archive;
  readonly recompute: Queue;
  readonly jobs: Queue;
  readonly accounts: AccountStore;
  readonly activities: ActivityStore;
  readonly history: HistoryStore;
  readonly definitions: () => Promise<Definitions>;
  readonly compiled: () => Promise<Compiled>;
  readonly versions: Versions;
  /** What of the deployment is paid for by the month. */
  readonly inventory: Inventory;
  /** Into how many shards the index of due profiles is laid out. */
  readonly sweepShards: number;
  /** How many messages every queue holds. */
  readonly queueDepths: () => Promise<Readonly<Record<string, QueueDepth>>>;
  readonly program: Program;
  /** Reads and writes the text of segments. */
  readonly texts: SegmentTexts;
  /** Batch sizes of destinations, for dry runs. */
  readonly connectors: Registry;
}
