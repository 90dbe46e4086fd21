import { TributaryError } from '../../domain/errors.ts';
import type { Item } from './client.ts';

/** Tables whose items hold documents of ours; all others are flat attributes, to which releases only add. */
export type Formatted = keyof typeof formats;

/**
 * The format in which this release writes the items of a table. An item names its own in `format`; 1 goes without saying.
 * Whoever changes what the bytes of an item look like raises the number and adds the step from the former one below, and
 * test/adapters/stored-formats.integration.test.ts holds both.
 */
export const formats = { profiles: 1, accounts: 1, memberships: 1, state: 1 } as const;

/** Makes of an item the same item in the next format. Pure: it runs at each reading, until somebody writes the item. */
export type Step = (item: Item) => Item;

/** By table, the steps from format 1 to 2, from 2 to 3, and so on. */
const steps: Readonly<Record<Formatted, readonly Step[]>> = { profiles: [], accounts: [], memberships: [], state: [] };

/**
 * An item in the format of this release, whichever wrote it. Throws `defect` `store/newer-format` for one of a later
 * release: to read it as ours and to write it back would lose what that release knew.
 */
export function inFormat(
  table: Formatted,
  item: Item,
  known: number = formats[table],
  onward: readonly Step[] = steps[table],
): Item {
  const format = Number(item.format?.N ?? 1);
  if (format === known) return item;
  if (format > known) {
    const message = `an item of the table ${table} has format ${format}, and this release knows up to ${known}: deploy a release that knows it`;
    throw new TributaryError('defect', 'store/newer-format', message);
  }
  return onward.slice(format - 1, known - 1).reduce((older, step) => step(older), item);
}

/** The attribute by which an item names its format. */
export function formatMark(table: Formatted, format: number = formats[table]): Item {
  return format === 1 ? {} : { format: { N: String(format) } };
}
