/** One row of numbers of a chart. */
export interface Series {
  readonly name: string;
  /** One for each day; null: not known. */
  readonly values: readonly (number | null)[];
  readonly kind: 'line' | 'area' | 'bars';
}

export interface ChartProps {
  readonly title: string;
  /** Days as `2026-11-21`, the oldest first. */
  readonly days: readonly string[];
  /** Up to four. */
  readonly series: readonly Series[];
  /** Pixels. @default 200 */
  readonly height?: number;
}
