import { useState } from 'preact/hooks';
import type { Json } from '../../../lib/domain/json.ts';
import { to } from '../../app/addresses.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

const ON_A_PAGE = 25;
const COLUMNS_ASKED = 'id,first_name,last_name,email,company.name,since';

type Person = readonly Json[];

/** Who is in the segment, a page at a time, in no order that means anything. */
export function MembersCard({ segment }: { readonly segment: string }) {
  // Where each page that was turned to begins; the first has no beginning.
  const [pages, setPages] = useState<readonly (string | undefined)[]>([undefined]);
  const from = pages.at(-1);
  const reading = useAnswer('GET /api/segments/{segment}/people', {
    params: { segment },
    query: { columns: COLUMNS_ASKED, most: ON_A_PAGE, from },
  });
  return (
    <Card title="Its people" note={`page ${pages.length}`} wide>
      <Shown of={reading}>
        {({ people, next }) => (
          <>
            {people.length === 0 ? (
              <p class="quiet">Nobody is in it.</p>
            ) : (
              <Table caption={`People of ${segment}`} columns={COLUMNS} rows={people} rowKey={([id]) => String(id)} />
            )}
            <div class="actions">
              {pages.length > 1 && (
                <button type="button" class="plain" onClick={() => setPages(pages.slice(0, -1))}>
                  Page before
                </button>
              )}
              {next !== null && (
                <button type="button" class="plain" onClick={() => setPages([...pages, next])}>
                  Next page
                </button>
              )}
            </div>
          </>
        )}
      </Shown>
    </Card>
  );
}

const COLUMNS: readonly Column<Person>[] = [
  {
    title: 'Person',
    cell: ([id, first, last]) => (
      <a href={to('/people/{person}', { person: String(id) })}>
        {[first, last].filter((name) => typeof name === 'string').join(' ') || String(id)}
      </a>
    ),
  },
  { title: 'E-mail', kind: 'long', cell: ([, , , email]) => (typeof email === 'string' ? email : undefined) },
  { title: 'Company', cell: ([, , , , company]) => (typeof company === 'string' ? company : undefined) },
  { title: 'Since', cell: ([, , , , , since]) => (typeof since === 'string' ? <Moment at={since} /> : undefined) },
];
