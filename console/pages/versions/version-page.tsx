import type { ShownChange } from '../../../lib/pipeline/describe/definition-changes.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card, Cards } from '../../parts/card.tsx';
import { Facts } from '../../parts/facts.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { Difference } from '../segments/difference.tsx';
import '../segments/segments.css';

/** What one version changed, definition by definition. */
export function Page({ params: { version = '' }, query }: PageProps) {
  const since = query.get('since') ?? undefined;
  const changes = useAnswer('GET /api/definitions/versions/{version}/changes', {
    params: { version },
    query: { since },
  });
  return (
    <>
      <PageHead
        title={`Version ${version}`}
        above={{ title: 'Versions', href: to('/versions') }}
        note={changes.value === undefined ? undefined : `compared with ${changes.value.from}`}
      />
      <Shown of={changes}>
        {({ changes: shown, more }) => (
          <Cards>
            {shown.length === 0 && <p class="quiet">Nothing differs.</p>}
            {shown.map((one) => (
              <ChangeCard key={`${one.kind} ${one.id}`} change={one} />
            ))}
            {more > 0 && <p class="quiet">{more} more are not shown.</p>}
          </Cards>
        )}
      </Shown>
    </>
  );
}

function ChangeCard({ change: { kind, id, change, before, after, sentences } }: { readonly change: ShownChange }) {
  const moved = sentences !== undefined && sentences.before !== sentences.after;
  return (
    <Card title={`${kind} ${id}`} note={change} wide>
      {moved && (
        <Facts
          rows={[
            sentences.before === null ? undefined : ['Before', sentences.before],
            sentences.after === null ? undefined : ['After', sentences.after],
          ]}
        />
      )}
      <Difference before={before ?? ''} after={after ?? ''} />
    </Card>
  );
}
