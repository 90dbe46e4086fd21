import { useState } from 'preact/hooks';
import { notAsAsked, pushCounts } from '../../../lib/domain/tally.ts';
import type { DryRun } from '../../../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import type { AudienceSummary } from '../../../lib/pipeline/push/summaries.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import type { Alert, AudiencePage } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { all, useAnswer } from '../../app/reading.ts';
import { Badge } from '../../parts/badge.tsx';
import { DoButton } from '../../parts/button.tsx';
import { Card, Cards, Stack } from '../../parts/card.tsx';
import { CountList, ReasonList } from '../../parts/counts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { reasonWords, titled } from '../../parts/words.ts';
import { HeldRun, HoldList } from '../runs/holds.tsx';
import { Plan } from '../runs/plan.tsx';
import { Definition } from './definition.tsx';
import './audiences.css';

/** An audience: what it means, where its people stand, what a push would do now, and how the last ones ended. */
export function Page({ params: { audience = '' } }: PageProps) {
  const read = all(
    useAnswer('GET /api/audiences/{audience}', { params: { audience } }),
    useAnswer('GET /api/audiences/{audience}/runs', { params: { audience } }),
    useAnswer('GET /api/alerts'),
  );
  return (
    <>
      <PageHead title={audience} above={{ title: 'Audiences', href: to('/audiences') }}>
        <Allowed to="POST /api/push">
          <PushNow audience={audience} />
        </Allowed>
      </PageHead>
      <Shown of={read}>{([page, runs, alerts]) => <Parts page={page} runs={runs} alerts={alerts} />}</Shown>
    </>
  );
}

/** Asks for a push and goes to its run, which shows how it goes on. */
function PushNow({ audience }: { readonly audience: string }) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      {asked && (
        <span class="quiet" role="status">
          Asked for; its run is awaited…
        </span>
      )}
      <DoButton
        does={async () => {
          const { id } = await ask('POST /api/push', { body: { audience } });
          setAsked(true);
          location.hash = to('/runs/{run}', { run: await runOf(id) });
        }}
      >
        Push now
      </DoButton>
    </>
  );
}

const LOOK_MS = 500;
const LOOKS = 60;

/** The run that a push was asked for, once somebody took it up. */
async function runOf(job: string): Promise<string> {
  for (let looked = 0; looked < LOOKS; looked += 1) {
    const { parts } = await ask('GET /api/jobs/{job}', { params: { job } });
    const run = parts[0]?.run;
    // The latest run may still be the one before: it is of this job when it began after it.
    const { scheduledAt } = parts[0] ?? {};
    if (typeof run === 'string') {
      const found = await ask('GET /api/runs/{run}', { params: { run } });
      if (isOfJob(found, String(scheduledAt))) return run;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error('The push was asked for and has not begun yet; it will be listed below.');
}

function isOfJob({ state, startedAt, endedAt = '' }: PushRun, asked: string): boolean {
  return state === 'running' || state === 'waiting' || startedAt >= asked || endedAt >= asked;
}

function Parts({
  page,
  runs,
  alerts,
}: {
  readonly page: AudiencePage;
  readonly runs: readonly PushRun[];
  readonly alerts: readonly Alert[];
}) {
  const run = page.run as unknown as PushRun | null;
  return (
    <Cards>
      {run?.state === 'held' && (
        <Card title="Held" tone="alarm" wide>
          <HeldRun run={run} alerts={alerts} />
        </Card>
      )}
      <Stack>
        <PeopleCard summary={page.summary as unknown as AudienceSummary} />
        <PlanCard audience={page.audience} />
      </Stack>
      <Card title="What it does">
        <Definition page={page} />
      </Card>
      <Card title="Last pushes" note={runs.length === 0 ? '' : `${runs.length}`} wide>
        {runs.length === 0 ? (
          <p class="quiet">Nothing was pushed in the last 30 days.</p>
        ) : (
          <Table caption="Pushes, newest first" columns={RUN_COLUMNS} rows={runs} rowKey={({ id }) => id} />
        )}
      </Card>
    </Cards>
  );
}

function PeopleCard({ summary }: { readonly summary: AudienceSummary }) {
  const { wanted, blocked, added, unchanged, counted, more } = summary;
  const places = (['waiting', ...notAsAsked] as const).filter((one) => summary[one] > 0);
  return (
    <Card title="People" note={`${count(wanted + blocked)} in the segment${more ? ' or more' : ''}`}>
      {counted !== null && (
        <p class="quiet">
          A long list: as the push of <Moment at={counted} /> counted it.
        </p>
      )}
      <h3>{count(wanted)} wanted</h3>
      {wanted === 0 ? (
        <p class="quiet">Nobody is wanted on the list.</p>
      ) : (
        <CountList
          rows={[
            [added, 'added', 'on the list by the last push'],
            [unchanged, 'unchanged', 'on the list since before'],
            ...places.map((place) => [summary[place], place, PLACES[place] ?? reasonWords(place)] as const),
          ]}
        />
      )}
      <h3>{count(blocked)} in the segment and not wanted</h3>
      <ReasonList
        counts={summary.blockedBy as Readonly<Record<string, number>>}
        none="Nobody of the segment is left out."
      />
    </Card>
  );
}

const PLACES: Readonly<Record<string, string>> = { waiting: 'no push has told the tool yet' };

/** What a push would do now; planned when somebody asks, because it reads every row that differs. */
function PlanCard({ audience }: { readonly audience: string }) {
  const [plans, setPlans] = useState<readonly DryRun[]>([]);
  return (
    <Card title="Plan">
      <div class="asked">
        <p class="quiet">What a push would do now. Nothing is sent.</p>
        <DoButton does={async () => setPlans((await ask('POST /api/push/dry-run', { body: { audience } })).audiences)}>
          Plan now
        </DoButton>
      </div>
      <div aria-live="polite">
        {plans.map((plan) => (
          <div key={plan.id}>
            {plan.add + plan.remove === 0 && <p>Nothing is to be done: the list is as it is wanted.</p>}
            {plan.holds.length > 0 && (
              <>
                <h3>It would be held</h3>
                <HoldList holds={plan.holds} />
              </>
            )}
            <Plan plan={plan} />
          </div>
        ))}
      </div>
    </Card>
  );
}

const RUN_COLUMNS: readonly Column<PushRun>[] = [
  {
    title: 'Started',
    cell: ({ id, startedAt }) => (
      <a href={to('/runs/{run}', { run: id })}>
        <Moment at={startedAt} />
      </a>
    ),
  },
  { title: 'State', cell: ({ state }) => <Badge>{state}</Badge> },
  ...pushCounts.map((name): Column<PushRun> => {
    return { title: titled(name), kind: 'number', cell: ({ tally }) => count(tally[name]) };
  }),
];
