/** One visit of a website, as the simulated property counts it. */
export interface SimVisit {
  /** 2026-11-20 */
  readonly day: string;
  readonly user: string;
  readonly by: Readonly<Record<string, string>>;
  readonly keyEvents: number;
  readonly revenue: number;
}

/** What is known of a metric: how it is counted, and of which type the API says that it is. */
const metrics: Readonly<
  Record<string, { readonly type: string; readonly of: (visits: readonly SimVisit[]) => number }>
> = {
  activeUsers: { type: 'TYPE_INTEGER', of: (visits) => new Set(visits.map(({ user }) => user)).size },
  sessions: { type: 'TYPE_INTEGER', of: (visits) => visits.length },
  keyEvents: { type: 'TYPE_FLOAT', of: (visits) => sum(visits.map(({ keyEvents }) => keyEvents)) },
  totalRevenue: { type: 'TYPE_CURRENCY', of: (visits) => sum(visits.map(({ revenue }) => revenue)) },
};

const dimensions: ReadonlySet<string> = new Set([
  'date',
  'sessionDefaultChannelGroup',
  'sessionSource',
  'deviceCategory',
]);

export interface PropertyRow {
  readonly by: readonly string[];
  readonly values: readonly string[];
}

/** A GA4 property: visits, and the ways in which its reports are less than the whole. */
export interface Property {
  /** `times`: so many visits alike, each of another user unless one is named. */
  visit(
    day: string,
    by: Readonly<Record<string, string>>,
    more?: Partial<SimVisit> & { readonly times?: number },
  ): void;
  /** Forgets a day's visits of a channel: it counted them to another one since. */
  recount(day: string, channel: string): void;
  /** Fewer users than this in a row, and it is withheld. */
  threshold: number;
  /** So many values of a day are told one by one, and the others as `(other)`. */
  mostValues: number;
  sampled: boolean;
  /** Value of a metric that is told in the place of the real one: a row that nobody can read. */
  damage(day: string, value: string): void;
  knows(kind: 'dimension' | 'metric', name: string): boolean;
  typeOf(metric: string): string;
  report(days: readonly [from: string, to: string], by: readonly string[], metrics: readonly string[]): PropertyReport;
}

export interface PropertyReport {
  readonly rows: readonly PropertyRow[];
  readonly thresholded: boolean;
  readonly other: boolean;
}

export function openProperty(): Property {
  let visits: SimVisit[] = [];
  const damaged = new Map<string, string>();
  let lastUser = 0;
  const property: Property = {
    threshold: 0,
    mostValues: Number.POSITIVE_INFINITY,
    sampled: false,
    visit(day, by, { times = 1, ...more } = {}) {
      for (let n = 0; n < times; n += 1) {
        lastUser += 1;
        visits.push({ day, by, user: `u${lastUser}`, keyEvents: 0, revenue: 0, ...more });
      }
    },
    recount(day, channel) {
      visits = visits.filter((one) => one.day !== day || one.by.sessionDefaultChannelGroup !== channel);
    },
    damage: (day, value) => void damaged.set(day, value),
    knows: (kind, name) => (kind === 'metric' ? Object.hasOwn(metrics, name) : dimensions.has(name)),
    typeOf: (metric) => metrics[metric]?.type ?? 'METRIC_TYPE_UNSPECIFIED',
    report([from, to], by, asked) {
      const inside = visits.filter(({ day }) => day >= from && day <= to);
      const groups = new Map<string, SimVisit[]>();
      let other = false;
      const named = commonOf(inside, by, property.mostValues);
      for (const visit of inside) {
        const values = by.map((name) => {
          const value = valueIn(visit, name);
          if (name === 'date' || named(name, value)) return value;
          other = true;
          return '(other)';
        });
        const key = JSON.stringify(values);
        groups.set(key, [...(groups.get(key) ?? []), visit]);
      }
      const told = [...groups].filter(([, own]) => usersOf(own) >= property.threshold);
      const rows = told.map(([key, own]): PropertyRow => {
        const wrong = own.length === 1 ? damaged.get(own[0]?.day ?? '') : undefined;
        return {
          by: JSON.parse(key) as string[],
          values: asked.map((metric) => wrong ?? String(metrics[metric]?.of(own) ?? 0)),
        };
      });
      return { rows, thresholded: told.length < groups.size, other };
    },
  };
  return property;
}

function usersOf(visits: readonly SimVisit[]): number {
  return new Set(visits.map(({ user }) => user)).size;
}

function valueIn({ day, by }: SimVisit, name: string): string {
  return name === 'date' ? day.replaceAll('-', '') : (by[name] ?? '(not set)');
}

/** The values that are frequent enough to be told one by one. */
function commonOf(visits: readonly SimVisit[], by: readonly string[], most: number) {
  const counts = new Map<string, Map<string, number>>();
  for (const name of by) {
    const own = new Map<string, number>();
    for (const visit of visits) own.set(valueIn(visit, name), (own.get(valueIn(visit, name)) ?? 0) + 1);
    counts.set(name, own);
  }
  return (name: string, value: string): boolean => {
    const own = [...(counts.get(name) ?? [])].sort((a, b) => b[1] - a[1]);
    return own.findIndex(([one]) => one === value) < most;
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
