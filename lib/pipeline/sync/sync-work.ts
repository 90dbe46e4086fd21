import type { Instant } from '../../domain/instant.ts';
import type { AlertDeps } from '../alerts.ts';
import type { ConnectionDeps } from '../connections.ts';
import type { Archive, Queue } from '../ports.ts';
import type { LedgerDeps } from '../push/write-ledger.ts';

export interface SyncDeps extends ConnectionDeps, LedgerDeps, AlertDeps {
  readonly archive: Archive;
  readonly changes: Queue;
  readonly sync: Queue;
  readonly jobs: Queue;
}

/** What a message of the sync queue asks: advance a stream, read single records again, or show the first ones. */
export interface SyncCommand {
  readonly connection: string;
  readonly stream: string;
  /** When the schedule meant it to run; two firings of one instant are one run. */
  readonly scheduledAt?: string;
  /** Forget the checkpoint and read everything. */
  readonly full?: boolean;
  /** Go on with this run. */
  readonly run?: string;
  /** Read these vendor ids again instead: what a webhook hinted at. */
  readonly reread?: readonly string[];
  /** When the hint came, RFC 3339: whom it paused goes on when the records are read. */
  readonly hintedAt?: Instant;
  /** What the hint came by. */
  readonly cause?: string;
  /** Only show the first records, for a job, and change nothing. */
  readonly sample?: { readonly job: string; readonly most: number };
}
