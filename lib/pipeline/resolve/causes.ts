import type { Change } from '../../domain/change.ts';
import type { Decided } from './decide-people.ts';

/** Of many that came together so many are told: a row stays small. */
const MOST_CAUSES = 5;

interface Caused {
  readonly changes: readonly Change[];
  readonly profiles: readonly string[];
  readonly cause?: string;
}

/** Fragment or profile id → what the work on it came by. */
export type Causes = ReadonlyMap<string, ReadonlySet<string>>;

/** What each record and each profile of a batch is worked on for. */
export function causesIn(batch: readonly Caused[]): Causes {
  const causes = new Map<string, Set<string>>();
  for (const { changes, profiles, cause } of batch) {
    if (cause === undefined) continue;
    const fragments = changes.flatMap((change) => (change.kind === 'account' ? [] : [change.fragment]));
    for (const id of [...fragments, ...profiles]) causes.set(id, (causes.get(id) ?? new Set()).add(cause));
  }
  return causes;
}

/** Profile id → what its decision came by, the latest of the batch, with spaces between. */
export function causedIn(
  stored: readonly Pick<Decided, 'component' | 'news' | 'merged' | 'owing'>[],
  causes: Causes,
): ReadonlyMap<string, string> {
  const caused = new Map<string, string>();
  if (causes.size === 0) return caused;
  for (const { component, news, merged, owing } of stored) {
    const met = [...component.byFragment.keys(), ...component.asked].flatMap((id) => [...(causes.get(id) ?? [])]);
    if (met.length === 0) continue;
    const text = [...new Set(met)].slice(-MOST_CAUSES).join(' ');
    for (const { id } of [...news, ...merged, ...owing]) caused.set(id, text);
  }
  return caused;
}
