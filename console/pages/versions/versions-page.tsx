import { useState } from 'preact/hooks';
import type { Publication } from '../../../lib/pipeline/define/publication.ts';
import { to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { useDoing } from '../../app/doing.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal, Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

const CHANGES_SHOWN = 5;

/** What was published when and by whom. */
export function Page() {
  const first = useAnswer('GET /api/definitions/versions');
  const [more, setMore] = useState<readonly Publication[]>([]);
  const [next, setNext] = useState<string | null>();
  const further = next === undefined ? first.value?.next : next;
  const reading = useDoing(async () => {
    const page = await ask('GET /api/definitions/versions', { query: { from: further ?? undefined } });
    setMore((before) => [...before, ...page.publications]);
    setNext(page.next);
  });
  return (
    <>
      <PageHead title="Versions" note="What was published when and by whom" />
      <Shown of={first}>
        {({ publications }) => (
          <Card title="Publications">
            <Table
              caption="Publications, newest first"
              columns={COLUMNS}
              rows={[...publications, ...more]}
              rowKey={({ moves }) => String(moves)}
            />
            {further != null && (
              <button type="button" class="plain more" aria-disabled={reading.busy} onClick={() => reading.start()}>
                Show earlier ones
              </button>
            )}
            <Refusal problem={reading.problem} />
          </Card>
        )}
      </Shown>
    </>
  );
}

const COLUMNS: readonly Column<Publication>[] = [
  {
    title: 'Version',
    cell: ({ version }) => (
      <a href={to('/versions/{version}', { version })}>
        <code>{version}</code>
      </a>
    ),
  },
  { title: 'When', cell: ({ at }) => (at === null ? 'not kept' : <Moment at={at} />) },
  { title: 'By', cell: ({ by }) => by ?? <span class="quiet">not said</span> },
  { title: 'What changed', kind: 'long', cell: changeWords },
];

function changeWords({ changes, more, moves }: Publication): string {
  if (moves === 1) return 'the first of all';
  const shown = changes.slice(0, CHANGES_SHOWN).map(({ kind, id, change }) => `${kind} ${id} ${change}`);
  const left = changes.length - shown.length + more;
  return [...shown, ...(left > 0 ? [`${left} more`] : [])].join(', ') || 'nothing but a title';
}
