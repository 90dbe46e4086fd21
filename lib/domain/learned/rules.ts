import type { Milliseconds } from '../instant.ts';

/** What is taken of an activity, as of an instant and within a window before it: one number about a person. */
export interface FeatureRule {
  readonly name: string;
  readonly did: string;
  readonly withinMs: Milliseconds;
  /** `days_since_last` is the whole window for whoever did not do it in there. */
  readonly take: 'count' | 'days_since_last' | { readonly sum: string };
}

/** Recency, frequency and monetary value of purchases, each scored 1 to 5 among all who bought within the window. */
export interface RfmRule {
  readonly did: string;
  /** Property that holds what was paid. */
  readonly value: string;
  readonly withinMs: Milliseconds;
}

/** People who are alike: `least` to `most` clusters, as many as part best. */
export interface ClusterRule {
  readonly features: readonly FeatureRule[];
  readonly least: number;
  readonly most: number;
}

/** How likely somebody is to do something within a time. */
export interface PropensityRule {
  readonly did: string;
  readonly withinMs: Milliseconds;
  readonly features: readonly FeatureRule[];
}

/** What somebody is expected to buy within a time to come, from all of their purchases that are known. */
export interface LifetimeRule {
  readonly did: string;
  readonly value: string;
  readonly horizonMs: Milliseconds;
}

/** Learned traits of a workspace, each under `learned.`; absent = not learned, and nothing is kept for it. */
export interface LearnedRules {
  /** When models are trained and everybody is scored as of then. */
  readonly at: { readonly expression: string; readonly words: string };
  readonly rfm?: RfmRule;
  readonly clusters?: ClusterRule;
  /** By the name of each, which is the last step of its trait. */
  readonly propensity?: Readonly<Record<string, PropensityRule>>;
  readonly lifetime_value?: LifetimeRule;
}

const MOST = 8;
/** So many clusters at most: more nobody tells apart, and labels are matched by looking at every way. */
export const mostClusters = MOST;

/** Trait paths that the rules learn, by part. */
export function learnedTraits(rules: Readonly<Record<keyof Omit<LearnedRules, 'at'>, unknown>>): readonly string[] {
  const named = typeof rules.propensity === 'object' && rules.propensity !== null ? Object.keys(rules.propensity) : [];
  return [
    ...(rules.rfm === undefined ? [] : RFM_TRAITS),
    ...(rules.clusters === undefined ? [] : ['learned.cluster']),
    ...named.map(propensityTrait),
    ...(rules.lifetime_value === undefined ? [] : LIFETIME_TRAITS),
  ];
}

export function propensityTrait(name: string): string {
  return `learned.propensity.${name}`;
}

const RFM_TRAITS = ['recency', 'frequency', 'monetary', 'score', 'cell'].map((one) => `learned.rfm.${one}`);
const LIFETIME_TRAITS = ['learned.alive', 'learned.expected_purchases', 'learned.lifetime_value'];
