/** The lowest point that was found, and the value there. */
export interface Minimum {
  readonly at: readonly number[];
  readonly value: number;
}

const MOST_STEPS = 4_000;

/**
 * The minimum of a function without its derivatives: the simplex of Nelder and Mead (Computer Journal 7:4, 1965) with the
 * usual coefficients, begun anew where it ended until that finds nothing lower.
 */
export function minimise(of: (at: readonly number[]) => number, from: readonly number[], size = 0.5): Minimum {
  let best = descend(of, from, size);
  for (let again = 0; again < 5; again += 1) {
    const next = descend(of, best.at, size / 4);
    const lower = best.value - next.value;
    if (next.value < best.value) best = next;
    if (!(lower > 1e-9 * (1 + Math.abs(best.value)))) break;
  }
  return best;
}

function descend(of: (at: readonly number[]) => number, from: readonly number[], size: number): Minimum {
  const measured = (at: readonly number[]): Minimum => {
    const value = of(at);
    return { at, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  const corners = [from, ...from.map((_, moved) => from.map((one, at) => (at === moved ? one + size : one)))];
  let simplex = corners.map(measured);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst, second] = [simplex[0], simplex.at(-1), simplex.at(-2)];
    if (best === undefined || worst === undefined || second === undefined) break;
    if (isSettled(simplex, best)) break;
    const middle = from.map((_, at) => mean(simplex.slice(0, -1).map((corner) => corner.at[at] ?? 0)));
    const along = (by: number) => measured(middle.map((one, at) => one + by * ((worst.at[at] ?? 0) - one)));
    const reflected = along(-1);
    let taken: Minimum | undefined;
    if (reflected.value < best.value) {
      const further = along(-2);
      taken = further.value < reflected.value ? further : reflected;
    } else if (reflected.value < second.value) taken = reflected;
    else {
      const nearer = reflected.value < worst.value ? along(-0.5) : along(0.5);
      if (nearer.value < Math.min(reflected.value, worst.value)) taken = nearer;
    }
    if (taken === undefined) {
      simplex = simplex.map((corner) =>
        corner === best ? best : measured(corner.at.map((one, at) => ((best.at[at] ?? 0) + one) / 2)),
      );
    } else simplex = [...simplex.slice(0, -1), taken];
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0] ?? measured(from);
}

function isSettled(simplex: readonly Minimum[], best: Minimum): boolean {
  return simplex.every(
    ({ at, value }) =>
      Math.abs(value - best.value) <= 1e-10 * (1 + Math.abs(best.value)) &&
      at.every((one, index) => Math.abs(one - (best.at[index] ?? 0)) <= 1e-7 * (1 + Math.abs(one))),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
