/** What the simulated HubSpot can be told to do wrong. */
export type FaultKind =
  /** The three policies of 429. `secondly` is what searches answer: it names no policy. */
  | 'ten-secondly'
  | 'secondly'
  | 'daily'
  /** 423, which asks to wait for two seconds at least. */
  | 'locked'
  /** 477: the account moves to another data centre; with Retry-After. */
  | 'migrating'
  /** 502 before anything was done. */
  | 'unavailable'
  /** 500 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  | 'expired-token'
  | 'missing-scope'
  /** A page for people, with status 502. */
  | 'html'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json'
  /** A list write passes over its first record and says nothing of it. */
  | 'silence';

export type Area = 'token' | 'search' | 'read' | 'write' | 'other';

export interface Fault {
  readonly kind: FaultKind;
  /** How often; default 1, Infinity = until cleared. */
  readonly times?: number;
  /** Only calls of these kinds; default all but the token endpoint. */
  readonly on?: readonly Area[];
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that this call meets, used up once. */
  take(area: Area): Fault | undefined;
}

const DATA: readonly Area[] = ['search', 'read', 'write', 'other'];

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take: (area) => {
      const met = waiting.find(({ fault }) => (fault.on ?? DATA).includes(area));
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault;
    },
  };
}
