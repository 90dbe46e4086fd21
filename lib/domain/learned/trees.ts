/** A leaf's score, or a question: those whose feature is above a number go high; and the score of all who are asked. */
export type Tree = number | readonly [feature: number, above: number, here: number, low: Tree, high: Tree];

/**
 * The score of somebody's numbers by all trees, and what each feature had to do with it: the difference that its questions made
 * on the way (Saabas 2014). These add up to the score, less what everybody starts from.
 */
export function askTrees(trees: readonly Tree[], values: readonly number[]) {
  const by = values.map(() => 0);
  let score = 0;
  for (const tree of trees) {
    let at = tree;
    while (typeof at !== 'number') {
      const [feature, above, here, low, high]: Exclude<Tree, number> = at;
      at = (values[feature] ?? 0) > above ? high : low;
      by[feature] = (by[feature] ?? 0) + (typeof at === 'number' ? at : at[2]) - here;
    }
    score += at;
  }
  return { score, by };
}
