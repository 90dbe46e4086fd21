import type { DataPage } from '../../../lib/pipeline/describe/describe-data.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { to } from '../../app/addresses.ts';
import type { Alert, Answers, Audience } from '../../app/answers.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { HeldRun } from '../runs/holds.tsx';

/** The first are those that need somebody most. */
const REVIEWS_SHOWN = 5;

/** Everything that waits for a person: held runs, what is wrong, and what somebody may decide when there is time. */
export function NeedsYou({
  alerts,
  audiences,
  duplicates,
  quarantine,
  reviews,
}: {
  readonly alerts: readonly Alert[];
  readonly audiences: readonly Audience[];
  readonly duplicates: { readonly pairs: number; readonly more: boolean };
  readonly quarantine: DataPage['quarantine'];
  /** Those that propose to change something. */
  readonly reviews: Answers['GET /api/reviews'];
}) {
  const held = audiences.flatMap(({ run }) => (run?.state === 'held' ? [run as unknown as PushRun] : []));
  const ids = new Set(held.map(({ id }) => id));
  const others = alerts.filter(({ run }) => run === undefined || !ids.has(run));
  const nothing = held.length + others.length + duplicates.pairs + quarantine.length + reviews.length === 0;
  return (
    <>
      {held.length > 0 && (
        <Card title="Held" note={`${held.length}`} tone="alarm" wide>
          {held.map((run) => (
            <HeldRun key={run.id} run={run} alerts={alerts} />
          ))}
        </Card>
      )}
      {others.length > 0 && (
        <Card title="Alerts" note={`${others.length}`} tone="alarm" wide>
          <AlertList alerts={others} />
        </Card>
      )}
      <Card title="To decide" wide>
        {nothing && <p>Nothing waits for you.</p>}
        {!nothing && held.length + others.length === 0 && <p class="good">Nothing is held and nothing is wrong.</p>}
        <ul class="todo">
          {duplicates.pairs > 0 && (
            <li>
              <a href={to('/duplicates')}>
                {count(duplicates.pairs)}
                {duplicates.more && ' or more'} {duplicates.pairs === 1 ? 'pair of people' : 'pairs of people'} who may
                be one
              </a>
            </li>
          )}
          {reviews.slice(0, REVIEWS_SHOWN).map(({ segment, title, at, proposal, reasons }) => (
            <li key={segment}>
              <a href={to('/segments/{segment}', { segment })}>{title}</a>: the review of <Moment at={at} /> proposes to{' '}
              {proposal} it
              {reasons[0] !== undefined && <div class="quiet">{reasons[0].says}</div>}
            </li>
          ))}
          {reviews.length > REVIEWS_SHOWN && (
            <li class="quiet">and {count(reviews.length - REVIEWS_SHOWN)} more reviews</li>
          )}
          {quarantine.map(({ connection, records, more }) => (
            <li key={connection}>
              <a href={to('/data', undefined, { quarantine: connection })}>
                {count(records)}
                {more && ' or more'} {records === 1 ? 'record' : 'records'} of {connection} that could not be used
              </a>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function AlertList({ alerts }: { readonly alerts: readonly Alert[] }) {
  return (
    <ul class="holds">
      {alerts.map(({ kind, subject, says, todo, since }) => (
        <li key={`${kind} ${subject}`}>
          <h3>
            <Badge>{kind}</Badge>
            <Subject subject={subject} />
            <span class="quiet">
              since <Moment at={since} />
            </span>
          </h3>
          <p>{says}.</p>
          <p class="quiet">What to do: {todo}.</p>
        </li>
      ))}
    </ul>
  );
}

/** An alert is about a stream (`connection/stream`) or an audience. */
function Subject({ subject }: { readonly subject: string }) {
  const [connection = '', stream] = subject.split('/');
  const href =
    stream === undefined
      ? to('/audiences/{audience}', { audience: subject })
      : to('/connections/{connection}', { connection });
  return <a href={href}>{subject}</a>;
}
