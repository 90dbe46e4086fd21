/**
 * The cheapest way to give each of the fewer rows or columns one of the others, by going through every set of columns
 * (`mostClusters` is 8: 256 sets). Exact, so a label never depends on the order in which clusters were found. Returns the column
 * of each row; undefined = none was left.
 */
export function assign(costs: readonly (readonly number[])[]): readonly (number | undefined)[] {
  const columns = costs[0]?.length ?? 0;
  if (costs.length > columns) {
    const turned = assign(Array.from({ length: columns }, (_, at) => costs.map((row) => row[at] ?? 0)));
    return costs.map((_, row) => {
      const column = turned.indexOf(row);
      return column < 0 ? undefined : column;
    });
  }
  let ways = new Map<number, { readonly cost: number; readonly taken: readonly number[] }>([
    [0, { cost: 0, taken: [] }],
  ]);
  for (const row of costs) {
    const next: typeof ways = new Map();
    for (const [used, { cost, taken }] of ways) {
      for (const [column, one] of row.entries()) {
        const bit = 1 << column;
        if ((used & bit) !== 0) continue;
        const known = next.get(used | bit);
        if (known === undefined || cost + one < known.cost) {
          next.set(used | bit, { cost: cost + one, taken: [...taken, column] });
        }
      }
    }
    ways = next;
  }
  const [best] = [...ways.values()].sort((a, b) => a.cost - b.cost);
  return best?.taken ?? [];
}
