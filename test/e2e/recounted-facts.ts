import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { RawActivity, RawPerson, RawTables, Recounted } from './raw-tables.ts';

const DAY = 86_400_000;

/** What definitions say, as far as it is counted here. */
export interface Written {
  readonly segments: readonly JsonObject[];
  readonly audiences: readonly JsonObject[];
  readonly measures: {
    readonly within: string;
    readonly engagement: readonly string[];
    readonly revenue: { readonly did: string; readonly property: string };
  };
}

/** The facts of a segment as the API tells them, of the day on which everybody was counted just now. */
export interface ToldFacts {
  readonly days: readonly (JsonObject & {
    readonly objective: JsonObject | null;
    readonly holdouts: readonly JsonObject[];
  })[];
  readonly performance: JsonObject | null;
  readonly lift: readonly JsonObject[];
}

/**
 * The latest facts of a segment beside a recount from memberships and activities: what its members did in the windows that
 * its objective and the measures name, how its objective stands (docs/segments.md), and the sides of its holdouts.
 */
export function factsIn(
  segment: string,
  { days, performance, lift }: ToldFacts,
  raw: RawTables,
  written: Written,
): readonly Recounted[] {
  const [latest] = days;
  if (latest === undefined) return [[`facts of ${segment}`, undefined, 'there']];
  const now = Date.parse(String(latest.at));
  const members = raw.people.filter(({ id }) => raw.members.get(segment)?.has(id));
  const { engagement, revenue, within } = written.measures;
  const window = { from: now - lengthOf(within), to: now };
  const engaged = members.filter((one) => doneBy(one, raw, window).some(({ name }) => engagement.includes(name)));
  const paid = members.map((one) => paidBy(one, raw, revenue, window));
  const objective = written.segments.find((one) => one.segment === segment)?.objective as JsonObject | undefined;
  const reached = objective === undefined ? null : reachedIn(objective, segment, members, raw, now);
  const found: Recounted[] = [
    [`people when ${segment} was counted`, latest.people, raw.people.length],
    [`size of ${segment}`, latest.size, members.length],
    [`engaged in ${segment}`, latest.engaged, engaged.length],
    [`revenue of ${segment}`, near(latest.revenue), near(sumOf(paid))],
    [`payers in ${segment}`, latest.payers, paid.filter((amount) => amount > 0).length],
    [`objective of ${segment}`, latest.objective, reached],
    ...standsIn(segment, objective, performance, reached, now),
  ];
  for (const { audience, segment: of, holdout } of written.audiences) {
    if (of !== segment || holdout === 0) continue;
    const goal = objective?.goal as JsonObject | undefined;
    const side = (heldOut: boolean) => sideOf(String(audience), heldOut, goal, raw, written, now);
    const [exposed, held] = [side(false), side(true)];
    const told = latest.holdouts.find(({ experiment }) => experiment === audience);
    found.push(
      [`sent to ${String(audience)}`, rounded(told?.exposed), rounded(exposed)],
      [`held out of ${String(audience)}`, rounded(told?.heldOut), rounded(held)],
    );
    const compared = lift.find(({ experiment }) => experiment === audience);
    found.push([
      `people compared of ${String(audience)}`,
      [compared?.exposed ?? null, compared?.heldOut ?? null],
      [exposed.people, held.people],
    ]);
    const enough = Math.min(exposed.people, held.people) >= 30 && exposed.converted + held.converted >= 5;
    found.push([`lift of ${String(audience)} is told`, (compared?.objective as JsonObject)?.told, enough]);
  }
  return found;
}

/** The review that was asked for just now: sizes, engagement, overlaps, and who has a value of what its condition reads. */
export function reviewIn(told: JsonObject, raw: RawTables): readonly Recounted[] {
  const { segment, people, size, engagement, overlaps, coverage } = told as unknown as ToldReview;
  const idsOf = (of: string) => raw.members.get(of) ?? new Map<string, number>();
  const members = raw.people.filter(({ id }) => idsOf(segment).has(id));
  const having = (among: readonly RawPerson[], trait: string) =>
    among.filter(({ told: values }) => values.some(({ path }) => path === trait)).length;
  return [
    [`people in the review of ${segment}`, people, raw.people.length],
    [`members in the review of ${segment}`, size.now, members.length],
    [`share of engaged in ${segment}`, near(engagement.share.value), near(engagement.members / members.length)],
    ...overlaps.map(({ b, both }): Recounted => {
      return [`in ${segment} and ${b}`, both, [...idsOf(segment).keys()].filter((one) => idsOf(b).has(one)).length];
    }),
    ...coverage.map(({ trait, members: ours, everybody }): Recounted => {
      return [
        `who has ${trait}, in ${segment}`,
        [ours, everybody],
        [having(members, trait), having(raw.people, trait)],
      ];
    }),
  ];
}

interface ToldReview {
  readonly segment: string;
  readonly people: number;
  readonly size: { readonly now: number };
  readonly engagement: { readonly members: number; readonly share: { readonly value: number } };
  readonly overlaps: readonly { readonly b: string; readonly both: number }[];
  readonly coverage: readonly { readonly trait: string; readonly members: number; readonly everybody: number }[];
}

