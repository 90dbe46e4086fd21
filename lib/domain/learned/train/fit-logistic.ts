/** One person of a regression: standardised numbers, what became of them, and how many of all they stand for. */
export interface Weighed {
  readonly points: readonly number[];
  readonly did: boolean;
  readonly weight: number;
}

export interface Line {
  readonly weights: readonly number[];
  readonly intercept: number;
}

const MOST_STEPS = 50;

/**
 * Logistic regression by iteratively reweighted least squares, with a penalty of `penalty` / 2 on the square of each weight
 * but the intercept's: never without an answer, also where the two kinds of people part cleanly.
 */
export function fitLogistic(people: readonly Weighed[], width: number, penalty: number): Line {
  // The intercept stands first.
  let at = new Array<number>(width + 1).fill(0);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const gradient = at.map((one, index) => (index === 0 ? 0 : -penalty * one));
    const curve = at.map((_, row) => at.map((__, column) => (row === column ? (row === 0 ? 1e-9 : penalty) : 0)));
    for (const { points, did, weight } of people) {
      const row = [1, ...points];
      const chance = 1 / (1 + Math.exp(-dot(row, at)));
      const by = weight * ((did ? 1 : 0) - chance);
      const bend = weight * Math.max(1e-9, chance * (1 - chance));
      for (let i = 0; i < row.length; i += 1) {
        gradient[i] = (gradient[i] ?? 0) + by * (row[i] ?? 0);
        const line = curve[i];
        if (line === undefined) continue;
        for (let j = 0; j <= i; j += 1) line[j] = (line[j] ?? 0) + bend * (row[i] ?? 0) * (row[j] ?? 0);
      }
    }
    for (let i = 0; i < at.length; i += 1)
      for (let j = i + 1; j < at.length; j += 1) {
        const line = curve[i];
        if (line !== undefined) line[j] = curve[j]?.[i] ?? 0;
      }
    const move = solve(curve, gradient);
    // A step that would run away is shortened: the penalty draws it back.
    const longest = Math.max(1, ...move.map((one) => Math.abs(one) / 5));
    at = at.map((one, index) => one + (move[index] ?? 0) / longest);
    if (move.every((one) => Math.abs(one) < 1e-8)) break;
  }
  const [intercept = 0, ...weights] = at;
  return { weights, intercept };
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Solves a symmetric positive system by elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    const [here, there] = [rows[column] ?? [], rows[pivot] ?? []];
    [rows[column], rows[pivot]] = [there, here];
    const top = rows[column] ?? [];
    const head = top[column] ?? 0;
    if (head === 0) continue;
    for (let row = 0; row < size; row += 1) {
      const line = rows[row];
      if (row === column || line === undefined) continue;
      const by = (line[column] ?? 0) / head;
      if (by !== 0) for (let at = column; at <= size; at += 1) line[at] = (line[at] ?? 0) - by * (top[at] ?? 0);
    }
  }
  return rows.map((row, at) => ((row[at] ?? 0) === 0 ? 0 : (row[size] ?? 0) / (row[at] ?? 1)));
}
