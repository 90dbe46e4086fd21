import { useState } from 'preact/hooks';
import type { FacetValue } from '../../../lib/domain/facet/facets.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import type { Answers } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { percent } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { Source } from '../../parts/source.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import './duplicates.css';

type Pair = Answers['GET /api/duplicates/{duplicate}'];

const STANDS: Readonly<Record<Pair['state'], string>> = {
  suggested: 'waits for somebody',
  accepted: 'decided: one person',
  rejected: 'decided: two people',
  parted: 'joined before, and parted again: kept apart',
};

/** Two people who may be one, side by side, what speaks for it and against it, and the decision. */
export function Page({ params: { duplicate = '' } }: PageProps) {
  const reading = useAnswer('GET /api/duplicates/{duplicate}', { params: { duplicate } });
  return (
    <>
      <PageHead title="One person or two?" above={{ title: 'Duplicates', href: to('/duplicates') }} />
      <Shown of={reading}>
        {(pair) => (
          <Cards>
            <Decision pair={pair} decided={reading.again} />
            <Card title="Side by side" wide>
              <SideBySide pair={pair} />
            </Card>
            <Card title="Why it is suggested" note={`${percent(pair.score)} likely, ${pair.bits.toFixed(1)} bits`} wide>
              <Table
                caption="What speaks for and against"
                rows={pair.reasons}
                rowKey={({ about }) => about}
                columns={REASONS}
              />
            </Card>
          </Cards>
        )}
      </Shown>
    </>
  );
}

type Verdict = 'accept' | 'reject' | 'undo';

const SAID: Readonly<Record<Verdict, string>> = {
  accept: 'Said: they are one person. Their records are being joined.',
  reject: 'Said: they are two people. They are not suggested again.',
  undo: 'Taken back.',
};

function Decision({ pair, decided }: { readonly pair: Pair; readonly decided: () => void }) {
  const [said, setSaid] = useState<Verdict>();
  const say = (verdict: Verdict) => async (): Promise<void> => {
    await ask(`POST /api/duplicates/{duplicate}/${verdict}`, { params: { duplicate: pair.id }, body: {} });
    setSaid(verdict);
    decided();
  };
  return (
    <Card title="Decision" note={STANDS[pair.state]} wide>
      <div class="asked">
        {pair.state === 'suggested' && (
          <Allowed to="POST /api/duplicates/{duplicate}/accept">
            <DoButton kind="main" does={say('accept')}>
              They are one person
            </DoButton>
            <DoButton does={say('reject')}>They are two people</DoButton>
          </Allowed>
        )}
        {(pair.state === 'accepted' || pair.state === 'rejected') && (
          <Allowed to="POST /api/duplicates/{duplicate}/undo">
            <DoButton does={say('undo')}>Take the decision back</DoButton>
          </Allowed>
        )}
        {pair.decidedAt !== undefined && (
          <span class="quiet">
            {pair.by !== undefined && `by ${pair.by}, `}
            <Moment at={pair.decidedAt} />
          </span>
        )}
      </div>
      <p role="status" class="quiet">
        {said !== undefined && SAID[said]}
      </p>
    </Card>
  );
}

interface Line {
  readonly name: string;
  readonly title: string;
  readonly values: readonly (FacetValue | undefined)[];
}

/** A row for each trait that either has; what both say alike, or differently, is marked. */
function SideBySide({ pair: { sides } }: { readonly pair: Pair }) {
  const lines = linesOf(sides);
  return (
    <table class="sides">
      <caption class="hidden">What is known of both</caption>
      <thead>
        <tr>
          <th scope="col">Trait</th>
          {sides.map(({ id, fragment, activities }, index) => (
            <th key={index} scope="col">
              <a href={to('/people/{person}', { person: id })}>{fragment}</a>
              <div class="quiet">{activities.total} activities</div>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map(({ name, title, values }) => (
          <tr key={name} class={agreement(values)}>
            <th scope="row">
              {title} <div class="quiet">{WORDS[agreement(values)]}</div>
            </th>
            {values.map((value, index) => (
              <td key={index} data-title={shortOf(sides[index]?.fragment)}>
                {value === undefined ? (
                  <span class="quiet">–</span>
                ) : (
                  <div>
                    {String(value.value)}
                    <div class="quiet">
                      <Source fragment={value.source} />, <Moment at={value.at} />
                    </div>
                  </div>
                )}
              </td>
            ))}
          </tr>
        ))}
        <tr>
          <th scope="row">Segments</th>
          {sides.map(({ segments, fragment }, index) => (
            <td key={index} data-title={shortOf(fragment)}>
              {segments.join(', ') || <span class="quiet">none</span>}
            </td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}

function shortOf(fragment = ''): string {
  return fragment.split(':').slice(0, 2).join(' ');
}

function linesOf(sides: Pair['sides']): readonly Line[] {
  const known = sides.map(({ facets }) => {
    const values = Object.values(facets).flat() as readonly FacetValue[];
    return new Map(values.map((value) => [value.name, value]));
  });
  const titles = new Map(known.flatMap((side) => [...side.values()].map(({ name, title }) => [name, title] as const)));
  return [...titles].map(([name, title]) => ({ name, title, values: known.map((side) => side.get(name)) }));
}

const WORDS = { same: 'the same', differs: 'differs', '': undefined } as const;

function agreement(values: Line['values']): keyof typeof WORDS {
  const [a, b] = values;
  if (a === undefined || b === undefined) return '';
  return JSON.stringify(a.value) === JSON.stringify(b.value) ? 'same' : 'differs';
}

const REASONS: readonly Column<Pair['reasons'][number]>[] = [
  { title: 'About', cell: ({ about }) => about.replaceAll('_', ' ') },
  { title: 'They', cell: ({ agreement: found }) => found },
  {
    title: 'Weighs',
    kind: 'number',
    cell: ({ bits }) => (
      <span class={bits >= 0 ? 'good' : 'bad'}>{`${bits >= 0 ? '+' : '−'}${Math.abs(bits).toFixed(1)}`}</span>
    ),
  },
];
