/** What one of something costs in dollars: AWS's public list prices on demand, without what is free each month. */
export const prices = {
  region: 'us-east-1',
  /** The month in which they were read. */
  date: '2026-11',
  of: {
    'secrets, a month each': 0.4,
    'alarms, a month each': 0.1,
    'dashboards, a month each': 3,
    'schedules that fire': 1 / 1_000_000,
    'requests to queues': 0.4 / 1_000_000,
    'requests to the HTTP API': 1 / 1_000_000,
    'calls of functions': 0.2 / 1_000_000,
    // On arm64.
    'gigabyte-seconds of functions': 0.000_013_333_4,
    'read units': 0.125 / 1_000_000,
    'write units': 0.625 / 1_000_000,
    'gigabytes in tables, a month each': 0.25,
    'gigabytes that can be restored to any second, a month each': 0.2,
    'gigabytes in the archive, a month each': 0.023,
    'objects written to the archive': 5 / 1_000_000,
  },
} as const;

export type Priced = keyof typeof prices.of;

/** What every account has for nothing each month, for all that runs in it together. */
export const free: Partial<Readonly<Record<Priced, number>>> = {
  'alarms, a month each': 10,
  'dashboards, a month each': 3,
  'requests to queues': 1_000_000,
  'schedules that fire': 14_000_000,
  'calls of functions': 1_000_000,
  'gigabyte-seconds of functions': 400_000,
};
