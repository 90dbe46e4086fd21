import { compareText } from '../compare-text.ts';
import { formatInstant, type Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import { isZone } from '../segment/calendar.ts';
import type { MadeOf } from '../segment/compile.ts';
import { foldText } from '../segment/fold.ts';
import type { ComputedRules, EngagementRule, Signal } from './rules.ts';
import {
  type EntriesOf,
  type Heard,
  hear,
  newestOf,
  nextHeard,
  SIGNAL_KEEP,
  type Source,
  sourceOf,
  weigh,
} from './signals.ts';

/** A computed trait with what it was made of, in words. */
export interface ComputedTrait {
  readonly value: Json;
  /** When the latest of what counts was done. */
  readonly at: Milliseconds;
  readonly because: string;
}

/** Computed traits of a workspace, ready for every profile. */
export interface Computed extends MadeOf {
  /** Trait path → value. `timezone`: the person's own, where it is known. Pure; the order of entries is theirs. */
  traitsOf(entriesOf: EntriesOf, timezone: Json | undefined, now: Milliseconds): ReadonlyMap<string, ComputedTrait>;
  /** When an activity that lies ahead begins to count; infinity = none does. */
  flipsAt(entriesOf: EntriesOf, now: Milliseconds): Milliseconds;
}

/** Rule → the traits that it computes. */
export const computedTraits = {
  interests: ['computed.interests', 'computed.top_interest'],
  channel: ['computed.channel'],
  best_hour: ['computed.best_hour'],
  email_engagement: ['computed.email_engagement'],
  sentiment: ['computed.sentiment', 'computed.sentiment_trend'],
} as const satisfies Record<keyof ComputedRules, readonly string[]>;

/** Where somebody's time zone stands, the surest first. */
const TIMEZONES = ['timezone', 'location.timezone'];
const INTERESTS_TOLD = 10;
/** An interest that has a smaller share of the whole is not told. */
const SHARE_TOLD = 0.05;
/** How far two means of sentiment must be apart to be called a trend. */
const TREND = 0.15;

/** The activities that rules ask for. */
export function signalsOf(rules: ComputedRules): readonly string[] {
  const { interests, channel, best_hour, email_engagement, sentiment } = rules;
  const from: readonly Signal[] = [interests, channel, best_hour, email_engagement, sentiment].flatMap(
    (rule): readonly Signal[] => rule?.from ?? [],
  );
  return [...new Set([...from.map(({ did }) => did), ...(email_engagement?.sent ?? [])])];
}

/** Prepares the rules of a workspace. */
export function openComputed(rules: ComputedRules): Computed {
  const parts = partsOf(rules);
  const sources = parts.flatMap((part) => part.sources);
  return {
    under: 'computed.',
    reads: TIMEZONES,
    feeds: [...new Map(sources.map(({ feed }) => [feed.key, { feed, keep: SIGNAL_KEEP }])).values()],
    traitsOf: (entriesOf, timezone, now) =>
      new Map(parts.flatMap(({ tell }) => tell(entriesOf, timezone, now)).map(([path, trait]) => [path, trait])),
    flipsAt: (entriesOf, now) => nextHeard(sources, entriesOf, now),
  };
}

type Told = readonly (readonly [path: string, trait: ComputedTrait])[];

interface Part {
  readonly sources: readonly Source<unknown>[];
  readonly tell: (entriesOf: EntriesOf, timezone: Json | undefined, now: Milliseconds) => Told;
}

function partsOf({ interests, channel, best_hour, email_engagement, sentiment }: ComputedRules): readonly Part[] {
  return [
    interests === undefined ? undefined : interestPart(interests),
    channel === undefined ? undefined : channelPart(channel),
    best_hour === undefined ? undefined : hourPart(best_hour),
    email_engagement === undefined ? undefined : engagementPart(email_engagement),
    sentiment === undefined ? undefined : sentimentPart(sentiment),
  ].filter((part) => part !== undefined);
}

function interestPart({ from, halfLifeMs, least }: NonNullable<ComputedRules['interests']>): Part {
  const sources = from.map((rule) => sourceOf(rule, rule.by));
  return {
    sources,
    tell(entriesOf, _timezone, now) {
      const heard = hear(sources, entriesOf, now).filter(({ value }) => typeof value === 'string' && value !== '');
      if (heard.length < least) return [];
      const shares = sharesOf(heard, halfLifeMs, ({ value }) => String(value));
      const told = shares.filter(({ share }) => share >= SHARE_TOLD).slice(0, INTERESTS_TOLD);
      const at = newestOf(heard);
      const because = told.map(explainShare).join('; ');
      const [top] = told;
      return [
        ['computed.interests', { value: told.map(({ name }) => name), at, because }],
        ...(top === undefined
          ? []
          : [['computed.top_interest', { value: top.name, at, because: explainShare(top) }] as const]),
      ];
    },
  };
}

function channelPart({ from, halfLifeMs, least }: NonNullable<ComputedRules['channel']>): Part {
  const sources = from.map((rule) => sourceOf(rule));
  return {
    sources,
    tell(entriesOf, _timezone, now) {
      const heard = hear(sources, entriesOf, now);
      const shares = sharesOf(heard, halfLifeMs, ({ rule }) => rule.channel);
      const [top] = shares;
      if (top === undefined || heard.length < least) return [];
      return [
        ['computed.channel', { value: top.name, at: newestOf(heard), because: shares.map(explainShare).join('; ') }],
      ];
    },
  };
}

function hourPart({ from, halfLifeMs, least, timezone: usual }: NonNullable<ComputedRules['best_hour']>): Part {
  const sources = from.map((rule) => sourceOf(rule));
  return {
    sources,
    tell(entriesOf, timezone, now) {
      const heard = hear(sources, entriesOf, now);
      if (heard.length < least) return [];
      const zone = isZone(timezone) ? timezone : usual;
      const hourOf = openHours(zone);
      const [top] = sharesOf(heard, halfLifeMs, ({ at }) => hourOf(at));
      if (top === undefined) return [];
      const because = explainShare({ ...top, name: `${top.name}:00 to ${top.name}:59 in ${zone}` });
      return [['computed.best_hour', { value: Number(top.name), at: newestOf(heard), because }]];
    },
  };
}

function engagementPart({ from, sent, halfLifeMs, least }: EngagementRule): Part {
  const answers = from.map((rule) => sourceOf(rule));
  const letters = sent.map((did) => sourceOf({ did, weight: 1 }));
  return {
    sources: [...answers, ...letters],
    tell(entriesOf, _timezone, now) {
      const received = hear(letters, entriesOf, now);
      if (received.length < least) return [];
      // What was sent before the oldest letter that is remembered is answered by nothing that is counted.
      const since = received.reduce((oldest, { at }) => Math.min(oldest, at), Number.POSITIVE_INFINITY);
      const answered = hear(answers, entriesOf, now).filter(({ at }) => at >= since);
      const all: readonly Heard<Signal>[] = [...answered, ...received];
      const weight = weigh(all, halfLifeMs);
      const value = Math.min(1, round(sum(answered, weight) / sum(received, weight)));
      const because = `${counted(answered)} of ${counted(received)}`;
      return [['computed.email_engagement', { value, at: newestOf(all), because }]];
    },
  };
}

function sentimentPart({ from, halfLifeMs, trendMs, least }: NonNullable<ComputedRules['sentiment']>): Part {
  const sources = from.map((rule) => sourceOf(rule, rule.by, 'number'));
  return {
    sources,
    tell(entriesOf, _timezone, now) {
      const heard = hear(sources, entriesOf, now).filter(({ value }) => typeof value === 'number');
      if (heard.length < least) return [];
      const mean = (halfLife: Milliseconds): number => {
        const weight = weigh(heard, halfLife);
        return sum(heard, (one) => weight(one) * Number(one.value)) / sum(heard, weight);
      };
      const at = newestOf(heard);
      const [long, short] = [mean(halfLifeMs), mean(trendMs)];
      const moves = short - long;
      const trend = moves > TREND ? 'rising' : moves < -TREND ? 'falling' : 'steady';
      const because = `the mean of ${counted(heard)}`;
      const lately = `${because}; what was written lately counts ${round(short)}`;
      return [
        ['computed.sentiment', { value: round(long), at, because }],
        ['computed.sentiment_trend', { value: trend, at, because: lately }],
      ];
    },
  };
}

interface Share {
  readonly name: string;
  readonly share: number;
  readonly heard: readonly Heard<Signal>[];
}

/** What has the largest share first, then by name. Names that differ in case alone are one, written as last heard. */
function sharesOf<Rule extends Signal>(
  heard: readonly Heard<Rule>[],
  halfLifeMs: Milliseconds,
  nameOf: (one: Heard<Rule>) => string,
): readonly Share[] {
  const weight = weigh(heard, halfLifeMs);
  const groups = new Map<string, Heard<Rule>[]>();
  for (const one of heard) {
    const name = foldText(nameOf(one));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  const total = sum(heard, weight);
  return [...groups]
    .map(([, group]) => ({ name: latestName(group, nameOf), share: sum(group, weight) / total, heard: group }))
    .sort((a, b) => b.share - a.share || compareText(a.name, b.name));
}

function latestName<Rule>(group: readonly Heard<Rule>[], nameOf: (one: Heard<Rule>) => string): string {
  const newest = newestOf(group);
  const names = group.filter(({ at }) => at === newest).map(nameOf);
  return names.sort(compareText)[0] ?? '';
}

function explainShare({ name, share, heard }: Share): string {
  return `${name} ${Math.round(share * 100)} %: ${counted(heard)}`;
}

/** `14 × Email Opened, 3 × Email Link Clicked, the latest 2026-11-20T08:00:00.000Z`. */
function counted(heard: readonly Heard<Signal>[]): string {
  const counts = new Map<string, number>();
  for (const { rule } of heard) counts.set(rule.did, (counts.get(rule.did) ?? 0) + 1);
  const parts = [...counts].sort(([a], [b]) => compareText(a, b)).map(([did, count]) => `${count} × ${did}`);
  return heard.length === 0 ? 'nothing' : `${parts.join(', ')}, the latest ${formatInstant(newestOf(heard))}`;
}

/** Sums in an order that depends on the values alone: of numbers with fractions another order may give another sum. */
function sum<Rule>(heard: readonly Heard<Rule>[], of: (one: Heard<Rule>) => number): number {
  return heard
    .map(of)
    .sort((a, b) => a - b)
    .reduce((total, value) => total + value, 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const hours = new Map<string, (at: Milliseconds) => string>();

/** The hour on the clock of a zone, `00` to `23`. Cached: a formatter is expensive to make. */
function openHours(zone: string): (at: Milliseconds) => string {
  const known = hours.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: zone });
  const hourOf = (at: Milliseconds): string => format.format(at);
  hours.set(zone, hourOf);
  return hourOf;
}
