import { useState } from 'preact/hooks';
import { sentence } from '../../../lib/domain/segment/sentence.ts';
import type { PersonPage } from '../../../lib/pipeline/describe/describe-person.ts';
import type { Segment } from '../../app/answers.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { ReceiptTree } from '../../parts/condition.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Shown } from '../../parts/shown.tsx';

const SHOWN_AT_ONCE = 12;
/** As many as one page of them may hold. */
const LISTED = 200;

/** Segments of the person with receipts, and the others, found by name and some at a time, with why not. */
export function SegmentCard({ page }: { readonly page: PersonPage }) {
  const [q, setFind] = useState('');
  const [most, setMost] = useState(SHOWN_AT_ONCE);
  const all = useAnswer('GET /api/segments', { query: { most: LISTED } });
  const read = useAnswer('GET /api/segments', { query: { q, most: LISTED } });
  return (
    <Shown of={all}>
      {({ segments, total }) => (
        <Card title="Segments" note={`in ${page.segments.length} of ${total}`}>
          {page.segments.map((segment) => {
            const title = segments.find((one) => one.segment === segment)?.title ?? segment;
            return <WhyRow key={segment} person={page.id} segment={{ segment, title }} member />;
          })}
          {total - page.segments.length > SHOWN_AT_ONCE && (
            <div class="asked">
              <label for="find-segment" class="quiet">
                Not in
              </label>
              <input
                id="find-segment"
                type="search"
                placeholder="a part of its name"
                value={q}
                onInput={({ currentTarget }) => setFind(currentTarget.value)}
              />
            </div>
          )}
          <Shown of={read}>
            {(found) => {
              const others = found.segments.filter(({ segment }) => !page.segments.includes(segment));
              return (
                <>
                  {others.slice(0, most).map((one) => (
                    <WhyRow key={one.segment} person={page.id} segment={one} member={false} />
                  ))}
                  {others.length > most && (
                    <button type="button" class="plain more" onClick={() => setMost(most + SHOWN_AT_ONCE)}>
                      Show more, {others.length - most} left
                    </button>
                  )}
                </>
              );
            }}
          </Shown>
        </Card>
      )}
    </Shown>
  );
}

/** A segment that opens to its receipt; the receipt is asked for when somebody looks. */
function WhyRow({
  person,
  segment: { segment, title },
  member,
}: {
  readonly person: string;
  readonly segment: Pick<Segment, 'segment' | 'title'>;
  readonly member: boolean;
}) {
  const [open, setOpen] = useState(false);
  return (
    <details class="why" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {title} <span class={member ? 'mark good' : 'mark past'}>{member ? 'in' : 'not in'}</span>
      </summary>
      {open && <Why person={person} segment={segment} />}
    </details>
  );
}

function Why({ person, segment }: { readonly person: string; readonly segment: string }) {
  const receipt = useAnswer('GET /api/people/{person}/segments/{segment}', { params: { person, segment } });
  return (
    <div class="answer">
      <Shown of={receipt}>
        {(found) => (
          <>
            <ReceiptTree sentence={sentence(found)} />
            {found.since !== null && (
              <p class="quiet">
                In it since <Moment at={found.since} />
              </p>
            )}
            {found.flips_at !== null && (
              <p class="quiet">
                With nothing new it changes <Moment at={found.flips_at} />
              </p>
            )}
          </>
        )}
      </Shown>
    </div>
  );
}
