/** A share or a difference, with the ends of its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** z of a two-sided 95 % interval. */
const Z = 1.959964;

/**
 * The share of `found` among `of`, 1 or more, with Wilson's score interval (E. B. Wilson, JASA 22, 1927): it stays within
 * 0 and 1 and holds its level for small numbers too, where `p ± 1.96 s` does neither.
 */
export function shareOf(found: number, of: number): Interval {
  const value = found / of;
  const z2 = (Z * Z) / of;
  const middle = (value + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * value * (1 - value) + (z2 * z2) / 4) / (1 + z2);
  return {
    value,
    least: Math.max(0, Math.min(value, middle - half)),
    most: Math.min(1, Math.max(value, middle + half)),
  };
}

/** So many of so many people. */
export interface Proportion {
  readonly found: number;
  readonly of: number;
}

/**
 * How much larger one share is than another, with Newcombe's hybrid score interval (R. G. Newcombe, Statistics in Medicine
 * 17, 1998, method 10): made of the two Wilson intervals, so it keeps its level where shares are small, as conversions are.
 */
export function differenceOfShares(a: Proportion, b: Proportion): Interval {
  const [one, other] = [shareOf(a.found, a.of), shareOf(b.found, b.of)];
  const value = one.value - other.value;
  return {
    value,
    least: value - Math.hypot(one.value - one.least, other.most - other.value),
    most: value + Math.hypot(one.most - one.value, other.value - other.least),
  };
}

/** Numbers of people, as their count, sum and sum of squares. */
export interface Sample {
  readonly of: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * How much larger one mean is than another, by Welch's t (B. L. Welch, Biometrika 34, 1947): the two sides may spread
 * differently. Degrees of freedom by Welch and Satterthwaite, t by the expansion in Abramowitz and Stegun 26.7.5, which is
 * exact to three decimals from 10 on. Each side needs two people or more; sides without any spread have an exact difference.
 */
export function differenceOfMeans(a: Sample, b: Sample): Interval {
  const value = a.sum / a.of - b.sum / b.of;
  const [one, other] = [varianceOf(a) / a.of, varianceOf(b) / b.of];
  const both = one + other;
  if (both === 0) return { value, least: value, most: value };
  const freedom = (both * both) / ((one * one) / (a.of - 1) + (other * other) / (b.of - 1));
  const half = studentOf(freedom) * Math.sqrt(both);
  return { value, least: value - half, most: value + half };
}

/** Unbiased; rounding of large sums may leave a little less than nothing. */
function varianceOf({ of, sum, squares }: Sample): number {
  return Math.max(0, (squares - (sum * sum) / of) / (of - 1));
}

/** The 97.5 % point of Student's t. */
function studentOf(freedom: number): number {
  const [z3, z5, z7] = [Z ** 3, Z ** 5, Z ** 7];
  return (
    Z +
    (z3 + Z) / (4 * freedom) +
    (5 * z5 + 16 * z3 + 3 * Z) / (96 * freedom ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * freedom ** 3)
  );
}
