import { createHash } from 'node:crypto';
import type { Row } from './part.ts';

/** Somebody of a sample: where they fall (0 up to 2⁴⁸, by their profile's id), and their numbers. */
export type Sampled = readonly [place: number, ...values: number[]];

/**
 * Of each kind of people, how many there are and those who fall lowest: a uniform sample of bounded size. Who is in it
 * follows from the ids alone, so a second scan of the same people makes the same one.
 */
export interface Sample {
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<string, readonly Sampled[]>>;
}

export const emptySample: Sample = { counts: {}, rows: {} };

/** Where somebody falls, by the id of the profile. */
export function placeOf(profile: string): number {
  return Number.parseInt(createHash('sha256').update(profile).digest('hex').slice(0, 12), 16);
}

/** Adds people, each under the name of what they are sampled for; at most `most` of each kind are kept. */
export function addToSample(
  sample: Sample,
  people: readonly { readonly place: number; readonly rows: ReadonlyMap<string, Row> }[],
  most: number,
): Sample {
  const counts = { ...sample.counts };
  const rows: Record<string, readonly Sampled[]> = { ...sample.rows };
  const news = new Map<string, Sampled[]>();
  for (const { place, rows: own } of people) {
    for (const [name, { kind, values }] of own) {
      const key = kindKey(name, kind);
      counts[key] = (counts[key] ?? 0) + 1;
      const held = rows[key] ?? [];
      if (held.length >= most && place > (held.at(-1)?.[0] ?? 0)) continue;
      const list = news.get(key);
      if (list === undefined) news.set(key, [[place, ...values]]);
      else list.push([place, ...values]);
    }
  }
  for (const [key, list] of news) rows[key] = lowest([...(rows[key] ?? []), ...list], most);
  return { counts, rows: news.size === 0 ? sample.rows : rows };
}

/**
 * One sample from those of parts of everybody. Beyond the highest place of a part that had to leave somebody out nothing is
 * known for certain, so nobody is taken from there: what is left is a uniform sample of all.
 */
export function joinSamples(samples: readonly Sample[], most: number, eachMost: number): Sample {
  const counts: Record<string, number> = {};
  const rows: Record<string, readonly Sampled[]> = {};
  for (const key of new Set(samples.flatMap((one) => Object.keys(one.counts)))) {
    let certain = Number.POSITIVE_INFINITY;
    let sum = 0;
    for (const sample of samples) {
      const held = sample.rows[key] ?? [];
      sum += sample.counts[key] ?? 0;
      if ((sample.counts[key] ?? 0) > held.length && held.length >= eachMost) {
        certain = Math.min(certain, held.at(-1)?.[0] ?? 0);
      }
    }
    counts[key] = sum;
    const all = samples.flatMap((one) => one.rows[key] ?? []);
    rows[key] = lowest(
      all.filter(([place]) => place <= certain),
      most,
    );
  }
  return { counts, rows };
}

/** The name under which people of a kind are sampled. */
export function kindKey(name: string, kind: Row['kind']): string {
  return kind === undefined ? name : `${name}:${kind}`;
}

/** Whoever was met twice is in once. */
function lowest(rows: readonly Sampled[], most: number): readonly Sampled[] {
  return [...new Map(rows.map((row) => [row[0], row])).values()].sort((a, b) => a[0] - b[0]).slice(0, most);
}
