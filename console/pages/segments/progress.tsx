import type { SegmentHistory } from '../../../lib/pipeline/describe/segment-history.ts';
import { all, useAnswer } from '../../app/reading.ts';
import { Chart } from '../../charts/chart.tsx';
import { Card } from '../../parts/card.tsx';
import { Figures } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';
import { LiftFacts, ObjectiveFacts } from './objective.tsx';

/** How a segment goes: its size, who came and went, its objective, and what being sent did. */
export function Progress({ segment }: { readonly segment: string }) {
  const params = { segment };
  const read = all(
    useAnswer('GET /api/segments/{segment}/history', { params }),
    useAnswer('GET /api/segments/{segment}/facts', { params }),
  );
  return (
    <Shown of={read}>
      {([history, { days, performance, lift }]) => {
        const oldestFirst = [...days].reverse();
        return (
          <>
            <Card title="Members" note={<HowCounted size={history.size} />} wide>
              <Figures
                rows={[
                  [count(history.size.members), 'members now'],
                  [sum(history, 'entered'), 'entered in two weeks'],
                  [sum(history, 'left'), 'left in two weeks'],
                ]}
              />
              {oldestFirst.length > 1 ? (
                <Chart
                  title="Size by day"
                  days={oldestFirst.map(({ day }) => day)}
                  series={[{ name: 'Members', kind: 'area', values: oldestFirst.map(({ size }) => size) }]}
                />
              ) : (
                <p class="quiet">Sizes are kept from the nightly counts: there are not two yet.</p>
              )}
              <Chart
                title="Who came and went"
                days={[...history.days].reverse().map(({ day }) => day)}
                series={[
                  { name: 'Entered', kind: 'line', values: [...history.days].reverse().map(({ entered }) => entered) },
                  { name: 'Left', kind: 'line', values: [...history.days].reverse().map(({ left }) => left) },
                ]}
                height={140}
              />
            </Card>
            <Card title="Objective">
              {performance === null ? (
                <p class="quiet">It has none, or nothing was counted yet.</p>
              ) : (
                <ObjectiveFacts performance={performance} />
              )}
            </Card>
            <Card title="Lift" note="against those who were held out">
              {lift.length === 0 ? <p class="quiet">Nobody is held out.</p> : <LiftFacts lift={lift} />}
            </Card>
          </>
        );
      }}
    </Shown>
  );
}

function sum({ days }: SegmentHistory, what: 'entered' | 'left'): string {
  const more = days.some((day) => day.more === true);
  return `${count(days.reduce((all, day) => all + day[what], 0))}${more ? ' or more' : ''}`;
}

function HowCounted({ size: { how, counted } }: Pick<SegmentHistory, 'size'>) {
  if (how === 'at least') return <>at least so many: everybody is counted at night</>;
  if (how === 'rows' || counted === null) return <>counted now</>;
  if (how === 'recount') {
    return (
      <>
        counted <Moment at={counted} />; very many came and went since
      </>
    );
  }
  return (
    <>
      counted <Moment at={counted} />, with who came and went since
    </>
  );
}
