import { to } from '../../app/addresses.ts';
import type { Alert, Workspace } from '../../app/answers.ts';
import { all, useAnswer } from '../../app/reading.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

type Connection = Workspace['connections'][number];

interface Row extends Connection {
  readonly alerts: readonly Alert[];
}

const AGAIN_MS = 10_000;

/** Every connection: whether it is well, and when it was last read. */
export function Page() {
  const every = (): number => AGAIN_MS;
  const read = all(useAnswer('GET /api/workspace', {}, { every }), useAnswer('GET /api/alerts', {}, { every }));
  return (
    <>
      <PageHead title="Connections" note="The tools that are read and written" />
      <Shown of={read}>
        {([{ connections }, alerts]) => (
          <Card title="All connections" note={`${connections.length}`}>
            {connections.length === 0 ? (
              <p class="quiet">None is defined.</p>
            ) : (
              <Table
                caption="Connections and their health"
                columns={COLUMNS}
                rows={connections.map((one): Row => ({ ...one, alerts: alertsOf(alerts, one.name) }))}
                rowKey={({ name }) => name}
              />
            )}
          </Card>
        )}
      </Shown>
    </>
  );
}

function alertsOf(alerts: readonly Alert[], connection: string): readonly Alert[] {
  return alerts.filter(({ subject }) => subject.startsWith(`${connection}/`));
}

const COLUMNS: readonly Column<Row>[] = [
  {
    title: 'Connection',
    by: ({ name }) => name,
    cell: ({ name, connector, webhook }) => (
      <>
        <strong>
          <a href={to('/connections/{connection}', { connection: name })}>{name}</a>
        </strong>
        <div class="quiet">{webhook ? `${connector}, with webhook` : connector}</div>
      </>
    ),
  },
  { title: 'Health', cell: (row) => <Health row={row} /> },
  {
    title: 'Streams',
    cell: ({ streams }) => (streams.length === 0 ? 'none' : streams.map(({ stream }) => stream).join(', ')),
  },
  { title: 'Last pull', cell: ({ streams }) => <LastPull streams={streams} /> },
];

function Health({ row: { streams, alerts } }: { readonly row: Row }) {
  const states = streams.map(({ run }) => run?.state);
  if (alerts.length > 0 || states.includes('failed')) return <Badge tone="bad">needs a person</Badge>;
  if (states.includes('running')) return <Badge tone="busy">reading</Badge>;
  if (streams.length > 0 && states.every((state) => state === undefined)) return <Badge tone="past">never read</Badge>;
  return <Badge tone="good">well</Badge>;
}

function LastPull({ streams }: Pick<Connection, 'streams'>) {
  const ends = streams.flatMap(({ run }) => (typeof run?.endedAt === 'string' ? [run.endedAt] : []));
  const latest = ends.sort().at(-1);
  return latest === undefined ? <span class="quiet">never</span> : <Moment at={latest} />;
}
