/** `measures:` of tributary.yaml: what the workspace counts as engagement, revenue and feedback. Nothing named = nothing kept. */
export interface Measures {
  /** The window of all of them, as written: `30 days`. */
  readonly within: string;
  /** Activities of which any one in the window makes a member engaged. */
  readonly engagement?: readonly string[];
  readonly revenue?: Amount;
  /** Answers from 0 to 10 to "would you recommend us". */
  readonly nps?: Amount;
  /** A trait from -1 to 1. */
  readonly sentiment?: string;
}

/** A number that an activity tells in a property. */
export interface Amount {
  readonly did: string;
  readonly property: string;
}
