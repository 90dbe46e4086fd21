import { dollars } from '../cost/dollars.ts';
import type { Interval } from './interval.ts';
import type { Effect, Lift } from './lift.ts';
import type { Review } from './review.ts';
import type { Spent } from './spent.ts';

/** A part of a review as people read it, wherever: a title, a table, or sentences. */
export interface ReviewPart {
  readonly title: string;
  readonly head?: readonly string[];
  readonly rows?: readonly (readonly (string | number | null)[])[];
  readonly lines?: readonly string[];
}

/** What a review says, part by part. What nobody measures is left out; what is too few to tell says so. Pure. */
export function partsOfReview(review: Review): readonly ReviewPart[] {
  return [
    reasons(review),
    people(review),
    performance(review),
    lift(review),
    accuracy(review),
    leaves(review),
    coverage(review),
    overlaps(review),
    feedback(review),
    cost(review),
  ].filter((part) => part !== undefined);
}

type Part = ReviewPart | undefined;

function reasons({ reasons: given }: Review): Part {
  return { title: 'Why', lines: given.map(({ proposal, says }) => `${proposal}: ${says}`) };
}

function people({ size, movement, since, engagement, people: everybody }: Review): Part {
  const { now, before, change } = size;
  const lines = [`${count(now)} of ${count(everybody)} people`];
  if (since !== null && before !== null) {
    lines.push(`${count(before)} on ${since}${change === null ? '' : `, ${signed(change)} since`}`);
  }
  if (movement.days > 0) {
    const churn = movement.churn === null ? '' : `, churn ${percent(movement.churn)}`;
    const days = `${movement.days} ${movement.days === 1 ? 'day' : 'days'}`;
    lines.push(`in ${days} ${count(movement.entered)} entered and ${count(movement.left)} left${churn}`);
  }
  if (engagement !== null) lines.push(`engaged: ${count(engagement.members)}, ${interval(engagement.share)}`);
  return { title: 'People', lines };
}

function performance({ performance: found }: Review): Part {
  if (found === null) return undefined;
  const {
    metric,
    share,
    value,
    baseline,
    target,
    expected,
    progress,
    elapsed,
    since,
    by,
    standing,
    owner,
    budget,
    spent,
  } = found;
  const show = (amount: number | null): string =>
    amount === null ? 'not measured' : share ? percent(amount) : decimal(amount);
  return {
    title: 'Objective',
    lines: [
      `${metric} is ${show(value)}; the target is ${show(target)} by ${by}: ${standing}`,
      `from ${show(baseline)} on ${since}; ${percent(elapsed)} of the time is gone${progress === null ? '' : `, ${percent(progress)} of the way`}`,
      ...(expected === null ? [] : [`on a straight line it would be ${show(expected)} now`]),
      ...(owner === null ? [] : [`owner: ${owner}`]),
      ...(budget === null ? [] : [`budget: ${budget}${spent === null ? '' : `; ${spentWords(spent)}`}`]),
    ],
  };
}

function lift({ lift: found }: Review): Part {
  if (found.length === 0) return undefined;
  const rows = found.flatMap(({ experiment, exposed, heldOut, metric, since, objective, revenue }) => [
    [experiment, metricWords(metric, since), exposed, heldOut, ...effect(objective, points)],
    ...(tells(revenue) ? [[experiment, 'revenue per person', exposed, heldOut, ...effect(revenue, decimal)]] : []),
  ]);
  return {
    title: 'Lift against the holdout (95 % interval)',
    head: ['experiment', 'of', 'exposed', 'held out', 'lift', 'says'],
    rows,
  };
}

/** What pushing cost, beside the budget where both are dollars. */
export function spentWords({ dollars: spent, to, share }: Spent): string {
  if (to === null) return 'no day is counted yet that tells what was spent';
  const part = share === null ? 'not compared, because list prices are in US dollars' : `${percent(share)} of it`;
  return `${dollars(spent)} spent on pushing until ${to} (${part})`;
}

