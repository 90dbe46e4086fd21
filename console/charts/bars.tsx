import type { ComponentChildren } from 'preact';
import { count } from '../parts/numbers.ts';

export interface BarRow {
  readonly key: string;
  readonly name: ComponentChildren;
  readonly value: number;
  /** Beside the number. */
  readonly note?: ComponentChildren;
}

/** Numbers beside each other as bars. The bar is a picture of the number beside it, so it is none to a screen reader. */
export function Bars({ rows, most }: { readonly rows: readonly BarRow[]; readonly most?: number }) {
  const whole = most ?? Math.max(1, ...rows.map(({ value }) => value));
  return (
    <ul class="bars">
      {rows.map(({ key, name, value, note }) => (
        <li key={key}>
          <span class="name">{name}</span>
          <span class="people">
            {count(value)} {note !== undefined && <span class="quiet">{note}</span>}
          </span>
          <ShareBar share={whole === 0 ? 0 : value / whole} />
        </li>
      ))}
    </ul>
  );
}

/** A share of a whole as a bar. */
export function ShareBar({ share, tone }: { readonly share: number; readonly tone?: 'good' | 'busy' | 'bad' }) {
  const width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return (
    <span class={`bar ${tone ?? ''}`} aria-hidden="true">
      <span style={{ width }} />
    </span>
  );
}
