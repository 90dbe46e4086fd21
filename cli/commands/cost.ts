import type { Cost, CostPart } from '../../lib/domain/cost/cost.ts';
import { dollars } from '../../lib/domain/cost/dollars.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** `tributary cost`: what the workspace costs at list prices, line by line, and where each number comes from. */
export async function runCost(terminal: Terminal, options: { readonly stage?: string }): Promise<ExitStatus> {
  const cost = await openStageClient(options.stage).get<Cost>('/api/cost');
  if (terminal.json) {
    printJson(terminal, cost);
    return 0;
  }
  const { prices, idle, activities, push } = cost;
  const people = push.people.toLocaleString('en-US');
  const changed = push.changed.toLocaleString('en-US');
  tell(terminal, 'a month in which nothing happens', idle);
  const free = `${dollars(idle.lessFree)} where what is free each month is used for nothing else`;
  printLine(terminal, terminal.paint('dim', free));
  tell(terminal, `${activities.of.toLocaleString('en-US')} activities`, activities);
  tell(terminal, `a night of an audience of ${people} people, of whom ${changed} differ`, push);
  const says = `List prices of ${prices.region}, ${prices.date}. counted: in what is deployed; measured: by the benches; designed: from how it is built. Logs, transfer and what tools charge are not in it.`;
  printLine(terminal, '');
  printLine(terminal, terminal.paint('dim', says));
  return 0;
}

function tell(terminal: Terminal, title: string, part: CostPart): void {
  printLine(terminal, '');
  printLine(terminal, `${terminal.paint('bold', dollars(part.dollars))} ${title}`);
  const rows = part.lines.map(({ stage, what, quantity, dollars: spent, basis }) => [
    stage,
    what,
    quantity >= 100 ? Math.round(quantity) : Math.round(quantity * 100) / 100,
    dollars(spent),
    basis,
  ]);
  printLine(terminal, tableOf(terminal, ['stage', 'of what', 'quantity', 'dollars', 'basis'], rows));
}
