import { notAsAsked } from '../../../lib/domain/tally.ts';
import { to } from '../../app/addresses.ts';
import type { Audience } from '../../app/answers.ts';
import { useAnswer } from '../../app/reading.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

/** Every audience with its latest push. */
export function Page() {
  const audiences = useAnswer('GET /api/audiences');
  return (
    <>
      <PageHead title="Audiences" note="Segments bound to a list in a tool, and how the last push of each ended" />
      <Shown of={audiences}>
        {(rows) => (
          <Card title="All audiences" note={`${rows.length}`}>
            {rows.length === 0 ? (
              <p class="quiet">None is defined.</p>
            ) : (
              <Table
                caption="Audiences and their last push"
                columns={COLUMNS}
                rows={rows}
                rowKey={({ audience }) => audience}
              />
            )}
          </Card>
        )}
      </Shown>
    </>
  );
}

const COLUMNS: readonly Column<Audience>[] = [
  {
    title: 'Audience',
    by: ({ audience }) => audience,
    cell: ({ audience, segment, connection, schedule }) => (
      <div>
        <strong>
          <a href={to('/audiences/{audience}', { audience })}>{audience}</a>
        </strong>
        <div class="quiet">
          {segment} → {connection}, {schedule ?? 'on demand'}
        </div>
      </div>
    ),
  },
  { title: 'Wanted', kind: 'number', by: wanted, cell: (row) => count(wanted(row)) },
  { title: 'Blocked', kind: 'number', by: blocked, cell: (row) => count(blocked(row)) },
  { title: 'Not reached', kind: 'number', by: notReached, cell: (row) => count(notReached(row)) },
  { title: 'Last push', cell: LastPush },
];

function wanted({ summary }: Audience): number {
  return Number(summary?.wanted ?? 0);
}

function blocked({ summary }: Audience): number {
  return Number(summary?.blocked ?? 0);
}

/** Wanted, and the tool did not take them. */
function notReached({ summary }: Audience): number {
  return [...notAsAsked, 'waiting'].reduce((sum, place) => sum + Number(summary?.[place] ?? 0), 0);
}

function LastPush({ run }: Audience) {
  if (run === null) return <span class="quiet">never</span>;
  return (
    <div>
      <Badge>{String(run.state)}</Badge>{' '}
      <a href={to('/runs/{run}', { run: String(run.id) })}>
        <Moment at={String(run.endedAt ?? run.startedAt)} />
      </a>
    </div>
  );
}
