import { useState } from 'preact/hooks';
import type { ConnectionPage, Quota, StreamLine } from '../../../lib/pipeline/describe/describe-connection.ts';
import type { SyncRun } from '../../../lib/pipeline/sync/sync-run.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { ShareBar } from '../../charts/bars.tsx';
import { Badge } from '../../parts/badge.tsx';
import { DoButton } from '../../parts/button.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

const FOLLOW_MS = 1_500;
const AGAIN_MS = 15_000;

/** A connection: where its streams stand, what it took of its quota, its latest runs; and reading it now. */
export function Page({ params: { connection = '' } }: PageProps) {
  const reading = useAnswer('GET /api/connections/{connection}', { params: { connection } }, { every });
  const [job, setJob] = useState<string>();
  return (
    <>
      <PageHead
        title={connection}
        above={{ title: 'Connections', href: to('/connections') }}
        note={reading.value !== undefined && noteOf(reading.value)}
      >
        <Allowed to="POST /api/pull">
          <DoButton
            does={async () => {
              setJob((await ask('POST /api/pull', { body: { connection } })).id);
              reading.again();
            }}
          >
            Pull now
          </DoButton>
        </Allowed>
      </PageHead>
      {job !== undefined && (
        <JobStanding
          key={job}
          job={job}
          running="It is being read…"
          ended={({ parts }) => (
            <p>Read: {count(sum(parts, 'changes'))} changes, and everybody they tell of is up to date.</p>
          )}
          whenEnded={reading.again}
        />
      )}
      <Shown of={reading}>
        {(page) => (
          <Cards>
            <Card title="Streams" note={`${page.streams.length}`} wide>
              {page.streams.length === 0 ? (
                <p class="quiet">Nothing is pulled from it.</p>
              ) : (
                <Table
                  caption={`Streams of ${connection}`}
                  columns={STREAMS}
                  rows={page.streams}
                  rowKey={({ stream }) => stream}
                />
              )}
            </Card>
            <QuotaCard quota={page.quota} />
            <Card title="Latest runs" note={`${page.runs.length}`} wide>
              {page.runs.length === 0 ? (
                <p class="quiet">None.</p>
              ) : (
                <Table
                  caption={`Runs of ${connection}, newest first`}
                  columns={RUNS}
                  rows={page.runs}
                  rowKey={({ id }) => id}
                />
              )}
            </Card>
          </Cards>
        )}
      </Shown>
    </>
  );
}

function every({ streams }: ConnectionPage): number {
  return streams.some(({ run }) => run?.state === 'running') ? FOLLOW_MS : AGAIN_MS;
}

function noteOf({ connector, webhook }: ConnectionPage): string {
  return webhook ? `${connector}, with webhook` : connector;
}

function sum(parts: readonly Readonly<Record<string, unknown>>[], name: string): number {
  return parts.reduce((total, part) => total + Number(part[name] ?? 0), 0);
}

const STREAMS: readonly Column<StreamLine>[] = [
  {
    title: 'Stream',
    cell: ({ stream, schedule }) => (
      <>
        <strong>{stream}</strong>
        <div class="quiet">{schedule}</div>
      </>
    ),
  },
  { title: 'Stands', cell: (line) => <Standing line={line} /> },
  { title: 'Last pull', cell: ({ run }) => (run === null ? 'never' : <Moment at={run.endedAt ?? run.startedAt} />) },
  { title: 'Brought', kind: 'number', cell: ({ run }) => (run === null ? '–' : brought(run)) },
  { title: 'Quarantined', kind: 'number', cell: ({ run }) => count(run?.rejected ?? 0) },
];

/** A stream of figures brings no changes: its figures are of nobody. */
function brought({ changes, figures }: Pick<SyncRun, 'changes' | 'figures'>): string {
  return figures === undefined ? many(changes, 'change') : many(figures, 'figure');
}

function many(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** How a stream stands, in a word; and how far it is while everything is read. */
function Standing({ line: { run, settled, waitsUntil, wholeSince } }: { readonly line: StreamLine }) {
  if (run === null) return <span class="quiet">never read</span>;
  return (
    <>
      <Badge>{run.state}</Badge>{' '}
      {run.state === 'finished' && !settled && <span class="busy">its last people are being brought up to date</span>}
      {run.state === 'running' && run.backfill && (
        <div class="quiet" role="status">
          reading everything{run.toRead === undefined ? ': ' : `, ${percent(shareRead(run.toRead))}: `}
          {count(run.pages)} pages, {count(run.changes)} changes
          {run.toRead !== undefined && run.toRead.left > 0 && `, ${count(run.toRead.left)} records to come`}, since{' '}
          <Moment at={run.startedAt} />
          {run.toRead !== undefined && <ShareBar share={shareRead(run.toRead)} />}
        </div>
      )}
      {waitsUntil !== null && (
        <div class="busy">
          the tool asks to wait until <Moment at={waitsUntil} />
        </div>
      )}
      {run.error !== undefined && (
        <div class="bad">
          {run.error.message} <code>{run.error.code}</code>
        </div>
      )}
      {wholeSince !== null && (
        <div class="quiet">
          whole since <Moment at={wholeSince} />
        </div>
      )}
    </>
  );
}

function shareRead({ left, of }: NonNullable<SyncRun['toRead']>): number {
  return of === 0 ? 1 : 1 - left / of;
}

function QuotaCard({ quota: { calls, most, share, reported, blockedUntil } }: { readonly quota: Quota }) {
  const used = most === null ? undefined : calls / most;
  return (
    <Card title="Calls today" note="UTC day" wide>
      <p>
        <strong>{count(calls)}</strong> {most === null ? 'calls were made' : `of ${count(most)} calls`}
        {share < 1 && `; at most ${percent(share)} of the tool’s day are ours`}
      </p>
      {used !== undefined && <ShareBar share={used} tone={used > 0.9 ? 'bad' : used > 0.7 ? 'busy' : 'good'} />}
      {most === null && <p class="quiet">Set requests_per_day in the connection to see the share of its quota.</p>}
      {reported !== null && (
        <p class="quiet">
          The tool said {count(reported.used)} of {count(reported.limit)} were used by everybody,{' '}
          <Moment at={reported.at} />.
        </p>
      )}
      {blockedUntil !== null && (
        <p class="busy">
          The tool asks everybody to wait until <Moment at={blockedUntil} />.
        </p>
      )}
    </Card>
  );
}

const RUNS: readonly Column<SyncRun>[] = [
  { title: 'Started', cell: ({ startedAt }) => <Moment at={startedAt} /> },
  { title: 'Stream', cell: ({ stream, backfill }) => (backfill ? `${stream}, everything` : stream) },
  { title: 'State', cell: ({ state }) => <Badge>{state}</Badge> },
  { title: 'Pages', kind: 'number', cell: ({ pages }) => count(pages) },
  { title: 'Brought', kind: 'number', cell: brought },
  { title: 'Our own', kind: 'number', cell: ({ echoes = 0 }) => count(echoes) },
  { title: 'Quarantined', kind: 'number', cell: ({ rejected }) => count(rejected) },
];
