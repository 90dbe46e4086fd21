import type { ComponentChildren } from 'preact';

/** Names and what they are, one under the other; rows that are undefined are left out. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, what: ComponentChildren] | undefined)[];
}) {
  return (
    <dl class="facts">
      {rows.map(
        (row) =>
          row !== undefined && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Numbers that a page is about, large, each with its words. */
export function Figures({
  rows,
}: {
  readonly rows: readonly (readonly [number: string, words: ComponentChildren, href?: string])[];
}) {
  return (
    <ul class="figures">
      {rows.map(([number, words, href], index) => (
        <li key={index}>
          <strong>{href === undefined ? number : <a href={href}>{number}</a>}</strong>{' '}
          <span class="quiet">{words}</span>
        </li>
      ))}
    </ul>
  );
}
