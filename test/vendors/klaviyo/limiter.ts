import { problems } from './api-error.ts';

/** Requests that one endpoint takes in a second and in a minute, for the whole account. */
export interface Tier {
  readonly burst: number;
  readonly steady: number;
}

/** As the operations' own texts say (OpenAPI, revision 2026-07-15). */
export const tiers = {
  XS: { burst: 1, steady: 15 },
  S: { burst: 3, steady: 60 },
  M: { burst: 10, steady: 150 },
  L: { burst: 75, steady: 750 },
  XL: { burst: 350, steady: 3_500 },
} as const satisfies Readonly<Record<string, Tier>>;

/** Fixed windows by the account's clock. */
export function createLimiter(now: () => Date) {
  const windows = new Map<string, { second: number; inSecond: number; minute: number; inMinute: number }>();
  return {
    /** Counts one request and tells the headers of success; throws 429 when a window is full. */
    count(endpoint: string, { burst, steady }: Tier, enforced: boolean): Readonly<Record<string, string>> {
      const at = now().getTime();
      const [second, minute] = [Math.floor(at / 1_000), Math.floor(at / 60_000)];
      const window = windows.get(endpoint) ?? { second, inSecond: 0, minute, inMinute: 0 };
      if (window.second !== second) Object.assign(window, { second, inSecond: 0 });
      if (window.minute !== minute) Object.assign(window, { minute, inMinute: 0 });
      windows.set(endpoint, window);
      if (enforced && window.inMinute >= steady) throw problems.throttled(60 - Math.floor((at / 1_000) % 60));
      if (enforced && window.inSecond >= burst) throw problems.throttled(1);
      window.inSecond += 1;
      window.inMinute += 1;
      return {
        'ratelimit-limit': `${burst}, ${burst};w=1, ${steady};w=60`,
        'ratelimit-remaining': String(Math.max(0, burst - window.inSecond)),
        'ratelimit-reset': '0',
      };
    },
  };
}
