import type { PushTally } from './tally.ts';

/** How the additions of recent runs ended, as shares that later runs are compared with. */
export interface PushRates {
  /** Runs that went into it, up to the memory of the average. */
  readonly runs: number;
  /** 0 to 1, of those who were sent: the tool knew the person. */
  readonly matched: number;
  /** 0 to 1: refused, rejected or without an answer. */
  readonly failed: number;
}

/** A change that a person should look at. */
export interface RateChange {
  readonly kind: 'match-rate' | 'outcome-mix';
  readonly says: string;
}

/** Fewer members than this say nothing about a rate. */
const ENOUGH = 50;
const MEMORY = 10;
const FALLEN_TO = 0.8;
const RISEN_BY = 0.1;

/** Folds a run into the rates, and tells what is out of line with the runs before. */
export function compareRates(
  before: PushRates | undefined,
  tally: PushTally,
): { readonly rates: PushRates | undefined; readonly changes: readonly RateChange[] } {
  const matched = tally.added + tally.unchanged + tally.refused;
  const failed = tally.refused + tally.rejected + tally.retry;
  const sent = tally.added + tally.unchanged + tally.unmatched + failed;
  if (sent < ENOUGH) return { rates: before, changes: [] };
  const now = { matched: matched / sent, failed: failed / sent };
  const changes: RateChange[] = [];
  if (before !== undefined && now.matched < before.matched * FALLEN_TO) {
    changes.push({
      kind: 'match-rate',
      says: `the tool knew ${percent(now.matched)} of ${sent} people, ${percent(before.matched)} in the runs before`,
    });
  }
  if (before !== undefined && now.failed > before.failed + RISEN_BY) {
    changes.push({
      kind: 'outcome-mix',
      says: `${percent(now.failed)} of ${sent} people were refused, rejected or without an answer, ${percent(before.failed)} in the runs before`,
    });
  }
  const weight = 1 / Math.min(MEMORY, (before?.runs ?? 0) + 1);
  const mean = (old: number | undefined, value: number) => (old === undefined ? value : old + (value - old) * weight);
  const rates = {
    runs: Math.min(MEMORY, (before?.runs ?? 0) + 1),
    matched: mean(before?.matched, now.matched),
    failed: mean(before?.failed, now.failed),
  };
  return { rates, changes };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