/** `reached` of `asked`, as the metric counts them. */
function reachedIn(
  { metric, goal, within }: JsonObject,
  segment: string,
  members: readonly RawPerson[],
  raw: RawTables,
  now: number,
) {
  if (metric === 'retention') {
    const ms = lengthOf(String(within));
    const stayed = members.filter(({ id }) => (raw.members.get(segment)?.get(id) ?? now) <= now - ms).length;
    const day = new Date(now - ms).toISOString().slice(0, 10);
    const before = (raw.state.get(`facts#${segment}`) ?? []).find((one) => one.day === day);
    const asked = before === undefined ? 0 : Math.max(Number(before.size), stayed);
    return { metric, reached: stayed, asked, value: asked === 0 ? null : stayed / asked };
  }
  const { did, within: window } = goal as JsonObject;
  const span = { from: now - lengthOf(String(window)), to: now };
  const reached = members.filter((one) => doneBy(one, raw, span).some(({ name }) => name === did)).length;
  return {
    metric: metric ?? null,
    reached,
    asked: members.length,
    value: members.length === 0 ? null : reached / members.length,
  };
}

/** Where an objective stands on the straight line from its baseline to its target, which ends with its last day. */
function standsIn(
  segment: string,
  objective: JsonObject | undefined,
  performance: JsonObject | null,
  reached: { readonly value: number | null; readonly asked: number } | null,
  now: number,
): readonly Recounted[] {
  if (objective === undefined || reached === null) return [[`performance of ${segment}`, performance, null]];
  const { value, asked } = reached;
  const target = shareOf(objective.target);
  const baseline = objective.baseline === undefined ? value : shareOf(objective.baseline);
  const today = new Date(now).toISOString().slice(0, 10);
  const [from, to] = [Date.parse(String(objective.since ?? today)), Date.parse(String(objective.by)) + DAY];
  const gone = (now - from) / (to - from);
  const line = baseline === null ? null : baseline + (target - baseline) * gone;
  const way = value === null || baseline === null ? null : (value - baseline) / (target - baseline);
  const pace = line !== null && value !== null && value >= line ? 'on pace' : 'behind';
  const standing = value === null ? 'not measured' : value >= target ? 'reached' : pace;
  const told = performance ?? {};
  return [
    [`objective of ${segment}: value, asked`, [told.value ?? null, told.asked ?? null], [value, asked]],
    [`objective of ${segment}: from, to`, [told.baseline ?? null, told.target ?? null], [baseline, target]],
    [`objective of ${segment}: by now`, near(told.expected), near(line)],
    [`objective of ${segment}: way`, near(told.progress), near(way)],
    [`objective of ${segment}: time`, near(told.elapsed), near(gone)],
    [`objective of ${segment}: standing`, told.standing, standing],
  ];
}

/** Everybody whose first exposure put them on a side, and what they did after it. */
function sideOf(
  audience: string,
  heldOut: boolean,
  goal: JsonObject | undefined,
  raw: RawTables,
  { measures }: Written,
  now: number,
) {
  const people = raw.people.filter(({ exposed }) => exposed[audience]?.heldOut === heldOut);
  const after = (one: RawPerson) => one.exposed[audience]?.at ?? now;
  const converted = people.filter((one) =>
    doneBy(one, raw, { from: after(one), to: now }).some(({ name }) => name === goal?.did),
  );
  const paid = people.map((one) =>
    paidBy(one, raw, measures.revenue, { from: Math.max(after(one), now - lengthOf(measures.within)), to: now }),
  );
  return {
    people: people.length,
    asked: people.length,
    converted: converted.length,
    revenue: sumOf(paid),
    squares: sumOf(paid.map((amount) => amount ** 2)),
  };
}

interface Window {
  readonly from: number;
  readonly to: number;
}

/** What a person's records did in (from, to], each activity once. */
function doneBy({ fragments }: RawPerson, { activities }: RawTables, { from, to }: Window): readonly RawActivity[] {
  const done = fragments.flatMap((fragment) => activities.get(fragment) ?? []);
  const once = new Map(done.map((one) => [one.id, one]));
  return [...once.values()].filter(({ at }) => at > from && at <= to);
}

function paidBy(one: RawPerson, raw: RawTables, { did, property }: Written['measures']['revenue'], window: Window) {
  const paid = doneBy(one, raw, window).filter(({ name }) => name === did);
  return sumOf(paid.map(({ properties }) => properties[property]).filter((amount) => typeof amount === 'number'));
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((all, amount) => all + amount, 0);
}

/** `30 days` in ms. */
function lengthOf(days: string): number {
  return Number(days.split(' ')[0]) * DAY;
}

/** `4%` as a share. */
function shareOf(written: Json | undefined): number {
  return Number(String(written).replace('%', '')) / 100;
}

function rounded(side: Json | undefined): readonly Json[] {
  return Object.values((side ?? {}) as JsonObject).map((value) => near(value));
}

/** To nine digits: sums of fractions depend on their order. */
function near(value: Json | undefined): number | null {
  return typeof value === 'number' ? Number(value.toPrecision(9)) : null;
}
