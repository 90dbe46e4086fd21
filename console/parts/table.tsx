import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
  readonly title: string;
  /** `number`: to the right. `long`: holds words so long that they may be broken anywhere. */
  readonly kind?: 'number' | 'long';
  cell(row: Row): ComponentChildren;
  /** What rows are sorted by when somebody presses the heading; absent: they are not. */
  readonly by?: (row: Row) => number | string;
}

interface Order {
  readonly column: number;
  readonly down: boolean;
}

export interface TableProps<Row> {
  /** What the table shows, for whoever hears it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What a row is known by among the others. */
  readonly rowKey: (row: Row) => string;
  /** How many rows are put on the page at once; more come when somebody scrolls to the end. @default 50 */
  readonly step?: number;
}

/** A table; on a narrow screen each row becomes a block whose cells carry their headings. */
export function Table<Row>({ caption, columns, rows, rowKey, step = 50 }: TableProps<Row>) {
  const [order, setOrder] = useState<Order>();
  const [shown, setShown] = useState(step);
  const sorted = useMemo(() => inOrder(rows, columns, order), [rows, columns, order]);
  return (
    <>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Heading key={column.title} column={column} index={index} order={order} choose={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ title, kind, cell }) => (
                <td key={title} data-title={title} class={kind}>
                  {cell(row) ?? '–'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > shown && <More left={sorted.length - shown} more={() => setShown((before) => before + step)} />}
    </>
  );
}

function Heading<Row>({
  column: { title, kind, by },
  index,
  order,
  choose,
}: {
  readonly column: Column<Row>;
  readonly index: number;
  readonly order: Order | undefined;
  readonly choose: (order: Order) => void;
}) {
  if (by === undefined) {
    return (
      <th scope="col" class={kind}>
        {title}
      </th>
    );
  }
  const own = order?.column === index ? order : undefined;
  const direction = own === undefined ? undefined : own.down ? 'descending' : 'ascending';
  // Numbers are looked through from the largest, words from A.
  const next = own === undefined ? kind === 'number' : !own.down;
  return (
    <th scope="col" class={kind} aria-sort={direction}>
      <button type="button" class="sort" onClick={() => choose({ column: index, down: next })}>
        {title}
        <span aria-hidden="true">{own === undefined ? '' : own.down ? ' ↓' : ' ↑'}</span>
      </button>
    </th>
  );
}

/** Shows more when it comes into view, or when it is pressed. */
function More({ left, more }: { readonly left: number; readonly more: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const moreNow = useRef(more);
  moreNow.current = more;
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) moreNow.current();
    });
    if (button.current !== null) seen.observe(button.current);
    return () => seen.disconnect();
  });
  return (
    <button ref={button} type="button" class="plain more" onClick={more}>
      Show more, {left.toLocaleString('en-US')} left
    </button>
  );
}

function inOrder<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order | undefined): readonly Row[] {
  const by = order === undefined ? undefined : columns[order.column]?.by;
  if (by === undefined) return rows;
  const sign = order?.down === true ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(by(a), by(b)));
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
