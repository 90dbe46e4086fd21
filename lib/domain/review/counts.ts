/** What was counted of the members of one segment. Each is a whole number, so that it adds up the same in any order. */
export interface SegmentCounts {
  size: number;
  /** Members since before the window of the objective's retention. */
  stayed: number;
  engaged: number;
  /** In hundredths. */
  revenue: number;
  payers: number;
  /** Those whom the metric of the objective is about, and those of them who reached its goal. */
  asked: number;
  reached: number;
  /** Members to whom the label applies, and everybody to whom it does. */
  labelled: number;
  rightful: number;
  promoters: number;
  passives: number;
  detractors: number;
  /** How many have a sentiment, and its sum in thousandths. */
  felt: number;
  feeling: number;
}

/** One side of a holdout as it is counted. */
export interface SideCounts {
  people: number;
  /** Those of them who could reach what is compared by now: all, but for retention those exposed long enough ago. */
  asked: number;
  /** Who of those reached it. */
  converted: number;
  /** In hundredths, after the first exposure and in the window of the measures. */
  revenue: number;
  /** Sum of squares of the revenue of each, in whole units. */
  squares: number;
}

/** Everything that a walk over everybody counts, or a part of it. JSON. */
export interface Counts {
  people: number;
  readonly segments: Record<string, SegmentCounts>;
  /** `3.17`, two positions in the definitions, the smaller first → who is in both. Only pairs that occur. */
  readonly pairs: Record<string, number>;
  /** Segment → experiment → its sides. */
  readonly holdouts: Record<string, Record<string, { exposed: SideCounts; heldOut: SideCounts }>>;
  /** Segment under review → by leaf, in the order of writing. */
  readonly leaves: Record<string, { letsIn: number[]; keepsOut: number[] }>;
  /** Trait → people who have a value, of everybody; and of the members of each segment under review. */
  readonly traits: Record<string, number>;
  readonly coverage: Record<string, Record<string, number>>;
  /** Persona → people in any of its segments, and those whom an audience of them wants. */
  readonly personas: Record<string, { people: number; reached: number }>;
}

export function noCounts(): Counts {
  return { people: 0, segments: {}, pairs: {}, holdouts: {}, leaves: {}, traits: {}, coverage: {}, personas: {} };
}

export function noneOfSegment(): SegmentCounts {
  const members = { size: 0, stayed: 0, engaged: 0, revenue: 0, payers: 0, asked: 0, reached: 0 };
  return { ...members, labelled: 0, rightful: 0, promoters: 0, passives: 0, detractors: 0, felt: 0, feeling: 0 };
}

export function noneOfSide(): SideCounts {
  return { people: 0, asked: 0, converted: 0, revenue: 0, squares: 0 };
}

/** The parts of a walk added up: in whatever order they come, the same. */
export function addUpCounts(parts: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const part of parts) {
    sum.people += part.people;
    merge(sum as unknown as Tree, { ...part, people: 0 } as unknown as Tree);
  }
  return sum;
}

/** The pair under which two segments are counted, by their positions in the definitions. */
export function pairOf(one: number, other: number): string {
  return one < other ? `${one}.${other}` : `${other}.${one}`;
}

type Tree = { [key: string]: number | number[] | Tree };

/** Adds numbers where both have them, by place. */
function merge(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    const held = into[key];
    if (typeof value === 'number') into[key] = (typeof held === 'number' ? held : 0) + value;
    else if (Array.isArray(value))
      into[key] = value.map((one, at) => one + (Array.isArray(held) ? (held[at] ?? 0) : 0));
    else {
      const inside: Tree = typeof held === 'object' && !Array.isArray(held) ? held : {};
      merge(inside, value);
      into[key] = inside;
    }
  }
}
