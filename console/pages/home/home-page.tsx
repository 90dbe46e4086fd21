import { all, useAnswer } from '../../app/reading.ts';
import { Bars } from '../../charts/bars.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';

/** What needs a person, and last night at a glance. */
export function Page() {
  const read = all(useAnswer('GET /api/segments'), useAnswer('GET /api/alerts'));
  return (
    <>
      <PageHead title="Home" />
      <Shown of={read}>
        {([{ segments }, alerts]) => (
          <Cards>
            {alerts.length > 0 && (
              <Card title="Needs a person" note={`${alerts.length}`} tone="alarm" wide>
                <ul>
                  {alerts.map(({ kind, subject, says }) => (
                    <li key={`${kind} ${subject}`}>
                      {subject}: {says}
                    </li>
                  ))}
                </ul>
              </Card>
            )}
            <Card title="Segments" note={`${segments.length}`}>
              <Bars
                rows={segments.map(({ segment, title, members }) => ({ key: segment, name: title, value: members }))}
              />
            </Card>
          </Cards>
        )}
      </Shown>
    </>
  );
}
