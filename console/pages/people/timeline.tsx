import { useEffect, useState } from 'preact/hooks';
import type { ActivityChange } from '../../../lib/domain/change.ts';
import { ask } from '../../app/ask.ts';
import { useAnswer } from '../../app/reading.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';
import { Source } from '../../parts/source.tsx';

const MOST = 15;

/** What the person did, newest first, some at a time. */
export function TimelineCard({ person, total }: { readonly person: string; readonly total: number }) {
  const first = useAnswer('GET /api/people/{person}/activities', { params: { person }, query: { most: MOST } });
  const [later, setLater] = useState<readonly ActivityChange[]>([]);
  const [next, setNext] = useState<string | null>(null);
  // A first page that was read again is the start of another list.
  useEffect(() => {
    setLater([]);
    setNext(first.value?.next ?? null);
  }, [first.value]);
  const more = async (from: string): Promise<void> => {
    const page = await ask('GET /api/people/{person}/activities', { params: { person }, query: { most: MOST, from } });
    setLater((before) => [...before, ...page.activities]);
    setNext(page.next);
  };
  return (
    <Card title="Timeline" note={`${count(total)} activities`}>
      <Shown of={first}>
        {({ activities }) => (
          <>
            {activities.length === 0 && <p class="quiet">Nothing was done yet.</p>}
            <ol class="activities">
              {[...activities, ...later].map((activity) => (
                <Activity key={`${activity.fragment} ${activity.id} ${activity.at}`} activity={activity} />
              ))}
            </ol>
          </>
        )}
      </Shown>
      {next !== null && <DoButton does={() => more(next)}>Show more</DoButton>}
    </Card>
  );
}

function Activity({ activity: { at, name, fragment, properties = {} } }: { readonly activity: ActivityChange }) {
  const told = Object.entries(properties).filter(([, value]) => typeof value !== 'object');
  return (
    <li>
      <Moment at={at} />
      <span>
        <strong>{name}</strong>
        {told.length > 0 && (
          <span class="quiet">
            {' '}
            {told
              .slice(0, 3)
              .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${value}`)
              .join(', ')}
          </span>
        )}
      </span>
      <span class="quiet">
        <Source fragment={fragment} />
      </span>
    </li>
  );
}
