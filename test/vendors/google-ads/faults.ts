/** What the simulated API can be told to do wrong. */
export type FaultKind =
  /** 429 of the project's quota. */
  | 'exhausted'
  /** 503 before anything was done. */
  | 'unavailable'
  /** 500 after the change was taken: the caller cannot know. */
  | 'error-after-accepting'
  /** The token is refused before its time. */
  | 'token-refused'
  /** Tokens are given, and all are refused. */
  | 'account-disabled'
  /** The API is not enabled, or the account is out of reach. */
  | 'not-permitted'
  | 'terms-not-signed'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json';

export interface Fault {
  readonly kind: FaultKind;
  /** How often; default 1, Infinity = until cleared. */
  readonly times?: number;
  /** Only calls of this kind; default both. */
  readonly on?: 'read' | 'write';
}

export function createFaults() {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault: Fault): void => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear(): void {
      waiting = [];
    },
    /** The fault that this call meets, used up once. */
    take(area: 'read' | 'write'): FaultKind | undefined {
      const met = waiting.find(({ fault }) => (fault.on ?? area) === area);
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault.kind;
    },
  };
}

export type Faults = ReturnType<typeof createFaults>;
