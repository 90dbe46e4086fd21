import type { Estimate } from '../../../lib/domain/preview.ts';
import { count } from '../../parts/numbers.ts';

/** A number; of a sample with the ends of its 95 % interval. */
export function EstimateWords({ of: { count: value, least, most } }: { readonly of: Estimate }) {
  if (least === most) return <>{count(value)}</>;
  return (
    <span title={`between ${count(least)} and ${count(most)}, with 95 % certainty`}>
      ≈ {count(value)}{' '}
      <span class="quiet">
        {count(least)}–{count(most)}
      </span>
    </span>
  );
}
