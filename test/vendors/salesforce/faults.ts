import { type Fault as AnyFault, openFaults } from '../faults.ts';

/** What the simulated Salesforce can be told to do wrong. */
export type FaultKind =
  /** 401 INVALID_SESSION_ID. */
  | 'session-expired'
  /** 403 REQUEST_LIMIT_EXCEEDED "TotalRequests Limit exceeded." */
  | 'daily-limit'
  /** 403 REQUEST_LIMIT_EXCEEDED "ConcurrentRequests (Concurrent API Requests) Limit exceeded." */
  | 'concurrent-limit'
  /** 429 from the edge, with Retry-After if given. */
  | 'too-many-requests'
  /** 503 SERVER_UNAVAILABLE, with Retry-After if given. */
  | 'unavailable'
  /** 503 with a page for people instead of JSON. */
  | 'html'
  /** 500 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  /** A collection's first record is neither saved nor answered for. */
  | 'missing-result'
  /** UNABLE_TO_LOCK_ROW for single records inside a collection or an ingest job. */
  | 'row-lock'
  /** An ingest job fails half-way: the rest of its rows is not processed. */
  | 'job-fails';

export type Area = 'token' | 'query' | 'bulk' | 'write' | 'other';

/** `times` of `row-lock`: how many records. */
export interface Fault extends AnyFault<FaultKind, Area> {
  readonly retryAfterSeconds?: number;
}

export type Faults = ReturnType<typeof createFaults>;

/** Faults that a collection or a job meets while it works, not a request as a whole. */
const PER_RECORD: readonly FaultKind[] = ['row-lock', 'missing-result', 'job-fails'];

/** All but the token endpoint. */
const DATA: readonly Area[] = ['query', 'bulk', 'write', 'other'];

export function createFaults(initial: readonly Fault[] = []) {
  const { add, clear, take } = openFaults<Fault>(DATA);
  for (const fault of initial) add(fault);
  return {
    add,
    clear,
    take: (area: Area, kinds?: readonly FaultKind[]) =>
      take(area, (kind) => (kinds === undefined ? !PER_RECORD.includes(kind) : kinds.includes(kind))),
  };
}
