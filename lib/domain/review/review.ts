import type { Performance } from './facts.ts';
import type { Interval } from './interval.ts';
import type { Lift } from './lift.ts';
import type { Overlap } from './overlaps.ts';
import type { Proposal, Reason } from './proposal.ts';

/** What a review of a segment found. */
export interface Findings {
  readonly segment: string;
  readonly title: string;
  /** When everybody was counted, RFC 3339; names the review. */
  readonly at: string;
  /** What it is compared with: the day of the review before, or of the first facts. Null = there is nothing before. */
  readonly since: string | null;
  /** Everybody. */
  readonly people: number;
  readonly size: {
    readonly now: number;
    readonly before: number | null /** -1 and up. */;
    readonly change: number | null;
  };
  /** From `since` to the last whole day. `churn`: who left, of those who were in it or came. */
  readonly movement: {
    readonly days: number;
    readonly entered: number;
    readonly left: number;
    readonly churn: number | null;
  };
  readonly engagement: { readonly members: number; readonly share: Interval } | null;
  readonly accuracy: Accuracy;
  readonly performance: Performance | null;
  readonly lift: readonly Lift[];
  /** The largest overlaps, this segment being `a`. */
  readonly overlaps: readonly Overlap[];
  readonly leaves: readonly LeafPart[];
  readonly coverage: readonly Coverage[];
  readonly feedback: Feedback;
  readonly cost: Cost;
}

/** Members checked against what is known otherwise; null where nobody says. */
export interface Accuracy {
  readonly label: {
    /** Of the members, those to whom the label applies. */
    readonly precision: Interval | null;
    /** Of those to whom it applies, the members. */
    readonly recall: Interval | null;
    readonly members: number;
    readonly everybody: number;
  } | null;
  readonly sample: { readonly right: number; readonly wrong: number; readonly precision: Interval } | null;
}

/** What one leaf does alone: whom it lets in, or keeps out, as if it were taken out of the condition. */
export interface LeafPart {
  readonly path: string;
  /** In words. */
  readonly leaf: string;
  readonly letsIn: number;
  readonly keepsOut: number;
}

/** How many have a value of a trait that the condition reads. */
export interface Coverage {
  readonly trait: string;
  readonly members: number;
  readonly everybody: number;
}

export interface Comment {
  readonly by: string;
  readonly at: string;
  readonly text: string;
}

export interface Feedback {
  /** The latest of the team, newest first, and how many there were since the review before. */
  readonly comments: readonly Comment[];
  readonly commented: number;
  readonly nps: {
    readonly score: number;
    readonly promoters: number;
    readonly passives: number;
    readonly detractors: number;
  } | null;
  readonly sentiment: { readonly people: number; readonly mean: number } | null;
}

/** What keeping its lists took since `since`: what can be counted here. What the tools charge is theirs to say. */
export interface Cost {
  readonly runs: number;
  readonly added: number;
  readonly removed: number;
  readonly calls: number;
}

/** A review as it is stored. */
export interface Review extends Findings {
  readonly definitions: string;
  /** `schedule`: it was due; `asked`: somebody wanted it now. */
  readonly because: 'schedule' | 'asked';
  readonly proposal: Proposal;
  readonly reasons: readonly Reason[];
}
