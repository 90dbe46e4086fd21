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
  /** The fault that this call meets, used up once. Those that belong to one call only are taken by name. */
  take(area: Area): Fault | undefined;
  takeNamed(kind: FaultKind): boolean;
}

const NAMED: ReadonlySet<FaultKind> = new Set([
  'errored-upsert',
  'lost-removal',
  'failed-export',
  'expired-export',
  'cut-file',
  'slow-search',
]);

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  const use = (met: (typeof waiting)[number] | undefined): Fault | undefined => {
    if (met === undefined) return undefined;
    met.left -= 1;
    if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
    return met.fault;
  };
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take: (area) =>
      use(waiting.find(({ fault }) => !NAMED.has(fault.kind) && (fault.on ?? ['read', 'write']).includes(area))),
    takeNamed: (kind) => use(waiting.find(({ fault }) => fault.kind === kind)) !== undefined,
  };
}
