import { type Fault as AnyFault, openFaults } from '../faults.ts';

/** What the simulated SendGrid can be told to do wrong. */
export type FaultKind =
  /** 429 whose reset is seconds from now, or a point in time. */
  | 'throttled'
  | 'throttled-until'
  /** 500 before anything was done. */
  | 'unavailable'
  /** 500 after the work was done: the caller cannot know. */
  | 'error-after-accepting'
  | 'refused-key'
  | 'missing-scope'
  /** 408 of a search. */
  | 'slow-search'
  /** Status 200 and a body that ends in the middle. */
  | 'half-json'
  /** Status 200 and JSON of another shape. */
  | 'another-shape'
  /** The upsert's job leaves its first contact out, and says that it had errors. */
  | 'errored-upsert'
  /** The removal's job never does anything (sendgrid-nodejs#1170). */
  | 'lost-removal'
  /** The export fails, once it is looked at. */
  | 'failed-export'
  /** The export's files are not there any more. */
  | 'expired-export'
  /** A file of the export that ends in the middle. */
  | 'cut-file';

export type Area = 'read' | 'write';

export type Fault = AnyFault<FaultKind, Area>;
export type Faults = ReturnType<typeof createFaults>;

/** Those that belong to one kind of call only are taken by name. */
const NAMED: ReadonlySet<FaultKind> = new Set([
  'errored-upsert',
  'lost-removal',
  'failed-export',
  'expired-export',
  'cut-file',
  'slow-search',
]);

export function createFaults() {
  const { add, clear, take } = openFaults<Fault>(['read', 'write']);
  return {
    add,
    clear,
    take: (area: Area) => take(area, (kind) => !NAMED.has(kind)),
    takeNamed: (wanted: FaultKind) => take(undefined, (kind) => kind === wanted) !== undefined,
  };
}
