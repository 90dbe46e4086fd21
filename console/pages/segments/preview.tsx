import type { Json } from '../../../lib/domain/json.ts';
import type { Move } from '../../../lib/domain/preview-segment.ts';
import { to } from '../../app/addresses.ts';
import type { ShownPreview } from '../../app/answers.ts';
import { Card } from '../../parts/card.tsx';
import { count } from '../../parts/numbers.ts';
import { Refusal } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { EstimateWords } from './estimate.tsx';
import { ToldTree } from './told-tree.tsx';
import type { LivePreview } from './use-preview.ts';

const MOVES: Readonly<Record<Move, string>> = { enters: 'would enter', leaves: 'would leave', stays: 'stays' };

/** What a text means: the condition in sentences with counts, who would move, some of them, and the overlap. */
export function PreviewCard({ preview: { answer, problem, stale } }: { readonly preview: LivePreview }) {
  const found = answer?.preview ?? undefined;
  const note = stale ? 'looking…' : found === undefined ? '' : countedWords(found.counted);
  return (
    <Card title="What it means" note={note}>
      <div class={stale ? 'preview stale' : 'preview'} aria-busy={stale} data-stale={stale}>
        <Refusal problem={problem} />
        {found === undefined ? (
          <p class="quiet">{answer === undefined ? 'Looking…' : 'Shown again when every error is put right.'}</p>
        ) : (
          <Meaning found={found} />
        )}
      </div>
    </Card>
  );
}

function Meaning({ found: { told, parts, total, moves, sample, overlap, filled } }: { readonly found: ShownPreview }) {
  return (
    <>
      <ul class="figures">
        {(
          [
            ['in it', total],
            ['would enter', moves.enters],
            ['would leave', moves.leaves],
          ] as const
        ).map(([words, number]) => (
          <li key={words}>
            <strong>
              <EstimateWords of={number} />
            </strong>{' '}
            <span class="quiet">{words}</span>
          </li>
        ))}
      </ul>
      <h3>For how many each part holds</h3>
      <ToldTree told={told} counts={parts} />
      {filled > 0 && (
        <p class="quiet">
          Profiles do not remember all that it asks for: stored activities of {count(filled)} people were read.
        </p>
      )}
      <h3>Some of them</h3>
      {sample.people.length === 0 ? <p class="quiet">Nobody.</p> : <Sample sample={sample} />}
      <h3>Also in</h3>
      {overlap.length === 0 ? (
        <p class="quiet">no other segment</p>
      ) : (
        <ul class="lines">
          {overlap.map(({ segment, both }) => (
            <li key={segment}>
              <a href={to('/segments/{segment}', { segment })}>{segment}</a>: <EstimateWords of={both} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

type Row = ShownPreview['sample']['people'][number];

function Sample({ sample: { columns, people } }: { readonly sample: ShownPreview['sample'] }) {
  const cells = columns.map((name, index): Column<Row> => {
    return { title: name, kind: 'long', cell: (row) => <Cell column={name} value={row.cells[index] as Json} /> };
  });
  return (
    <Table
      caption="Some people of the preview"
      columns={[{ title: 'Move', cell: ({ move }) => MOVES[move] }, ...cells]}
      rows={people}
      rowKey={({ cells: [id] }) => String(id)}
    />
  );
}

function Cell({ column, value }: { readonly column: string; readonly value: Json }) {
  if (value === null || value === undefined) return <span class="quiet">–</span>;
  if (column === 'id')
    return <a href={`#/people/${encodeURIComponent(String(value))}`}>{String(value).slice(0, 12)}…</a>;
  return <>{typeof value === 'string' ? value : JSON.stringify(value)}</>;
}

function countedWords({ how, people, of }: ShownPreview['counted']): string {
  if (how === 'everybody') return `everybody was counted: ${count(people)}`;
  if (of === null) return `of the ${count(people)} people that there was time for; nobody has counted all yet`;
  return `from a random sample of ${count(people)} of ${count(of)} people; the smaller numbers are 95 % intervals`;
}
