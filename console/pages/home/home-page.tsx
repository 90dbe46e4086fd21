import { all, useAnswer } from '../../app/reading.ts';
import { Cards } from '../../parts/card.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { LastDay } from './last-day.tsx';
import { NeedsYou } from './needs-you.tsx';
import '../audiences/audiences.css';

/** What is going on is looked at again so often. */
const AGAIN_MS = 30_000;
const LARGEST = { sort: 'size', most: 8 };

/** What needs a person, and the last day at a glance. */
export function Page() {
  const every = (): number => AGAIN_MS;
  const waiting = all(
    useAnswer('GET /api/alerts', {}, { every }),
    useAnswer('GET /api/audiences', { query: { counts: 'no' } }, { every }),
    useAnswer('GET /api/duplicates', { query: { limit: 100 } }),
    useAnswer('GET /api/data'),
    useAnswer('GET /api/reviews'),
  );
  const day = all(useAnswer('GET /api/day', {}, { every }), useAnswer('GET /api/segments', { query: LARGEST }));
  return (
    <>
      <PageHead title="Home" />
      <Cards>
        <Shown of={waiting}>
          {([alerts, audiences, { suggestions, next }, { quarantine }, reviews]) => (
            <NeedsYou
              alerts={alerts}
              audiences={audiences}
              duplicates={{ pairs: suggestions.length, more: next !== undefined }}
              quarantine={quarantine}
              reviews={reviews.filter(({ proposal }) => proposal !== 'keep')}
            />
          )}
        </Shown>
        <Shown of={day}>{([found, largest]) => <LastDay day={found} largest={largest} />}</Shown>
      </Cards>
    </>
  );
}
