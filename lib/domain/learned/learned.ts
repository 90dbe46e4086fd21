import { createHash } from 'node:crypto';
import { canonicalText } from '../canonical.ts';
import type { Milliseconds } from '../instant.ts';
import type { MadeOf } from '../segment/compile.ts';
import { clusterPart } from './clusters.ts';
import { type EntriesOf, isIncomplete, openReadings } from './feeds.ts';
import { lifetimePart } from './lifetime.ts';
import type { Model, Models } from './model.ts';
import type { Part, ToldTrait } from './part.ts';
import { propensityPart } from './propensity.ts';
import { rfmPart } from './rfm.ts';
import type { FeatureRule, LearnedRules } from './rules.ts';

/** Learned traits of a workspace, ready for every profile. */
export interface Learned extends MadeOf {
  readonly parts: readonly Part[];
  /** The models that score; undefined = nothing is learned yet. */
  readonly models: Models | undefined;
  /**
   * Trait path → value, all as of the models' instant: what is done later counts from the next night on, so that a score
   * stands between two nights whatever happens. Pure.
   */
  traitsOf(entriesOf: EntriesOf): ReadonlyMap<string, ToldTrait>;
  /** Feeds of which a profile kept less than is asked for, at the instant of the models or another. */
  incompleteIn(entriesOf: EntriesOf, asOf?: Milliseconds): readonly string[];
  /** The instant up to which entries may be cut as if it were now: what is older than a window before it is of no use. */
  cutAt(leafKey: string, now: Milliseconds): Milliseconds;
}

/** Prepares what a workspace learns, with the models that hold now. A model of another rule than the present is no model. */
export function openLearned(rules: LearnedRules, models?: Models): Learned {
  const { parts, kept } = openParts(rules);
  const asOf = models?.asOf;
  const scoring = parts.flatMap((part) => {
    const trained = models?.parts[part.name];
    return trained?.rule === part.rule ? [{ part, model: trained.model as Model }] : [];
  });
  const keys = new Set(kept.map(({ feed }) => feed.key));
  return {
    under: 'learned.',
    feeds: kept,
    reads: [],
    parts,
    models,
    traitsOf: (entriesOf) =>
      new Map(asOf === undefined ? [] : scoring.flatMap(({ part, model }) => part.tell(model, entriesOf, asOf))),
    incompleteIn: (entriesOf, at = asOf) =>
      at === undefined ? [] : kept.filter((one) => isIncomplete(one, entriesOf, at)).map(({ feed }) => feed.key),
    cutAt: (leafKey, now) => (asOf !== undefined && asOf < now && keys.has(leafKey) ? asOf : now),
  };
}

function openParts(rules: LearnedRules) {
  const { rfm, clusters, propensity = {}, lifetime_value: lifetime } = rules;
  const all: readonly FeatureRule[] = [
    ...(clusters?.features ?? []),
    ...Object.values(propensity).flatMap(({ features }) => features),
  ];
  const readings = openReadings([
    ...(rfm === undefined ? [] : [{ did: rfm.did, property: rfm.value }]),
    ...(lifetime === undefined ? [] : [{ did: lifetime.did, property: lifetime.value }]),
    ...all.map(({ did, take }) => ({ did, ...(typeof take === 'object' ? { property: take.sum } : {}) })),
  ]);
  const parts: readonly Part[] = [
    ...(rfm === undefined ? [] : [ruled(rfmPart(rfm, readings), rfm)]),
    ...(clusters === undefined ? [] : [ruled(clusterPart(clusters, readings), clusters)]),
    ...Object.entries(propensity).map(([name, rule]) => ruled(propensityPart(name, rule, readings), rule)),
    ...(lifetime === undefined ? [] : [ruled(lifetimePart(lifetime, readings), lifetime)]),
  ];
  return { parts, kept: readings.kept() };
}

/** Closes over the kind of a part's model, so that parts of different kinds stand in one list: each only gets its own. */
function ruled<One extends Model>(part: Omit<Part<One>, 'rule'>, rule: object): Part {
  return { ...part, rule: hashOf(rule) } as unknown as Part;
}

/** First 16 hex digits of SHA-256 over a value as canonical JSON. */
export function hashOf(value: object): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex').slice(0, 16);
}
