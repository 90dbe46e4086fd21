/** What the simulated API can be told to do wrong. */
export type FaultKind =
  | 'throttled'
  /** HTTP 500 before anything was done. */
  | 'unavailable'
  /** HTTP 500 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  /** HTTP 502 and a page for people. */
  | 'page-for-people'
  | 'revoked-token'
  | 'missing-permission'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json'
  /** Status 200 and JSON of another shape. */
  | 'another-shape'
  /** The first user of a change is not there, and not answered. */
  | 'lost-user'
  /** The first user of a change is answered 422, the others are taken. */
  | 'refused-user';

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
  /** The fault that this call meets, used up once. */
  take(area: Area): FaultKind | undefined;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    take: (area) => {
      const met = waiting.find(({ fault }) => (fault.on ?? ['read', 'write']).includes(area));
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault.kind;
    },
  };
}
