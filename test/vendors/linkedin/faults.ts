import { type Fault as AnyFault, openFaults, type WaitingFaults } from '../faults.ts';

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

export type Fault = AnyFault<FaultKind, Area>;
export type Faults = WaitingFaults<Fault>;

export const createFaults = (): Faults => openFaults<Fault>(['read', 'write']);
