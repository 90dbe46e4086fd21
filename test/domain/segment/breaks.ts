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
  const found: number[] = [];
  const days = new Set<number>();
  for (const base of new Set(instantsOf(person, now))) {
    for (const offset of offsets) if (base + offset > now) found.push(base + offset);
    if (zones.size === 0) continue;
    for (const length of lengths) {
      for (const sign of [1, -1]) {
        const day = Math.floor((base + sign * length) / DAY);
        if ((day + 2) * DAY > now) for (const near of [day - 1, day, day + 1]) days.add(near);
      }
    }
  }
  for (const zone of zones) for (const day of days) addMidnight(day, zone, now, found);
  return [...new Set(Float64Array.from(found).sort())];
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

function addMidnight(utcDay: number, zone: string, now: number, found: number[]): void {
  const midnight = midnightIn(utcDay, zone);
  if (midnight !== undefined && midnight > now) found.push(midnight);
}

const midnights = new Map<string, Map<number, number | undefined>>();

/** The instant inside a day of UTC at which the local date changes, by halving. */
function midnightIn(utcDay: number, zone: string): number | undefined {
  const known = midnights.get(zone) ?? new Map<number, number | undefined>();
  midnights.set(zone, known);
  if (known.has(utcDay)) return known.get(utcDay);
  let before = utcDay * DAY - 1;
  let after = before + DAY;
  const day = localDay(after, zone);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDay(middle, zone) < day) before = middle;
    else after = middle;
  }
  const midnight = localDay(before, zone) < day ? after : undefined;
  known.set(utcDay, midnight);
  return midnight;
}
