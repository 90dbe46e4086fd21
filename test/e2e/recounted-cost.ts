import { type Priced, prices } from '../../lib/domain/cost/prices.ts';
import { isJsonObject, type JsonObject } from '../../lib/domain/json.ts';
import type { Stage } from '../../lib/local/stage.ts';
import type { Recounted } from './raw-tables.ts';

interface ToldPart {
  readonly lines: readonly { readonly what: Priced; readonly quantity: number; readonly dollars: number }[];
  readonly dollars: number;
}

/** What is paid for by the month, counted in the template that runs; and every amount as its quantity at the list's price. */
export function costIn(
  told: JsonObject,
  { template }: Pick<Stage, 'template'>,
  connections: number,
): readonly Recounted[] {
  const resources = Object.values(isJsonObject(template.Resources) ? template.Resources : {});
  const many = (type: string): number => resources.filter((one) => isJsonObject(one) && one.Type === type).length;
  const { idle, activities, push } = told as unknown as Record<'idle' | 'activities' | 'push', ToldPart>;
  const quantity = (what: Priced) => idle.lines.find((one) => one.what === what)?.quantity;
  // Lambda keeps five polls of twenty seconds open at each queue that a function waits at, 730 hours a month.
  const polls = (many('AWS::Lambda::EventSourceMapping') * 5 * 730 * 3_600) / 20;
  return [
    ['secrets', quantity('secrets, a month each'), many('AWS::SecretsManager::Secret') + connections],
    ['alarms', quantity('alarms, a month each'), many('AWS::CloudWatch::Alarm')],
    ['dashboards', quantity('dashboards, a month each'), many('AWS::CloudWatch::Dashboard')],
    ['polls', quantity('requests to queues'), polls],
    ...Object.entries({ idle, activities, push }).flatMap(([part, { lines, dollars }]): readonly Recounted[] => [
      ...lines.map(
        (one): Recounted => [`${part}: ${one.what}`, cents(one.dollars), cents(one.quantity * prices.of[one.what])],
      ),
      [part, cents(dollars), cents(lines.reduce((all, one) => all + one.dollars, 0))],
    ]),
  ];
}

/** To a millionth of a dollar: sums of fractions depend on their order. */
function cents(dollars: number): number {
  return Number(dollars.toFixed(6));
}
