import { isJsonObject, type Json } from '../../../lib/domain/json.ts';
import type { ModelCard } from '../../../lib/domain/learned/model.ts';
import { Bars } from '../../charts/bars.tsx';
import { Facts } from '../../parts/facts.tsx';
import { percent } from '../../parts/numbers.ts';

/** What a training found, in the form that its kind of model has. */
export function ModelMetrics({ card: { metrics } }: { readonly card: ModelCard }) {
  return (
    <>
      <Clusters clusters={listIn(metrics.clusters)} />
      <Reliability groups={listIn(isJsonObject(metrics.reliability) ? metrics.reliability.bins : undefined)} />
      <Facts rows={Object.entries(metrics).flatMap(([name, value]) => factsOf(name, value))} />
    </>
  );
}

/** Each cluster by what sets it apart. */
function Clusters({ clusters }: { readonly clusters: readonly Readonly<Record<string, Json>>[] }) {
  if (clusters.length === 0) return undefined;
  return (
    <ul class="clusters">
      {clusters.map(({ label, share, says }) => (
        <li key={String(label)}>
          <strong>{String(label)}</strong> <span class="quiet">{percent(Number(share))} of them</span>
          <p>{String(says)}</p>
        </li>
      ))}
    </ul>
  );
}

/** What was foretold to groups of people who were held back from the training, beside what happened. */
function Reliability({ groups }: { readonly groups: readonly Readonly<Record<string, Json>>[] }) {
  if (groups.length === 0) return undefined;
  return (
    <>
      <h3>What was foretold, and what came</h3>
      <p class="quiet">Of people who were held back from the training, in groups from the least likely on.</p>
      <Bars
        most={100}
        rows={groups.map(({ foretold, did, share }, index) => ({
          key: String(index),
          name: `foretold ${percent(Number(foretold))}`,
          value: Math.round(Number(did) * 100),
          note: `of 100 did it; ${percent(Number(share))} of people`,
        }))}
      />
    </>
  );
}

function listIn(value: Json | undefined): readonly Readonly<Record<string, Json>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Numbers and words of the card that have no form of their own. */
function factsOf(name: string, value: Json): (readonly [string, string])[] {
  const words = WORDS[name] ?? name.replaceAll('_', ' ');
  if (typeof value === 'number') return [[words, value.toLocaleString('en-US', { maximumFractionDigits: 4 })]];
  if (typeof value === 'string') return [[words, value]];
  // How well each feature would tell it alone: what the model leans on.
  if (name === 'alone' && isJsonObject(value)) {
    const best = Object.entries(value)
      .sort(([, a], [, b]) => Number(b) - Number(a))
      .slice(0, MOST_FEATURES);
    return [[words, best.map(([feature, area]) => `${feature.replaceAll('_', ' ')} ${String(area)}`).join(', ')]];
  }
  return [];
}

const MOST_FEATURES = 5;

const WORDS: Readonly<Record<string, string>> = {
  did: 'People who did it',
  did_not: 'People who did not',
  auc: 'How well it tells them apart (0.5 to 1)',
  brier: 'Mean square of its errors (Brier)',
  silhouette: 'How well they part (silhouette, up to 1)',
  alone: 'How well each feature does alone',
  scores_by: 'Scored by',
};
