/** So many units a second, and no more in any one of them: what was not used within a second is lost. */
export interface Limit {
  /** Takes units, or none of them where so many are not left. */
  take(units: number): boolean;
  /** Brings back what was taken and not used. */
  giveBack(units: number): void;
}

/** A token bucket that holds a second's worth. `now` is in milliseconds. */
export function openLimit(perSecond: number, now: () => number): Limit {
  let left = perSecond;
  let at = now();
  return {
    take(units) {
      left = Math.min(perSecond, left + ((now() - at) * perSecond) / 1_000);
      at = now();
      // A millionth of a unit is how much nobody waits for.
      if (left + 1e-6 < units) return false;
      left -= units;
      return true;
    },
    giveBack(units) {
      left += units;
    },
  };
}
