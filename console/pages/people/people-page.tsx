import { Card } from '../../parts/card.tsx';
import { PageHead } from '../../parts/page-head.tsx';

/** How a person is found: there is no list of everybody to leaf through. */
export function Page() {
  return (
    <>
      <PageHead title="People" note="Look somebody up by what you know of them, in the field at the top" />
      <Card title="What finds a person">
        <dl class="facts">
          {WAYS.map(([what, example, words]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                <code>{example}</code> <span class="quiet">{words}</span>
              </dd>
            </div>
          ))}
        </dl>
        <p class="quiet">
          The look-up is exact. Identifiers are stored as keyed hashes, so nothing like them can be found, and nobody’s
          address stays in this browser’s history.
        </p>
      </Card>
    </>
  );
}

const WAYS = [
  ['E-mail address', 'ann@example.com', 'in any spelling of upper and lower case'],
  ['Phone number', '+49 30 1234567', 'with the country’s code'],
  ['An identifier of a tool', 'user_id=4711', 'its type, then its value'],
  ['A record of a tool', 'salesforce:contact:003A', 'connection, kind of record, its id'],
  ['A profile', 'p_…', 'as segments, runs and receipts name people'],
] as const;
