import { type Fault as AnyFault, openFaults } from '../faults.ts';

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

export type Fault = AnyFault<FaultKind, Area>;
export type Faults = ReturnType<typeof createFaults>;

export function createFaults() {
  const { add, clear, take } = openFaults<Fault>(['read', 'write']);
  return {
    add,
    clear,
    /** A page token can only be lost by a call that has one. */
    take: (area: Area, hasCursor: boolean) => take(area, (kind) => kind !== 'lost-cursor' || hasCursor),
  };
}
