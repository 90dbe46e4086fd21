import type { Performance } from '../../../lib/domain/review/facts.ts';
import type { Effect, Lift } from '../../../lib/domain/review/lift.ts';
import { spentWords } from '../../../lib/domain/review/review-lines.ts';
import { Gauge } from '../../charts/gauge.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Facts } from '../../parts/facts.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { titled } from '../../parts/words.ts';

const TONES = {
  reached: 'good',
  'on pace': 'good',
  behind: 'busy',
  missed: 'bad',
  'not measured': 'past',
} as const;

const METRICS: Readonly<Record<Performance['metric'], string>> = {
  conversion: 'conversion',
  activity_rate: 'share of members who did it',
  open_rate: 'open rate',
  revenue_per_member: 'revenue per member',
  retention: 'retention',
  size: 'size',
};

/** How far an objective is on its way, as a gauge, and in a word. */
export function ObjectiveGauge({
  performance,
  small = false,
}: {
  readonly performance: Performance;
  readonly small?: boolean;
}) {
  const { progress, standing, elapsed } = performance;
  const tone = TONES[standing];
  const label = `${METRICS[performance.metric]}: ${standing}`;
  return (
    <div class={small ? 'objective small' : 'objective'}>
      {progress !== null && (
        <Gauge share={progress} expected={elapsed} label={label} tone={tone === 'past' ? 'busy' : tone} />
      )}
      <Badge tone={tone}>{standing}</Badge>
    </div>
  );
}

/** An objective with its numbers. */
export function ObjectiveFacts({ performance }: { readonly performance: Performance }) {
  const { metric, value, baseline, target, expected, since, by, asked, owner, budget, share, spent } = performance;
  const tell = (number: number | null): string =>
    number === null
      ? 'not measured yet'
      : share
        ? percent(number)
        : number.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return (
    <div class="beside">
      <ObjectiveGauge performance={performance} />
      <Facts
        rows={[
          ['Measured by', METRICS[metric]],
          ['Now', `${tell(value)}${value === null || !share ? '' : `, of ${count(asked)} people`}`],
          ['Way', `from ${tell(baseline)} to ${tell(target)}`],
          expected === null ? undefined : ['On the line', `${tell(expected)} by now`],
          ['Time', `since ${since}, by ${by}`],
          owner === null ? undefined : ['Owner', owner],
          budget === null ? undefined : ['Budget', budget],
          spent === null ? undefined : ['Spent', spentWords(spent)],
        ]}
      />
    </div>
  );
}

/** What being sent did, as the difference to those who were held out, never without its interval. */
export function LiftFacts({ lift }: { readonly lift: readonly Lift[] }) {
  return (
    <Facts
      rows={lift.map(({ experiment, exposed, heldOut, metric, since, objective, revenue }) => [
        experiment,
        <div key={experiment}>
          <p>
            {metric === null ? 'Objective' : titled(METRICS[metric])}
            {objective.told && since === 'now' && ', as it stands'}:{' '}
            {effectWords(objective, (value) => `${(value * 100).toFixed(1)} points`)}
          </p>
          <p>Revenue a person: {effectWords(revenue, (value) => value.toFixed(2))}</p>
          <p class="quiet">
            {count(exposed)} were sent, {count(heldOut)} held out
          </p>
        </div>,
      ])}
    />
  );
}

const WHY_UNTOLD: Readonly<Record<Extract<Effect, { told: false }>['because'], string>> = {
  'too few': 'too few people to say anything',
  'not measured': 'not measured: the workspace does not say what it is',
  'no objective': 'none to compare by: the segment has no objective',
  'told as revenue': 'see revenue a person',
  'size is of nobody': 'size is the segment’s, and no person’s: nothing to compare',
};

function effectWords(effect: Effect, tell: (value: number) => string): string {
  if (!effect.told) return WHY_UNTOLD[effect.because];
  const { value, least, most, sure } = effect;
  const sign = value > 0 ? '+' : '';
  return `${sign}${tell(value)} (95 %: ${tell(least)} to ${tell(most)})${sure ? '' : ', which may be chance'}`;
}
