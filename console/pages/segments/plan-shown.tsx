import type { Plan, PlannedAudience, PlannedDefinition } from '../../../lib/pipeline/define/compose-plan.ts';
import { count } from '../../parts/numbers.ts';
import { type Column, Table } from '../../parts/table.tsx';

/** What publishing would change: who moves in which segment and why, and what the next push would send. */
export function PlanShown({ plan: { definitions, audiences, counted } }: { readonly plan: Plan }) {
  const touched = audiences.filter(({ add, remove }) => add + remove > 0);
  return (
    <>
      <p class="quiet">
        {counted.how === 'everybody'
          ? `Everybody was counted, ${count(counted.people)} people.`
          : `A random sample of ${count(counted.people)} of ${count(counted.of)} people was counted.`}
      </p>
      {definitions.length === 0 ? (
        <p>Nothing that is published differs: comments alone are kept with it.</p>
      ) : (
        <Table
          caption="Definitions that differ"
          columns={DEFINITIONS}
          rows={definitions}
          rowKey={({ kind, id }) => `${kind} ${id}`}
        />
      )}
      <h3>Lists in the tools, at the next push</h3>
      {touched.length === 0 ? (
        <p class="quiet">No list changes.</p>
      ) : (
        <Table caption="What the next push would send" columns={AUDIENCES} rows={touched} rowKey={({ id }) => id} />
      )}
    </>
  );
}

const DEFINITIONS: readonly Column<PlannedDefinition>[] = [
  { title: 'What', cell: ({ kind, id }) => `${kind} ${id}` },
  {
    title: 'Change',
    cell: ({ change, follows = [] }) => (change === 'follows' ? `follows ${follows.join(', ')}` : change),
  },
  { title: 'Entering', kind: 'number', cell: ({ entering }) => entering !== undefined && count(entering) },
  { title: 'Leaving', kind: 'number', cell: ({ leaving }) => leaving !== undefined && count(leaving) },
  { title: 'Staying', kind: 'number', cell: ({ staying }) => staying !== undefined && count(staying) },
  {
    title: 'Because',
    kind: 'long',
    cell: ({ reasons = {}, note }) => (
      <ul>
        {Object.entries(reasons)
          .sort(([, a], [, b]) => b - a)
          .map(([reason, people]) => (
            <li key={reason}>
              {count(people)} {reason}
            </li>
          ))}
        {note !== undefined && <li>{note}</li>}
      </ul>
    ),
  },
];

const AUDIENCES: readonly Column<PlannedAudience>[] = [
  { title: 'Audience', cell: ({ id }) => id },
  { title: 'Add', kind: 'number', cell: ({ add }) => count(add) },
  { title: 'Remove', kind: 'number', cell: ({ remove }) => count(remove) },
  { title: 'Unchanged', kind: 'number', cell: ({ unchanged }) => count(unchanged) },
  { title: 'Calls', kind: 'number', cell: ({ calls }) => count(calls) },
];
