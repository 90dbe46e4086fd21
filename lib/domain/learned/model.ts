import type { Milliseconds } from '../instant.ts';
import type { JsonObject } from '../json.ts';
import type { Tree } from './trees.ts';

/** Cuts between scores 1 to 5, larger is better: a value has 1 and one more for every cut that it reaches. */
export interface RfmModel {
  readonly kind: 'rfm';
  /** Days since the last purchase, negative. */
  readonly recency: readonly number[];
  readonly frequency: readonly number[];
  readonly monetary: readonly number[];
}

/** One cluster: where its middle is, and what sets it apart. */
export interface Cluster {
  readonly label: string;
  /** In standard deviations of each feature's logarithm. */
  readonly centre: readonly number[];
  /** 0 to 1, of those it was learned from. */
  readonly share: number;
  readonly says: string;
}

export interface ClusterModel {
  readonly kind: 'clusters';
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  readonly clusters: readonly Cluster[];
  /** Labels that were ever given: none is given to another cluster. */
  readonly given: readonly string[];
}

/**
 * A logistic regression on standardised logarithms and their squares, or trees where these foretell better; and the line that
 * makes scores probabilities.
 */
export interface PropensityModel {
  readonly kind: 'propensity';
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  /** Of each feature, then of the square of each. */
  readonly weights: readonly number[];
  readonly intercept: number;
  /** Absent: the regression scores. */
  readonly trees?: readonly Tree[];
  readonly calibration: { readonly slope: number; readonly offset: number };
  /** The part of all who did it, 0 to 1. */
  readonly base: number;
}

/** BG/NBD (time in weeks), and Gamma-Gamma where what was paid is known. */
export interface LifetimeModel {
  readonly kind: 'lifetime_value';
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
  readonly spend?: { readonly p: number; readonly q: number; readonly v: number };
}

export type Model = RfmModel | ClusterModel | PropensityModel | LifetimeModel;

/** A model with the rule that it was trained for: people are scored by it as long as that is the rule. */
export interface Trained<One extends Model = Model> {
  /** First 16 hex digits of SHA-256 of the model. */
  readonly version: string;
  /** Hash of the rule. */
  readonly rule: string;
  readonly trainedAt: Milliseconds;
  readonly model: One;
}

/** What everybody is scored by, as one published document. */
export interface Models {
  readonly version: string;
  /** Only what was done up to this instant counts for a score: it stands until the next night. */
  readonly asOf: Milliseconds;
  /** By part: `rfm`, `clusters`, `lifetime_value`, `propensity.<name>`. */
  readonly parts: Readonly<Record<string, Trained>>;
}

/** Why a part has no (new) model. */
export interface Refusal {
  readonly code: 'too-few' | 'too-short' | 'no-structure' | 'leak' | 'no-fit';
  readonly says: string;
}

/** What is told about one training of one part. */
export interface ModelCard {
  /** `<asOf>.<part>`: sorts by time. */
  readonly id: string;
  readonly model: string;
  readonly asOf: string;
  readonly state: 'trained' | 'refused';
  /** Which model scores people from then on; null = none. */
  readonly version: string | null;
  /** When that was trained: before `asOf` where this training was refused and the former one stays. */
  readonly trainedAt: string | null;
  readonly refusal: Refusal | null;
  /** What it was learned from. */
  readonly data: {
    readonly from: string;
    readonly to: string;
    /** People who qualify, and how many of them were looked at. */
    readonly people: number;
    readonly sampled: number;
  };
  readonly metrics: JsonObject;
}
