import type { Page } from '../../lib/connectors/contract.ts';
import type { Change } from '../../lib/domain/change.ts';
import { figureKey } from '../../lib/domain/figure.ts';

/** What a page tells of, each by its name: fragments, accounts, activities, and figures of a day. */
export function idsOf({ changes, figures = [] }: Page): string[] {
  const told = figures.flatMap(({ day, report, figures: own }) =>
    own.map((one) => `${day} ${report} ${figureKey(one)}`),
  );
  return [...changes.map(idOf), ...told];
}

export function idOf(change: Change): string {
  if (change.kind === 'account') return change.account;
  return change.kind === 'activity' ? change.id : change.fragment;
}
