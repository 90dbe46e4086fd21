import { type Fault as AnyFault, openFaults } from '../faults.ts';

/** What the simulated Graph API can be told to do wrong. */
export type FaultKind =
  /** Code 80003 with HTTP 400, and how many minutes in `X-Business-Use-Case-Usage`. */
  | 'audience-limit'
  /** Code 4 with HTTP 400, and no word of how long. */
  | 'app-limit'
  /** HTTP 429 without a body of the API's, as some recordings have it. */
  | 'too-many'
  /** Code 2, HTTP 500, before anything was done. */
  | 'unavailable'
  /** Code 1 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  /** Status 200 with an error in the body. */
  | 'error-in-success'
  /** A page for people. */
  | 'page-for-people'
  | 'expired-token'
  | 'missing-permission'
  | 'blocked-audience'
  | 'missing-terms'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json'
  /** Status 200 and JSON of another shape. */
  | 'another-shape'
  /** Code 100: the page token is not taken any more. */
  | 'lost-cursor'
  /** The first row of a change is not there, and not counted. */
  | 'lost-row'
  /** The first row of a change is called invalid. */
  | 'invalid-row';

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
