import { type Fault as AnyFault, openFaults, type WaitingFaults } from '../faults.ts';

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

export type Fault = AnyFault<FaultKind, 'read' | 'write'>;
export type Faults = WaitingFaults<Fault>;

export const createFaults = (): Faults => openFaults<Fault>(['read', 'write']);
