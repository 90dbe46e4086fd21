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

export interface Fault {
  readonly kind: FaultKind;
  /** How often; default 1, Infinity = until removed. For `row-lock`: how many records. */
  readonly times?: number;
  /** Only calls of these kinds; default all but the token endpoint. */
  readonly on?: readonly Area[];
  readonly retryAfterSeconds?: number;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that this call meets, used up once. */
  take(area: Area, kinds?: readonly FaultKind[]): Fault | undefined;
}

/** Faults that a collection or a job meets while it works, not a request as a whole. */
const PER_RECORD: readonly FaultKind[] = ['row-lock', 'missing-result', 'job-fails'];

const DATA: readonly Area[] = ['query', 'bulk', 'write', 'other'];

export function createFaults(initial: readonly Fault[] = []): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];

  function add(fault: Fault): void {
    waiting.push({ fault, left: fault.times ?? 1 });
  }

  for (const fault of initial) add(fault);
  return {
    add,
    clear: () => {
      waiting = [];
    },
    take: (area, kinds) => {
      const met = waiting.find(({ fault }) => {
        if (!(fault.on ?? DATA).includes(area)) return false;
        return kinds === undefined ? !PER_RECORD.includes(fault.kind) : kinds.includes(fault.kind);
      });
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault;
    },
  };
}
