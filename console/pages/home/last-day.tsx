import { pushCounts } from '../../../lib/domain/tally.ts';
import type { DayPage } from '../../../lib/pipeline/describe/describe-day.ts';
import type { SegmentPage } from '../../../lib/pipeline/describe/segment-list.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { to } from '../../app/addresses.ts';
import { Bars } from '../../charts/bars.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { Figures } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { change, count } from '../../parts/numbers.ts';
import { type Column, Table } from '../../parts/table.tsx';

const SEGMENTS_SHOWN = 8;

/** The last 24 hours: what was pulled, what was pushed and how it ended, whose size moved. */
export function LastDay({ day, largest }: { readonly day: DayPage; readonly largest: SegmentPage }) {
  const sum = (of: (one: DayPage['pulls'][number]) => number): number =>
    day.pulls.reduce((all, one) => all + of(one), 0);
  const sent = day.pushes.reduce((all, { tally }) => all + tally.added + tally.removed, 0);
  return (
    <>
      <Card
        title="The last day"
        note={
          <>
            since <Moment at={day.from} />
            {day.more && '; more ran than is counted here'}
          </>
        }
        wide
      >
        <Figures
          rows={[
            [count(sum(({ runs }) => runs)), 'pulls', to('/connections')],
            [count(sum(({ people }) => people)), 'people told of by sources'],
            [count(day.pushes.length), 'pushes', to('/audiences')],
            [count(sent), 'added to or removed from lists'],
            [count(sum(({ rejected }) => rejected)), 'records quarantined', to('/data')],
          ]}
        />
      </Card>
      <Card title="Pushes" note={`${day.pushes.length}`} wide>
        {day.pushes.length === 0 ? (
          <p class="quiet">Nothing was pushed.</p>
        ) : (
          <Table
            caption="Pushes of the last day, newest first"
            rows={day.pushes}
            rowKey={({ id }) => id}
            columns={PUSHES}
            step={10}
          />
        )}
      </Card>
      <Card title="Pulls" note={`${day.pulls.length} connections`}>
        {day.pulls.length === 0 ? (
          <p class="quiet">Nothing was pulled.</p>
        ) : (
          <Table
            caption="Pulls of the last day by connection"
            rows={day.pulls}
            rowKey={({ connection }) => connection}
            columns={PULLS}
          />
        )}
      </Card>
      <SizeCard day={day} largest={largest} />
    </>
  );
}

const PUSHES: readonly Column<PushRun>[] = [
  {
    title: 'Audience',
    kind: 'long',
    cell: ({ id, audience }) => <a href={to('/runs/{run}', { run: id })}>{audience}</a>,
  },
  { title: 'Started', cell: ({ startedAt }) => <Moment at={startedAt} /> },
  { title: 'State', cell: ({ state }) => <Badge>{state}</Badge> },
  { title: 'Outcomes', cell: ({ tally }) => outcomeWords(tally) },
];

function outcomeWords(tally: PushRun['tally']): string {
  const told = pushCounts.filter((name) => tally[name] > 0).map((name) => `${count(tally[name])} ${name}`);
  return told.length === 0 ? 'nothing to do' : told.join(', ');
}

const PULLS: readonly Column<DayPage['pulls'][number]>[] = [
  {
    title: 'Connection',
    cell: ({ connection }) => <a href={to('/connections/{connection}', { connection })}>{connection}</a>,
  },
  { title: 'Pulls', kind: 'number', cell: ({ runs }) => count(runs) },
  {
    title: 'Failed',
    kind: 'number',
    cell: ({ failed }) => <span class={failed > 0 ? 'bad' : ''}>{count(failed)}</span>,
  },
  { title: 'Changes', kind: 'number', cell: ({ changes }) => count(changes) },
];

/** Segments whose size moved between the two latest counts; before there are two, the largest. */
function SizeCard({
  day: { sizes },
  largest: { segments, total },
}: {
  readonly day: DayPage;
  readonly largest: SegmentPage;
}) {
  if (sizes !== null && sizes.segments.length > 0) {
    const rows = sizes.segments.slice(0, SEGMENTS_SHOWN).map(({ segment, title, before, after }) => ({
      key: segment,
      name: <a href={to('/segments/{segment}', { segment })}>{title}</a>,
      value: after,
      note: change(after - before),
    }));
    return (
      <Card
        title="Segments that moved"
        note={
          <>
            since <Moment at={sizes.from} />
          </>
        }
      >
        <Bars rows={rows} />
      </Card>
    );
  }
  return (
    <Card title="Segments" note={`the largest of ${total}`}>
      {segments.length === 0 ? (
        <p class="quiet">None is defined.</p>
      ) : (
        <Bars
          rows={segments.map(({ segment, title, members }) => ({
            key: segment,
            name: <a href={to('/segments/{segment}', { segment })}>{title}</a>,
            value: members,
          }))}
        />
      )}
    </Card>
  );
}
