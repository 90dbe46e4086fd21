import type { Schedule } from './definitions.ts';

/**
 * When all of a realtime audience is looked at, as others are. Not between two and three: in most zones with summer time
 * that hour is left out once a year, and with it the night.
 */
export const reconciliation: Schedule = { expression: 'cron(0 4 * * ? *)', words: 'nightly at 04:00' };
