import { logGamma } from '../gamma.ts';
import type { Buyer } from '../lifetime.ts';
import { minimise } from './nelder-mead.ts';

/** BG/NBD and the logarithm of its likelihood. */
export interface FittedPurchases {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
  readonly logLikelihood: number;
}

/** Gamma-Gamma and the logarithm of its likelihood. */
export interface FittedSpend {
  readonly p: number;
  readonly q: number;
  readonly v: number;
  readonly logLikelihood: number;
}

/**
 * The parameters under which what customers did is likeliest (Fader, Hardie and Lee, "Counting Your Customers the Easy Way",
 * Marketing Science 24:2, 2005, equation 6), sought on a logarithmic scale because all are above 0.
 */
export function fitPurchases(buyers: readonly Buyer[]): FittedPurchases {
  const counts = [...new Set(buyers.map(({ x }) => x))].sort((a, b) => a - b);
  const places = new Map(counts.map((x, at) => [x, at]));
  const people = buyers.map((one) => ({ ...one, place: places.get(one.x) ?? 0 }));

  function unlikelihood(at: readonly number[]): number {
    const [r = 1, alpha = 1, a = 1, b = 1] = at.map(Math.exp);
    // What depends on the number of purchases alone is worked out once for all who made so many.
    const shared = counts.map(
      (x) =>
        logGamma(r + x) -
        logGamma(r) +
        r * Math.log(alpha) +
        logGamma(a + b) +
        logGamma(b + x) -
        logGamma(b) -
        logGamma(a + b + x),
    );
    const turned = counts.map((x) => (x === 0 ? 0 : Math.log(a) - Math.log(b + x - 1)));
    let sum = 0;
    for (const { x, tx, age, place } of people) {
      const stays = -(r + x) * Math.log(alpha + age);
      const left = x === 0 ? Number.NEGATIVE_INFINITY : (turned[place] ?? 0) - (r + x) * Math.log(alpha + tx);
      const larger = Math.max(stays, left);
      sum += (shared[place] ?? 0) + larger + Math.log(Math.exp(stays - larger) + Math.exp(left - larger));
    }
    // In bounds where no quotient of gamma functions runs over.
    return at.some((one) => Math.abs(one) > 12) ? Number.POSITIVE_INFINITY : -sum;
  }

  const { at, value } = minimise(unlikelihood, [0, 1, 0, 1]);
  const [r = 1, alpha = 1, a = 1, b = 1] = at.map(Math.exp);
  return { r, alpha, a, b, logLikelihood: -value };
}

/**
 * The same of what each purchase brings ("The Gamma-Gamma Model of Monetary Value", 2013, equation 1a), from customers who
 * bought again and paid something.
 */
export function fitSpend(buyers: readonly Buyer[]): FittedSpend {
  const paying = buyers.filter(({ x, spend }) => x > 0 && spend > 0);
  const people = paying.map(({ x, spend }) => ({ x, spend, log: Math.log(spend), logX: Math.log(x) }));

  function unlikelihood(at: readonly number[]): number {
    const [p = 1, q = 1, v = 1] = at.map(Math.exp);
    const constant = -logGamma(q) + q * Math.log(v);
    let sum = 0;
    for (const { x, spend, log, logX } of people) {
      sum += logGamma(p * x + q) - logGamma(p * x) + constant;
      sum += (p * x - 1) * log + p * x * logX - (p * x + q) * Math.log(x * spend + v);
    }
    return at.some((one) => Math.abs(one) > 12) ? Number.POSITIVE_INFINITY : -sum;
  }

  const { at, value } = minimise(unlikelihood, [1, 1, 2]);
  const [p = 1, q = 1, v = 1] = at.map(Math.exp);
  return { p, q, v, logLikelihood: -value };
}
