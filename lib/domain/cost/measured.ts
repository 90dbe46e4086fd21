/**
 * What the benches of this project measured, by which costs are computed. A test compares each with `bench/results`: the
 * name of its file, of its metric, and what of it is taken.
 */
export const measured = {
  /** A profile of 2 KB, ten activities a batch and person. */
  activity: { writeUnits: 1.683, readUnits: 0.418_8, requests: 0.081_25, microseconds: 86.42 },
  /** A batch of a server: 20 messages a request. */
  collected: { messages: 20, microseconds: 52.91 },
  /** A night of an audience of 1,000,000 people of whom 10,000 differ. */
  night: { rows: 1_000_000, changed: 10_000, readUnits: 45_670, writeUnits: 50_600, objects: 133.3, calls: 23 },
  /** Processor time of the functions for one who is pushed, in milliseconds. */
  pushed: { milliseconds: 0.157 },
} as const;

/** What follows from how it is built. A test compares memory and batches with the functions. */
export const designed = {
  memoryMb: { collect: 512, resolve: 1024, sweep: 256, push: 512 },
  /** Messages of the changes queue that one call of the resolving function takes. */
  batch: 10,
  /** A function waits so long for one request to a service or a tool, in milliseconds: assumed, and paid for. */
  waits: { service: 10, tool: 500 },
  /** Lambda keeps five long polls of twenty seconds open at an idle queue ("Scaling and processing" in its guide). */
  pollsAMonth: (5 * 730 * 3_600) / 20,
  minutesAMonth: 730 * 60,
  /** Of a sweep that finds nobody, generously, in milliseconds. */
  sweep: 250,
  /**
   * Units of a sweep beside its look for people: where it stands and when schedules were looked after, read as they are now; open
   * alerts; and where it stands, written.
   */
  sweepUnits: { read: 2.5, write: 1 },
  /** An activity's row is never larger than what one write unit holds. */
  bytesOfAnActivity: 1_024,
} as const;
