import { count } from './numbers.ts';
import { reasonWords } from './words.ts';

/** Counts by reason, the largest first: the number, its name, and the name in words. */
export function ReasonList({
  counts,
  none,
}: {
  readonly counts: Readonly<Record<string, number>>;
  readonly none: string;
}) {
  const rows = Object.entries(counts)
    .filter(([, people]) => people > 0)
    .sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return <p class="quiet">{none}</p>;
  return <CountList rows={rows.map(([reason, people]) => [people, reason, reasonWords(reason)])} />;
}

/** Numbers with a name and what it means. */
export function CountList({
  rows,
}: {
  readonly rows: readonly (readonly [people: number, name: string, means: string])[];
}) {
  return (
    <ul class="counts">
      {rows.map(([people, name, means]) => (
        <li key={name}>
          <span class="people">{count(people)}</span>
          <span>
            <strong>{name}</strong> <span class="quiet">{means}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
