import { localDay, type Person } from './brute-force.ts';
import { toMs } from './random-cases.ts';

const DAY = 86_400_000;

/**
 * Every instant after `now` at which anything in the conditions could turn, by brute enumeration: each instant that the
 * person has, moved by each length that is written and by sums of two of them, and local midnights of every zone that is written.
 */
export function breakInstants(conditions: unknown, person: Person, now: number): number[] {
  const written = JSON.stringify(conditions);
  const lengths = new Set([0]);
  for (const [words] of written.matchAll(/\d+ (minute|hour|day|week)s?/g)) {
    const ms = toMs(words);
    const amount = Number(words.split(' ')[0]);
    for (let part = 1; part <= amount && amount <= 5; part += 1) lengths.add((ms / amount) * part);
    lengths.add(ms);
  }
  const offsets = new Set<number>();
  for (const a of lengths) for (const b of lengths) for (const sign of [1, -1]) offsets.add(sign * a + b);
  const zones = new Set([...written.matchAll(/"calendar":"([^"]+)"/g)].map(([, zone]) => zone as string));
  const found = new Set<number>();
  for (const base of new Set(instantsOf(person, now))) {
    for (const offset of offsets) if (base + offset > now) found.add(base + offset);
    for (const zone of zones)
      for (const length of lengths) for (const sign of [1, -1]) addMidnights(base + sign * length, zone, found);
  }
  return [...found].filter((at) => at > now).sort((a, b) => a - b);
}

function instantsOf(person: Person, now: number): number[] {
  const found = person.activities.map(({ at }) => at);
  found.push(...Object.values(person.since));
  const texts = [
    ...Object.values(person.traits),
    ...person.activities.flatMap(({ properties }) => Object.values(properties)),
  ];
  for (const text of texts) {
    const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) continue;
    found.push(at);
    for (let ahead = 0; ahead < 3; ahead += 1) found.push(anniversary(at, new Date(now).getUTCFullYear() + ahead));
  }
  for (const { at } of person.activities) found.push(anniversary(at, new Date(at).getUTCFullYear() + 1));
  return found;
}

function anniversary(at: number, year: number): number {
  const day = new Date(at);
  const month = day.getUTCMonth();
  day.setUTCFullYear(year);
  if (day.getUTCMonth() !== month) day.setUTCDate(0);
  return day.getTime();
}

/** First instants of the local days around an instant. */
function addMidnights(around: number, zone: string, found: Set<number>): void {
  const utcDay = Math.floor(around / DAY);
  for (const day of [utcDay - 1, utcDay, utcDay + 1]) {
    const midnight = midnightIn(day, zone);
    if (midnight !== undefined) found.add(midnight);
  }
}

const midnights = new Map<string, number | undefined>();

/** The instant inside a day of UTC at which the local date changes, by halving. */
function midnightIn(utcDay: number, zone: string): number | undefined {
  const key = `${zone} ${utcDay}`;
  if (midnights.has(key)) return midnights.get(key);
  let before = utcDay * DAY - 1;
  let after = before + DAY;
  const day = localDay(after, zone);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDay(middle, zone) < day) before = middle;
    else after = middle;
  }
  const midnight = localDay(before, zone) < day ? after : undefined;
  midnights.set(key, midnight);
  return midnight;
}
