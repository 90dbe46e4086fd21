const DAY = 86_400_000;

/** API requests of the day by everybody in the account, and the most that it may make. */
export interface Usage {
  limit: number;
  used(): number;
  /** Requests that other tools of the same account make. */
  add(requests: number): void;
}

/** Counts by the account's day; here that of UTC. */
export function createUsage(now: () => Date, limit: number): Usage {
  let day = Math.floor(now().getTime() / DAY);
  let used = 0;
  const turn = (): void => {
    const today = Math.floor(now().getTime() / DAY);
    if (today !== day) used = 0;
    day = today;
  };
  return {
    limit,
    used: () => {
      turn();
      return used;
    },
    add: (requests) => {
      turn();
      used += requests;
    },
  };
}
