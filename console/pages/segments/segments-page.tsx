import { useEffect, useState } from 'preact/hooks';
import type { SegmentLine } from '../../../lib/pipeline/describe/segment-list.ts';
import { to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useDoing } from '../../app/doing.ts';
import { useAnswer } from '../../app/reading.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Card } from '../../parts/card.tsx';
import { Choice, Field } from '../../parts/field.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal, Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { NewSegment } from './new-segment.tsx';
import { ObjectiveGauge } from './objective.tsx';
import './segments.css';

const ON_A_PAGE = 50;
/** Long enough for a word to be typed. */
const TYPING_MS = 250;

/** Segments, some at a time, with their size and how their objective stands. */
export function Page() {
  const [typed, setTyped] = useState('');
  const [q, setQ] = useState('');
  const [sort, setSort] = useState('name');
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <>
      <PageHead title="Segments" note="Who belongs together, by rules that everybody can read" />
      <div class="asked">
        <Field id="segments-q" label="Name or persona" value={typed} change={setTyped} />
        <Choice
          id="segments-sort"
          label="In the order of"
          value={sort}
          change={setSort}
          options={[
            ['name', 'their names'],
            ['size', 'their size'],
          ]}
        />
        <Allowed to="POST /api/segments/{segment}/edits">
          <NewSegment />
        </Allowed>
      </div>
      <Found key={`${q} ${sort}`} q={q} sort={sort} />
    </>
  );
}

function Found({ q, sort }: { readonly q: string; readonly sort: string }) {
  const asked = { ...(q === '' ? {} : { q }), sort, most: ON_A_PAGE };
  const first = useAnswer('GET /api/segments', { query: asked });
  const [more, setMore] = useState<readonly SegmentLine[]>([]);
  const [next, setNext] = useState<string | null>();
  const further = next === undefined ? first.value?.next : next;
  const reading = useDoing(async () => {
    const page = await ask('GET /api/segments', { query: { ...asked, from: further ?? undefined } });
    setMore((before) => [...before, ...page.segments]);
    setNext(page.next);
  });
  return (
    <Shown of={first}>
      {({ segments, total }) => {
        const rows = [...segments, ...more];
        return (
          <Card title={q === '' ? 'All segments' : `Segments with “${q}”`} note={`${rows.length} of ${total}`}>
            {rows.length === 0 ? (
              <p class="quiet">{q === '' ? 'None is defined.' : 'None is called so.'}</p>
            ) : (
              <Table
                caption="Segments with their size and objective"
                columns={COLUMNS}
                rows={rows}
                rowKey={({ segment }) => segment}
                step={rows.length}
              />
            )}
            {further != null && (
              <button type="button" class="plain more" aria-disabled={reading.busy} onClick={() => reading.start()}>
                Show {Math.min(ON_A_PAGE, total - rows.length)} more
              </button>
            )}
            <Refusal problem={reading.problem} />
          </Card>
        );
      }}
    </Shown>
  );
}

const COLUMNS: readonly Column<SegmentLine>[] = [
  {
    title: 'Segment',
    cell: ({ segment, title, sentence, persona }) => (
      <div>
        <a href={to('/segments/{segment}', { segment })}>
          <strong>{title}</strong>
        </a>
        {persona !== null && <span class="quiet"> · {persona}</span>}
        <p class="quiet clipped" title={sentence}>
          {sentence}
        </p>
      </div>
    ),
  },
  { title: 'Members', kind: 'number', by: ({ members }) => members, cell: ({ members }) => count(members) },
  {
    title: 'Two weeks',
    cell: ({ title, sizes }) => (
      <Sparkline values={sizes.map(({ members }) => members)} label={`Members of ${title}`} />
    ),
  },
  {
    title: 'Objective',
    cell: ({ performance }) =>
      performance === null ? <span class="quiet">–</span> : <ObjectiveGauge performance={performance} small />,
  },
  {
    title: 'Audiences',
    cell: ({ audiences }) => (audiences.length === 0 ? <span class="quiet">none</span> : audiences.join(', ')),
  },
];
