import type { Milliseconds } from '../instant.ts';

/** An activity that counts, and how much beside the others. */
export interface Signal {
  readonly did: string;
  /** Above 0. */
  readonly weight: number;
}

/** How long it takes until something done counts half as much, and how much must have been done to say anything. */
interface Weighing {
  readonly halfLifeMs: Milliseconds;
  readonly least: number;
}

/** What people are interested in: values of a property of what they do. */
export interface InterestRule extends Weighing {
  readonly from: readonly (Signal & { readonly by: string })[];
}

/** The channel on which somebody answers most. */
export interface ChannelRule extends Weighing {
  readonly from: readonly (Signal & { readonly channel: string })[];
}

/** The hour of the day at which somebody answers most, on their own clock where their time zone is known. */
export interface HourRule extends Weighing {
  readonly from: readonly Signal[];
  /** IANA time zone of people who have none. */
  readonly timezone: string;
}

/** Which part of what was sent was answered. A message that was opened (0.5) and clicked (0.5) counts as 1. */
export interface EngagementRule extends Weighing {
  readonly sent: readonly string[];
  readonly from: readonly Signal[];
}

/** How people feel in what they write: the mean of a property from -1 to 1, and where it is going. */
export interface SentimentRule extends Weighing {
  readonly from: readonly (Signal & { readonly by: string })[];
  /** The half-life of the mean that `halfLifeMs`'s is compared with. */
  readonly trendMs: Milliseconds;
}

/** Computed traits of a workspace, each under `computed.`; absent = not computed, and nothing is kept for it. */
export interface ComputedRules {
  readonly interests?: InterestRule;
  readonly channel?: ChannelRule;
  readonly best_hour?: HourRule;
  readonly email_engagement?: EngagementRule;
  readonly sentiment?: SentimentRule;
}

/** Activities that a person's records keep for computed traits, of each kind: the latest. */
export const SIGNALS_KEPT = 64;
