import { type Proposal, proposals, type Reason, type ReasonCode } from './proposal.ts';
import type { Findings } from './review.ts';

/** The thresholds of proposals; docs/segments.md lists them. */
export const thresholds = {
  /** Fewer people than this say nothing. */
  people: 30,
  /** Two segments are the same people from this Jaccard index on. */
  samePeople: 0.9,
  /** A trait that fewer than this share of everybody have decides about too few. */
  coverage: 0.2,
  /** Members, and people with the label, that must at least be right or found, with 95 % confidence. */
  accuracy: 0.7,
  /** Size grown or shrunk by this share since the review before. */
  drift: 0.5,
  /** Less than this share of the way that should be gone, with at least `elapsed` of the time gone. */
  pace: 0.5,
  elapsed: 0.25,
  /** Each of two alternatives lets in this share of the members alone. */
  group: 0.3,
  /** A segment of this share of everybody tells nobody apart. */
  everybody: 0.8,
} as const;

/**
 * What a review proposes, with every reason; total: there is always one, `keep` at least. Pure. Of several the heaviest
 * stands, in the order of `proposals`; too few people give no reason for anything but `empty` and `emptied`.
 */
export function propose(found: Findings): { readonly proposal: Proposal; readonly reasons: readonly Reason[] } {
  const reasons = [
    ...size(found),
    ...objective(found),
    ...budget(found),
    ...lift(found),
    ...overlap(found),
    ...accuracy(found),
    ...leaves(found),
    ...coverage(found),
    ...feedback(found),
  ].sort((a, b) => proposals.indexOf(a.proposal) - proposals.indexOf(b.proposal));
  const [first] = reasons;
  if (first !== undefined) return { proposal: first.proposal, reasons };
  return { proposal: 'keep', reasons: [because('keep', 'nothing-to-say', 'nothing speaks against it')] };
}

function because(proposal: Proposal, code: ReasonCode, says: string): Reason {
  return { code, proposal, says };
}

function enough({ size: { now } }: Findings): boolean {
  return now >= thresholds.people;
}

function size(found: Findings): Reason[] {
  const { now, before, change } = found.size;
  if (now === 0 && before !== null && before > 0) {
    return [because('fix', 'emptied', `it has nobody, and had ${count(before)}`)];
  }
  if (now === 0) return [because('retire', 'empty', 'it has nobody, and had nobody before')];
  const reasons: Reason[] = [];
  if (enough(found) && before !== null && before >= thresholds.people && change !== null) {
    if (Math.abs(change) >= thresholds.drift) {
      const way = change > 0 ? 'grew' : 'shrank';
      reasons.push(
        because('fix', 'drift', `it ${way} by ${percent(Math.abs(change))}, from ${count(before)} to ${count(now)}`),
      );
    }
  }
  if (enough(found) && now >= thresholds.everybody * found.people) {
    const says = `${percent(now / found.people)} of everybody are in it, so it tells hardly anybody apart`;
    reasons.push(because('split', 'everybody', says));
  }
  return reasons;
}

function objective(found: Findings): Reason[] {
  const { performance, lift: lifts } = found;
  if (performance === null || performance.asked < thresholds.people) return [];
  const { standing, progress, elapsed, by, metric } = performance;
  if (standing === 'reached') return [because('keep', 'reached', `${metric} reached its target`)];
  if (standing === 'missed') {
    const helps = lifts.some(({ objective: reached, revenue }) =>
      [reached, revenue].some((one) => one.told && one.sure && one.value > 0),
    );
    return helps
      ? [because('fix', 'missed', `${metric} missed its target of ${by}, although being sent helps`)]
      : [
          because(
            'retire',
            'missed-without-lift',
            `${metric} missed its target of ${by}, and no lift shows that being sent helps`,
          ),
        ];
  }
  if (standing === 'on pace') return [because('keep', 'on-pace', `${metric} is on the way to its target`)];
  if (
    standing === 'behind' &&
    progress !== null &&
    elapsed >= thresholds.elapsed &&
    progress < thresholds.pace * elapsed
  ) {
    const says = `${metric} has gone ${percent(Math.max(0, progress))} of its way, and ${percent(elapsed)} of the time is gone`;
    return [because('fix', 'behind', says)];
  }
  return [];
}

