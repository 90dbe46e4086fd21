import { type Fault as AnyFault, openFaults, type WaitingFaults } from '../faults.ts';

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

export type Fault = AnyFault<FaultKind, Area>;
export type Faults = WaitingFaults<Fault>;

/** All but the token endpoint. */
const DATA: readonly Area[] = ['search', 'read', 'write', 'other'];

export const createFaults = (): Faults => openFaults<Fault>(DATA);
