const HOUR = 3_600_000;

/** API requests of the last 24 hours, by anybody in the org, and the most that it may make. */
export interface Usage {
  limit: number;
  used(): number;
  /** Requests that other tools of the same org make. */
  add(requests: number): void;
}

/** Counts by the hour, so that requests of a day ago stop counting (rolling 24 hours; REST API guide). */
export function createUsage(now: () => Date, limit: number): Usage {
  const hours = new Map<number, number>();
  const hour = () => Math.floor(now().getTime() / HOUR);
  return {
    limit,
    used: () => {
      for (const past of hours.keys()) if (past <= hour() - 24) hours.delete(past);
      return [...hours.values()].reduce((sum, count) => sum + count, 0);
    },
    add: (requests) => {
      hours.set(hour(), (hours.get(hour()) ?? 0) + requests);
    },
  };
}
