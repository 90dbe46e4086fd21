import type { Schedule } from './definitions.ts';

/** What every workspace does each night. */
export type Round = 'care' | 'recount';

/** When rounds begin: not between two and three, an hour that summer time leaves out once a year, and after most pulls. */
export const rounds: Readonly<Record<Round, Schedule>> = {
  care: { expression: 'cron(30 3 * * ? *)', words: 'nightly at 03:30' },
  recount: { expression: 'cron(30 3 * * ? *)', words: 'nightly at 03:30' },
};
