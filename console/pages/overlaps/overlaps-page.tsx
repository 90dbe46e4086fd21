import { useState } from 'preact/hooks';
import type { Overlap } from '../../../lib/domain/review/overlaps.ts';
import type { OverlapMatrix } from '../../../lib/pipeline/review/latest-count.ts';
import { to } from '../../app/addresses.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card, Cards } from '../../parts/card.tsx';
import { Choice } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Scrolls } from '../../parts/scrolls.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import '../../parts/matrix.css';
import './overlaps.css';

/** Which segments share how many people: the pairs, and a matrix of the largest segments. */
export function Page() {
  const [most, setMost] = useState('12');
  const matrix = useAnswer('GET /api/overlaps', { query: { most: Number(most) } });
  const at = matrix.value?.at ?? null;
  return (
    <>
      <PageHead
        title="Overlaps"
        note={
          at === null ? (
            'counted nightly; not yet'
          ) : (
            <>
              counted <Moment at={at} />
            </>
          )
        }
      >
        <Choice
          id="overlaps-most"
          label="Largest segments"
          value={most}
          change={setMost}
          options={['12', '25', '50', '100'].map((one) => [one, one])}
        />
      </PageHead>
      <Shown of={matrix}>
        {(found) => (
          <Cards>
            <Card title="Shared by two" note={`${found.segments.length} of ${found.of} segments`} wide>
              {found.segments.length === 0 ? <p class="quiet">None is defined.</p> : <Matrix matrix={found} />}
            </Card>
            <Card title="Pairs" note="that share the most" wide>
              {found.pairs.length === 0 ? (
                <p class="quiet">No two of them share anybody, as far as anybody counted.</p>
              ) : (
                <Table
                  caption="Pairs of segments with the people in both"
                  columns={pairColumns(found)}
                  rows={found.pairs}
                  rowKey={({ a, b }) => `${a} ${b}`}
                  step={25}
                />
              )}
            </Card>
          </Cards>
        )}
      </Shown>
    </>
  );
}

/** Each cell is the share of the row's segment that is in the column's too, as a number on a shade of it. */
function Matrix({ matrix: { segments, pairs } }: { readonly matrix: OverlapMatrix }) {
  const shares = new Map<string, { readonly share: number; readonly both: number }>();
  for (const { a, b, both, shareOfA, shareOfB } of pairs) {
    shares.set(`${a}\n${b}`, { share: shareOfA, both });
    shares.set(`${b}\n${a}`, { share: shareOfB, both });
  }
  return (
    <>
      <p class="quiet">How much of the segment on the left is also in the one above.</p>
      <Scrolls kind="scrolls" label="Matrix of overlaps">
        <table class="matrix">
          <caption class="hidden">Share of the segment of the row that is in the segment of the column</caption>
          <thead>
            <tr>
              <th scope="col">Segment</th>
              {segments.map(({ segment, title }, index) => (
                <th key={segment} scope="col" class="number">
                  <abbr title={title}>{index + 1}</abbr>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {segments.map(({ segment: row, title, size }, index) => (
              <tr key={row}>
                <th scope="row">
                  {index + 1} <a href={to('/segments/{segment}', { segment: row })}>{title}</a>{' '}
                  <span class="quiet">{count(size)}</span>
                </th>
                {segments.map(({ segment: column, title: other }) => {
                  const cell = shares.get(`${row}\n${column}`);
                  if (row === column) return <td key={column} class="number own" />;
                  if (cell === undefined)
                    return (
                      <td key={column} class="number quiet">
                        0
                      </td>
                    );
                  const words = `${count(cell.both)} of ${count(size)} in ${title} are in ${other}`;
                  return (
                    <td key={column} class={`number shade-${Math.ceil(cell.share * 5)}`} title={words}>
                      {percent(cell.share)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
    </>
  );
}

function pairColumns({ segments }: OverlapMatrix): readonly Column<Overlap>[] {
  const titles = new Map(segments.map(({ segment, title }) => [segment, title]));
  const link = (segment: string) => (
    <a href={to('/segments/{segment}', { segment })}>{titles.get(segment) ?? segment}</a>
  );
  return [
    { title: 'Segment', cell: ({ a }) => link(a), by: ({ a }) => titles.get(a) ?? a },
    { title: 'And', cell: ({ b }) => link(b), by: ({ b }) => titles.get(b) ?? b },
    { title: 'In both', kind: 'number', cell: ({ both }) => count(both), by: ({ both }) => both },
    {
      title: 'Of the first',
      kind: 'number',
      cell: ({ shareOfA }) => percent(shareOfA),
      by: ({ shareOfA }) => shareOfA,
    },
    {
      title: 'Of the second',
      kind: 'number',
      cell: ({ shareOfB }) => percent(shareOfB),
      by: ({ shareOfB }) => shareOfB,
    },
    { title: 'Both of either', kind: 'number', cell: ({ jaccard }) => percent(jaccard), by: ({ jaccard }) => jaccard },
  ];
}
