import { useEffect, useState } from 'preact/hooks';
import { type PageProps, to } from '../../app/addresses.ts';
import type { Answers } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { useAnswer } from '../../app/reading.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { percent } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

type Pair = Answers['GET /api/duplicates']['suggestions'][number];

const STATES = [
  ['suggested', 'To decide'],
  ['accepted', 'Joined'],
  ['rejected', 'Two people'],
  ['parted', 'Parted again'],
] as const;

/** People who may be one, the likeliest first; and what was decided before, to be taken back. */
export function Page({ query }: PageProps) {
  const state = STATES.find(([one]) => one === query.get('state'))?.[0] ?? 'suggested';
  return (
    <>
      <PageHead
        title="Duplicates"
        note="People who share no identifier and look alike. Nobody is joined unless somebody says so."
      />
      <nav class="tabs" aria-label="States of pairs">
        {STATES.map(([one, title]) => (
          <a
            key={one}
            href={to('/duplicates', undefined, { state: one })}
            aria-current={one === state ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <Card title={STATES.find(([one]) => one === state)?.[1] ?? ''}>
        <PairList key={state} state={state} />
      </Card>
    </>
  );
}

function PairList({ state }: { readonly state: Pair['state'] }) {
  const first = useAnswer('GET /api/duplicates', { query: { state } });
  const [later, setLater] = useState<readonly Pair[]>([]);
  const [next, setNext] = useState<string>();
  useEffect(() => {
    setLater([]);
    setNext(first.value?.next);
  }, [first.value]);
  return (
    <Shown of={first}>
      {({ suggestions }) => (
        <>
          {suggestions.length === 0 && <p class="quiet">There is none.</p>}
          {suggestions.length > 0 && (
            <Table
              caption="Pairs of people"
              rows={[...suggestions, ...later]}
              rowKey={({ id }) => id}
              columns={state === 'suggested' ? OPEN : DECIDED}
              step={suggestions.length + later.length}
            />
          )}
          {next !== undefined && (
            <DoButton
              does={async () => {
                const page = await ask('GET /api/duplicates', { query: { state, after: next } });
                setLater([...later, ...page.suggestions]);
                setNext(page.next);
              }}
            >
              Show more
            </DoButton>
          )}
        </>
      )}
    </Shown>
  );
}

const PAIR: Column<Pair> = {
  title: 'Records',
  kind: 'long',
  cell: ({ id, people }) => (
    <a href={to('/duplicates/{duplicate}', { duplicate: id })}>
      {people.map(({ fragment }) => fragment).join(' and ')}
    </a>
  ),
};

const WHY: Column<Pair> = {
  title: 'Speaks for it',
  cell: ({ reasons }) =>
    reasons
      .filter(({ bits }) => bits > 0)
      .map(({ about }) => about.replaceAll('_', ' '))
      .join(', '),
};

const OPEN: readonly Column<Pair>[] = [
  PAIR,
  { title: 'Likely', kind: 'number', cell: ({ score }) => percent(score) },
  WHY,
  { title: 'Suggested', cell: ({ suggestedAt }) => <Moment at={suggestedAt} /> },
];

const DECIDED: readonly Column<Pair>[] = [
  PAIR,
  WHY,
  { title: 'Decided', cell: ({ decidedAt }) => decidedAt !== undefined && <Moment at={decidedAt} /> },
  { title: 'By', cell: ({ by }) => by },
];
