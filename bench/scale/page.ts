import { table } from '../../scripts/markdown-table.ts';
import { limits } from './aws-limits.ts';
import { openFacts } from './facts.ts';
import { coldTable, crowdTable, plots, sizesTable, turnedTable } from './outcomes.ts';
import { say } from './say.ts';
import { evaluationTable, itemTable, limitTable, loadTable, pushTable } from './tables.ts';
import { costTable, savingTable, workTable } from './work.ts';
import { worldOf } from './world.ts';

/** The generated parts of docs/scale.md by their names, from what benches saved. */
export function scaleParts(): Readonly<Record<string, string>> {
  const facts = openFacts();
  const world = worldOf(facts);
  return {
    load: loadTable(world),
    limits: limitTable(world),
    item: itemTable(world),
    evaluation: evaluationTable(world),
    work: workTable(world, facts),
    push: pushTable(),
    cost: costTable(world),
    savings: savingTable(world),
    sizes: sizesTable(facts),
    cold: coldTable(facts),
    'due-shards': turnedTable(facts, 'due shards'),
    workers: turnedTable(facts, 'workers'),
    crowd: crowdTable(facts),
    aws: table(
      ['what', 'limit', 'more if asked', 'written in'],
      Object.values(limits).map(({ what, value, canGrow, source }) => [
        what,
        say(value),
        canGrow ? 'yes' : 'no',
        source,
      ]),
    ),
  };
}

/** The plots of docs/scale.md, by the name of their file in docs/images. */
export function scalePlots(): Readonly<Record<string, string>> {
  return plots(openFacts());
}
