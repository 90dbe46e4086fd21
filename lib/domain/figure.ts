/** A number that a tool tells of one day and of nobody: visits by channel, the reach of a page. */
export interface Figure {
  /** What is counted, in the tool's own word: `sessions`. */
  readonly name: string;
  /** By what it is split, in the tool's own words; empty = of everything. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** `count`, `seconds`, a currency such as `EUR`, or what else the tool says. */
  readonly unit: string;
}

/**
 * What a tool says against the exactness of a day's figures. `thresholded`: small numbers are withheld. `sampled`: worked out
 * from a part. `other-row`: rare values are summed up in one. `not-final`: the tool may still change the day.
 */
export type Caveat = 'thresholded' | 'sampled' | 'other-row' | 'not-final';

/** All figures that one report tells of one day. They stand together: whatever it told of that day before is replaced. */
export interface FigureDay {
  /** Which question was asked: a connection may ask several. */
  readonly report: string;
  /** The tool's own day, as 2026-11-20. */
  readonly day: string;
  readonly figures: readonly Figure[];
  readonly caveats: readonly Caveat[];
}

/** Most figures of one report on one day: more than anybody looks at, and what a few small documents hold. */
export const MOST_FIGURES = 10_000;

const DAY_MS = 86_400_000;

/** Whether a text is a day that exists. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && dayOf(Date.parse(text)) === text;
}

/** The UTC day of an instant in ms. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** A day so many days later, or before. */
export function daysAfter(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** A figure as one text: what tells it from the others of its day. */
export function figureKey({ name, dimensions }: Pick<Figure, 'name' | 'dimensions'>): string {
  const by = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return [name, ...by.map(([dimension, value]) => `${dimension}=${value}`)].join(' ');
}
