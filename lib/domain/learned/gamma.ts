/**
 * The logarithm of the gamma function for numbers above 0, to about 15 digits: the approximation of Lanczos (SIAM J. Numer.
 * Anal. B 1, 1964) with the nine coefficients for g = 7.
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const [first = 0, ...rest] = LANCZOS;
  const sum = rest.reduce((total, coefficient, at) => total + coefficient / (x + at), first);
  const base = x + 6.5;
  return HALF_LOG_TWO_PI + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

const MOST_TERMS = 20_000;

/** Gauss's hypergeometric function ₂F₁(a, b; c; z) for 0 ≤ z < 1 and c > 0, by its series. */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < MOST_TERMS; n += 1) {
    term *= (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    sum += term;
    if (Math.abs(term) <= 1e-13 * Math.abs(sum)) break;
  }
  return sum;
}
