/** A prediction about somebody, what became of them, and how many of all they stand for. */
export interface Judged {
  readonly score: number;
  readonly did: boolean;
  readonly weight: number;
}

/**
 * The area under the ROC curve: how likely somebody who did it has the higher score than somebody who did not, where equal
 * scores count half. 0.5 without one of both.
 */
export function areaUnderCurve(people: readonly Judged[]): number {
  const sorted = [...people].sort((a, b) => a.score - b.score);
  let [below, area, yes, no] = [0, 0, 0, 0];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    let [yesHere, noHere] = [0, 0];
    for (; to < sorted.length && sorted[to]?.score === sorted[from]?.score; to += 1) {
      const one = sorted[to];
      if (one?.did === true) yesHere += one.weight;
      else noHere += one?.weight ?? 0;
    }
    area += yesHere * (below + noHere / 2);
    below += noHere;
    yes += yesHere;
    no += noHere;
    from = to;
  }
  return yes === 0 || no === 0 ? 0.5 : area / (yes * no);
}

/** Ten groups of equal weight by prediction: what was foretold of each on average, and which part did it. */
export function reliabilityOf(people: readonly Judged[]) {
  const sorted = [...people].sort((a, b) => a.score - b.score);
  const all = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const groups = Array.from({ length: 10 }, () => ({ foretold: 0, did: 0, weight: 0 }));
  let before = 0;
  for (const { score, did, weight } of sorted) {
    const group = groups[Math.min(9, Math.floor((10 * before) / all))];
    before += weight;
    if (group === undefined) continue;
    group.foretold += score * weight;
    group.did += did ? weight : 0;
    group.weight += weight;
  }
  const told = groups.filter(({ weight }) => weight > 0);
  const bins = told.map(({ foretold, did, weight }) => ({
    foretold: rounded(foretold / weight),
    did: rounded(did / weight),
    share: rounded(weight / all),
  }));
  const error = told.reduce((sum, { foretold, did }) => sum + Math.abs(foretold - did) / all, 0);
  return { bins, error: rounded(error) };
}

/** The mean square of what predictions were off by. */
export function brierOf(people: readonly Judged[]): number {
  const all = people.reduce((sum, { weight }) => sum + weight, 0);
  return people.reduce((sum, { score, did, weight }) => sum + (weight * (score - (did ? 1 : 0)) ** 2) / all, 0);
}

/** To four digits, as cards tell numbers. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toFixed(digits));
}
