import { useState } from 'preact/hooks';
import { sentence } from '../../../lib/domain/segment/sentence.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { ReceiptTree } from '../../parts/condition.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';

const OTHERS_SHOWN = 10;

/** Segments of the person with receipts, and others by their name, with why not. */
export function SegmentCard({ person }: { readonly person: string }) {
  const [find, setFind] = useState('');
  const isIn = useAnswer('GET /api/people/{person}/segments', { params: { person } });
  const ids = new Set(isIn.value?.map(({ segment }) => segment));
  // As many more as the person is in: those are left out.
  const others = useAnswer('GET /api/segments', { query: { q: find, most: Math.min(200, OTHERS_SHOWN + ids.size) } });
  return (
    <Card title="Segments" note={isIn.value !== undefined && `in ${count(isIn.value.length)}`}>
      <Shown of={isIn}>
        {(segments) =>
          segments.map(({ segment, title }) => (
            <WhyRow key={segment} person={person} segment={segment} title={title} member />
          ))
        }
      </Shown>
      <div class="asked not-in">
        <label for="find-segment" class="quiet">
          Why not in
        </label>
        <input
          id="find-segment"
          type="search"
          placeholder="a part of a segment’s name"
          value={find}
          onInput={({ currentTarget }) => setFind(currentTarget.value)}
        />
      </div>
      <Shown of={others}>
        {({ segments }) =>
          segments
            .filter(({ segment }) => !ids.has(segment))
            .slice(0, OTHERS_SHOWN)
            .map(({ segment, title }) => (
              <WhyRow key={segment} person={person} segment={segment} title={title} member={false} />
            ))
        }
      </Shown>
    </Card>
  );
}

/** A segment that opens to its receipt; the receipt is asked for when somebody looks. */
function WhyRow({
  person,
  segment,
  title,
  member,
}: {
  readonly person: string;
  readonly segment: string;
  readonly title: string;
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
