/** What the simulated Klaviyo can be told to do wrong. */
export type FaultKind =
  /** 429 of the second, and of the minute. */
  | 'burst'
  | 'steady'
  /** 429 that does not say how long. */
  | 'throttled-in-silence'
  /** 503 before anything was done. */
  | 'unavailable'
  /** 500 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  | 'refused-key'
  | 'missing-scope'
  /** 403 with a page for people, as the network in front of the API answers now and then. */
  | 'challenge'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json'
  /** Status 200 and JSON of another shape. */
  | 'another-shape'
  /** 400: the page token is not known any more. */
  | 'lost-cursor';

export type Area = 'read' | 'write';

export interface Fault {
  readonly kind: FaultKind;
  /** How often; default 1, Infinity = until cleared. */
  readonly times?: number;
  /** Only calls of these kinds; default both. */
  readonly on?: readonly Area[];
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that this call meets, used up once. */
  take(area: Area, hasCursor: boolean): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take: (area, hasCursor) => {
      const met = waiting.find(
        ({ fault }) => (fault.on ?? ['read', 'write']).includes(area) && (fault.kind !== 'lost-cursor' || hasCursor),
      );
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault;
    },
  };
}
