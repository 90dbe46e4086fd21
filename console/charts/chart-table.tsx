import { useState } from 'preact/hooks';
import { type Column, Table } from '../parts/table.tsx';
import type { ChartProps } from './series.ts';

interface Row {
  readonly day: string;
  readonly index: number;
}

/** The numbers of a chart, the latest day first, when somebody opens it. */
export function ChartTable({ title, days, series }: Pick<ChartProps, 'title' | 'days' | 'series'>) {
  const [open, setOpen] = useState(false);
  const rows: Row[] = days.map((day, index) => ({ day, index })).reverse();
  const columns: Column<Row>[] = [
    { title: 'Day', cell: ({ day }) => day },
    ...series.map(({ name, values }): Column<Row> => {
      return { title: name, kind: 'number', cell: ({ index }) => values[index]?.toLocaleString('en-US') };
    }),
  ];
  return (
    <details class="as-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="quiet">The numbers as a table</summary>
      {open && <Table caption={title} rowKey={({ day }) => day} rows={rows} columns={columns} />}
    </details>
  );
}