/** Costs are counted, so few people are no excuse. */
function budget({ performance }: Findings): Reason[] {
  const { budget: whole, spent } = performance ?? {};
  if (spent?.share == null || spent.share <= 1) return [];
  return [because('fix', 'over-budget', `pushing it cost ${percent(spent.share)} of its budget of ${whole}`)];
}

function lift({ lift: lifts }: Findings): Reason[] {
  return lifts.flatMap(({ experiment, metric, objective: reached, revenue }) => {
    const sure = [
      { what: metric?.replaceAll('_', ' ') ?? 'objective', ...reached },
      { what: 'revenue per person', ...revenue },
    ].filter((one) => one.told && one.sure);
    return sure.map((one) =>
      one.told && one.value < 0
        ? because(
            'retire',
            'harm',
            `in ${experiment} the ${one.what} of who was sent is lower than of who was held out`,
          )
        : because(
            'keep',
            'lift',
            `in ${experiment} the ${one.what} of who was sent is higher than of who was held out`,
          ),
    );
  });
}

function overlap(found: Findings): Reason[] {
  if (!enough(found)) return [];
  return found.overlaps
    .filter(({ jaccard }) => jaccard >= thresholds.samePeople)
    .map(({ b, jaccard }) =>
      because('merge', 'same-people', `${percent(jaccard)} of the people of it and ${b} are in both`),
    );
}

function accuracy({ accuracy: { label, sample } }: Findings): Reason[] {
  const reasons: Reason[] = [];
  const low = (most: number | undefined): boolean => most !== undefined && most < thresholds.accuracy;
  if (label !== null && low(label.precision?.most)) {
    reasons.push(
      because('fix', 'wrong-members', `its label applies to ${percent(label.precision?.value ?? 0)} of its members`),
    );
  }
  if (label !== null && low(label.recall?.most)) {
    const says = `it holds ${percent(label.recall?.value ?? 0)} of those to whom its label applies`;
    reasons.push(because('fix', 'misses-people', says));
  }
  if (sample !== null && low(sample.precision.most)) {
    const says = `of ${count(sample.right + sample.wrong)} members that the team looked at, ${count(sample.wrong)} are wrong`;
    reasons.push(because('fix', 'wrong-members', says));
  }
  return reasons;
}

function leaves(found: Findings): Reason[] {
  if (!enough(found) || found.leaves.length < 2) return [];
  // What stands under `not` guards against people who may come.
  const idle = found.leaves
    .filter(({ path, letsIn, keepsOut }) => letsIn + keepsOut === 0 && !/\.not\b/.test(path))
    .map(({ leaf }) => because('fix', 'idle-leaf', `nobody would come or go without: ${leaf}`));
  const groups = found.leaves.filter(({ letsIn }) => letsIn >= thresholds.group * found.size.now);
  if (groups.length < 2) return idle;
  const names = groups.map(({ leaf, letsIn }) => `${leaf} (${count(letsIn)})`).join('; ');
  return [
    ...idle,
    because('split', 'two-groups', `its alternatives hold different people, each alone in by: ${names}`),
  ];
}

function coverage(found: Findings): Reason[] {
  if (found.people < thresholds.people) return [];
  return found.coverage
    .filter(({ everybody }) => everybody < thresholds.coverage * found.people)
    .map(({ trait, everybody }) =>
      because(
        'fix',
        'thin-trait',
        `it reads ${trait}, of which ${percent(everybody / found.people)} of everybody have a value`,
      ),
    );
}

function feedback({ feedback: { nps } }: Findings): Reason[] {
  if (nps === null || nps.promoters + nps.passives + nps.detractors < thresholds.people || nps.score >= 0) return [];
  return [
    because(
      'fix',
      'unhappy',
      `more of its members would advise against us than recommend us (NPS ${Math.round(nps.score)})`,
    ),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

function count(people: number): string {
  return people.toLocaleString('en-US');
}