function metricWords(metric: Lift['metric'], since: Lift['since']): string {
  if (metric === null) return 'objective';
  return `${metric.replaceAll('_', ' ')}${since === 'now' ? ', as it stands' : ''}`;
}

function tells(effectOf: Effect): boolean {
  return effectOf.told || effectOf.because !== 'not measured';
}

function effect(found: Effect, show: (value: number) => string): readonly string[] {
  if (!found.told) return ['–', found.because];
  const lifted = `${show(found.value)} (${show(found.least)} to ${show(found.most)})`;
  return [lifted, found.sure ? (found.value > 0 ? 'helps' : 'harms') : 'not sure: the interval holds 0'];
}

function accuracy({ accuracy: { label, sample } }: Review): Part {
  const lines: string[] = [];
  if (label !== null) {
    if (label.precision !== null) lines.push(`the label applies to ${interval(label.precision)} of the members`);
    if (label.recall !== null) lines.push(`${interval(label.recall)} of those to whom it applies are members`);
  }
  if (sample !== null) {
    lines.push(
      `marked by the team: ${count(sample.right)} right, ${count(sample.wrong)} wrong, right are ${interval(sample.precision)}`,
    );
  }
  return lines.length === 0 ? undefined : { title: 'Accuracy', lines };
}

function leaves({ leaves: found }: Review): Part {
  if (found.length < 2) return undefined;
  return {
    title: 'What each condition does alone',
    head: ['condition', 'lets in', 'keeps out'],
    rows: found.map(({ leaf, letsIn, keepsOut }) => [leaf, letsIn, keepsOut]),
  };
}

function coverage({ coverage: found, size: { now }, people: everybody }: Review): Part {
  if (found.length === 0) return undefined;
  return {
    title: 'People with a value of its traits',
    head: ['trait', 'members', 'everybody'],
    rows: found.map((one) => [one.trait, part(one.members, now), part(one.everybody, everybody)]),
  };
}

function overlaps({ overlaps: found }: Review): Part {
  if (found.length === 0) return undefined;
  return {
    title: 'Overlaps',
    head: ['segment', 'in both', 'of this one', 'of the other'],
    rows: found.map(({ b, both, shareOfA, shareOfB }) => [b, both, percent(shareOfA), percent(shareOfB)]),
  };
}

function feedback({ feedback: { comments, nps, sentiment } }: Review): Part {
  const lines = comments.map(({ by, at, text }) => `${at.slice(0, 10)} ${by}: ${text}`);
  if (nps !== null) {
    const { promoters, passives, detractors, score } = nps;
    lines.push(`NPS ${Math.round(score)} of ${count(promoters + passives + detractors)} members who answered`);
  }
  if (sentiment !== null)
    lines.push(`sentiment ${decimal(sentiment.mean)} (-1 to 1) of ${count(sentiment.people)} members`);
  return lines.length === 0 ? undefined : { title: 'Feedback', lines };
}

function cost({ cost: { runs, added, removed, calls } }: Review): Part {
  if (runs === 0) return undefined;
  const pushes = `${count(runs)} ${runs === 1 ? 'push' : 'pushes'}`;
  return {
    title: 'Cost',
    lines: [`${pushes}: ${count(added)} added, ${count(removed)} removed, ${count(calls)} calls`],
  };
}

function part(found: number, of: number): string {
  return of === 0 ? '–' : `${count(found)} (${percent(found / of)})`;
}

function interval({ value, least, most }: Interval): string {
  return `${percent(value)} (${percent(least)} to ${percent(most)})`;
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

function points(share: number): string {
  return `${share > 0 ? '+' : ''}${Math.round(share * 1_000) / 10} points`;
}

function signed(change: number): string {
  return `${change > 0 ? '+' : ''}${Math.round(change * 1_000) / 10} %`;
}

function decimal(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
