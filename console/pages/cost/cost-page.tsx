import type { ComponentChildren } from 'preact';
import type { CostLine, CostPart } from '../../../lib/domain/cost/cost.ts';
import { dollars } from '../../../lib/domain/cost/dollars.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card, Cards } from '../../parts/card.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';

/** What the workspace costs at list prices, line by line, and where each number comes from. */
export function Page() {
  const cost = useAnswer('GET /api/cost');
  return (
    <>
      <PageHead title="Cost" note="At list prices. Logs, transfer and what the tools charge are not in it." />
      <Shown of={cost}>
        {({ prices, idle, activities, push }) => (
          <Cards>
            <Part title="A month in which nothing happens" part={idle}>
              {dollars(idle.lessFree)} where what is free each month is used for nothing else
            </Part>
            <Part title={`${count(activities.of)} activities`} part={activities}>
              collected in batches, ten a person
            </Part>
            <Part title={`A night of an audience of ${count(push.people)}`} part={push}>
              of whom {count(push.changed)} differ
            </Part>
            <p class="quiet wide">
              Prices of {prices.region}, {prices.date}. <em>counted</em>: in what is deployed; <em>measured</em>: by the
              benches of the project; <em>designed</em>: from how it is built.
            </p>
          </Cards>
        )}
      </Shown>
    </>
  );
}

function Part({
  title,
  part,
  children,
}: {
  readonly title: string;
  readonly part: CostPart;
  readonly children: ComponentChildren;
}) {
  return (
    <Card title={title} note={dollars(part.dollars)} wide>
      <p class="quiet">{children}</p>
      <Table
        caption={`${title}: what costs how much`}
        rows={part.lines}
        rowKey={({ stage, what }) => `${stage} ${what}`}
        columns={COLUMNS}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<CostLine>[] = [
  { title: 'Stage', cell: ({ stage }) => stage, by: ({ stage }) => stage },
  { title: 'Of what', kind: 'long', cell: ({ what }) => what },
  {
    title: 'Quantity',
    kind: 'number',
    cell: ({ quantity }) => count(Math.round(quantity)),
    by: ({ quantity }) => quantity,
  },
  { title: 'Dollars', kind: 'number', cell: (line) => dollars(line.dollars), by: (line) => line.dollars },
  { title: 'Known by', cell: ({ basis }) => basis },
];
