import { useState } from 'preact/hooks';
import { pushCounts } from '../../../lib/domain/tally.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { ShareBar } from '../../charts/bars.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Card, Cards, Stack } from '../../parts/card.tsx';
import { CountList } from '../../parts/counts.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { reasonWords } from '../../parts/words.ts';
import { ApprovalForm } from './approval.tsx';
import { HoldList } from './holds.tsx';
import { OutcomeCard } from './outcomes.tsx';
import { Plan } from './plan.tsx';
import '../audiences/audiences.css';

/** A run that goes on is looked at again so often. */
const FOLLOW_MS = 1_500;

/** A push: what it would do or did, why it is held and how to decide, and what became of its members. */
export function Page({ params: { run = '' } }: PageProps) {
  const reading = useAnswer('GET /api/runs/{run}', { params: { run } }, { every: followed });
  const [said, setSaid] = useState('');
  const decided = (words: string): void => {
    setSaid(words);
    reading.again();
  };
  return (
    <Shown of={reading}>
      {(found) => (
        <>
          <PageHead
            title={`Push of ${found.audience}`}
            above={{ title: found.audience, href: to('/audiences/{audience}', { audience: found.audience }) }}
            note={
              <>
                <Badge>{found.state}</Badge> <Moment at={found.startedAt} />
              </>
            }
          />
          <p class="said" role="status">
            {said !== '' && !isOpen(found) ? `${said} The push is ${found.state}.` : said}
          </p>
          <RunParts run={found} decided={decided} />
        </>
      )}
    </Shown>
  );
}

function isOpen({ state }: PushRun): boolean {
  return state === 'running' || state === 'waiting';
}

function followed(run: PushRun): number | undefined {
  return isOpen(run) ? FOLLOW_MS : undefined;
}

function RunParts({ run, decided }: { readonly run: PushRun; readonly decided: (said: string) => void }) {
  const { holds = [], plan, state } = run;
  const held = state === 'held';
  return (
    <Cards>
      <Stack>
        {holds.length > 0 && (
          <Card title={held ? 'Why it is held' : 'Why it was held'} {...(held ? { tone: 'alarm' } : {})}>
            <HoldList holds={holds} />
          </Card>
        )}
        <RunFacts run={run} />
        {held && <RefusalCard audience={run.audience} />}
      </Stack>
      <Stack>
        {state !== 'held' && state !== 'superseded' && plan !== undefined && <TallyCard run={run} />}
        <Card title="Plan" note={held ? 'frozen: exactly this is sent, or nothing' : ''}>
          {plan === undefined ? (
            <p class="quiet">{state === 'waiting' ? 'It plans when its sources are read to the end.' : 'None.'}</p>
          ) : (
            <Plan plan={plan} />
          )}
        </Card>
        {held && plan !== undefined && (
          <Card title="Approve">
            <Allowed
              to="POST /api/runs/{run}/approve"
              otherwise={<p class="quiet">It waits for somebody who may approve: you may look.</p>}
            >
              <ApprovalForm run={run} hash={plan.hash} decided={decided} />
            </Allowed>
          </Card>
        )}
      </Stack>
      {run.outcomeParts > 0 && <OutcomeCard run={run} />}
    </Cards>
  );
}

function RunFacts({ run }: { readonly run: PushRun }) {
  const { audience, state, startedAt, endedAt, approved, error, unsettled = [], waits } = run;
  return (
    <Card title="Run">
      <Facts
        rows={[
          [
            'Audience',
            <a key="audience" href={to('/audiences/{audience}', { audience })}>
              {audience}
            </a>,
          ],
          ['State', STATES[state]],
          ['Started', <Moment key="started" at={startedAt} />],
          endedAt === undefined ? undefined : ['Ended', <Moment key="ended" at={endedAt} />],
          approved === undefined
            ? undefined
            : [
                'Approved',
                <>
                  by {approved.by}, <Moment at={approved.at} />
                </>,
              ],
          unsettled.length === 0 ? undefined : ['Not read to the end', unsettled.join(', ')],
          waits === undefined || !isOpen(run)
            ? undefined
            : [
                'Waits',
                <>
                  {waits.says}, until <Moment at={waits.until} />
                </>,
              ],
          run.listReplaced === true ? ['List', 'it was another one: everybody was added anew'] : undefined,
          error === undefined
            ? undefined
            : [
                'Error',
                <>
                  {error.message} <code>{error.code}</code>
                </>,
              ],
        ]}
      />
    </Card>
  );
}

const STATES: Readonly<Record<PushRun['state'], string>> = {
  waiting: 'waiting for its sources',
  running: 'running: it plans or sends',
  held: 'held before its first call: nothing was sent, and nothing is until somebody approves',
  superseded: 'superseded: it was held, and a later run planned anew',
  finished: 'finished: every member of its plan has an outcome',
  failed: 'failed: rows that were not sent are the next push’s',
};

/** How a held run ends without an approval: nobody has to do anything for nothing to be sent. */
function RefusalCard({ audience }: { readonly audience: string }) {
  return (
    <Card title="To refuse it">
      <p>Do not approve it. While it is held nothing is sent: nobody is added and nobody is removed.</p>
      <p>
        Mend the cause. The next push, by the audience’s schedule or by <code>tributary push {audience}</code>, plans
        anew and puts this plan aside (superseded). It is held again if it breaks a guardrail too.
      </p>
      <p class="quiet">Do not leave it held for long: whoever withdrew consent stays on the list meanwhile.</p>
    </Card>
  );
}

/** What a push did so far, and how much of its plan that is. */
function TallyCard({ run }: { readonly run: PushRun }) {
  const { tally, plan } = run;
  const rows = pushCounts
    .filter((name) => tally[name] > 0)
    .map((name) => [tally[name], name, DONE[name] ?? reasonWords(name)] as const);
  const planned = (plan?.add ?? 0) + (plan?.remove ?? 0);
  const done = pushCounts.reduce((sum, name) => sum + tally[name], 0);
  return (
    <Card
      title={isOpen(run) ? 'What it does' : 'What it did'}
      note={tally.calls === 1 ? '1 call' : `${count(tally.calls)} calls`}
    >
      {planned > 0 && (
        <div class="progress" role="status">
          <p>
            {count(done)} of {count(planned)} have an outcome
          </p>
          <ShareBar share={done / planned} />
        </div>
      )}
      {rows.length === 0 ? <p class="quiet">Nobody has an outcome yet.</p> : <CountList rows={rows} />}
    </Card>
  );
}

const DONE: Readonly<Record<string, string>> = {
  added: 'the tool put them on the list',
  removed: 'the tool took them off',
};
