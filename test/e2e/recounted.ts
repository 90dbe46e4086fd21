import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { type RawTables, type Recounted, readRawPeople, readRawTables } from './raw-tables.ts';
import { costIn } from './recounted-cost.ts';
import { facetsIn, type Named, type ToldFacets } from './recounted-data.ts';
import { factsIn, reviewIn, type ToldFacts, type Written } from './recounted-facts.ts';
import type { Rehearsed } from './rehearse.ts';
import { respondAfterwards } from './respond-afterwards.ts';

/** An answer of the API, of which each reads what it knows to be there. */
export type Answer = JsonObject & Record<string, never>;

/** A segment with an objective, a holdout and traits in its condition. */
const REVIEWED = 'lapsing-customers';

/** The definitions by which everybody is counted, as they are published. */
type Definitions = Written & Named & { readonly connections: JsonObject };

/**
 * Every number of the pages as the API tells it, beside a recount from the raw tables of the same moment: some respond and
 * buy, and everybody is counted anew, while nothing changes by the passing of time.
 */
export async function recountEverything({ stage, call }: Rehearsed): Promise<readonly Recounted[]> {
  return stage.withoutSweeps(async () => {
    await stage.idle();
    await respondAfterwards(stage, await readRawPeople(stage));
    await call('POST', `/api/segments/${REVIEWED}/reviews`, {});
    await stage.idle();
    const ask = async (path: string) => (await call('GET', path)) as Answer;
    const raw = await readRawTables(stage);
    const segments = (await ask('/api/segments')).segments as unknown as readonly Answer[];
    const found: Recounted[] = [];
    const { version } = await ask(`/api/segments/${REVIEWED}`);
    const written = (await ask(`/api/definitions/versions/${String(version)}`)) as unknown as Definitions;
    for (const { segment, members } of segments) {
      found.push([`members of ${String(segment)}`, members, raw.members.get(String(segment))?.size ?? 0]);
      const { days } = (await ask(`/api/segments/${String(segment)}/history`)) as unknown as {
        days: readonly Answer[];
      };
      for (const { day, entered, left } of days) {
        const moved = raw.moves.get(String(segment))?.get(String(day)) ?? [0, 0];
        if (Number(entered) + Number(left) + moved[0] + moved[1] > 0) {
          found.push([
            `${String(segment)}, who came and went on ${String(day)}`,
            [entered ?? 0, left ?? 0],
            [...moved],
          ]);
        }
      }
    }
    for (const { segment } of written.segments) {
      const facts = (await ask(`/api/segments/${String(segment)}/facts`)) as unknown as ToldFacts;
      found.push(...factsIn(String(segment), facts, raw, written));
    }
    const [review] = (await call('GET', `/api/segments/${REVIEWED}/reviews`)) as readonly JsonObject[];
    found.push(...reviewIn(review ?? {}, raw));
    for (const one of (await call('GET', '/api/audiences')) as readonly Answer[]) found.push(...audienceIn(one, raw));
    found.push(...dataIn(await ask('/api/data'), raw, written));
    found.push(...overlapsIn(await ask('/api/overlaps?most=200'), raw));
    for (const one of (await call('GET', '/api/personas')) as readonly Answer[])
      found.push(...personaIn(one, raw, written));
    found.push(...costIn(await ask('/api/cost'), stage, Object.keys(written.connections).length));
    found.push(...dayIn(await ask('/api/day'), raw));
    for (const connection of ['salesforce', 'newsletter']) {
      const { quota, runs } = (await ask(`/api/connections/${connection}`)) as unknown as {
        readonly quota: JsonObject;
        readonly runs: readonly JsonObject[];
      };
      const budget = (raw.state.get('budget') ?? []).map(({ calls }) => calls);
      found.push([`calls of ${connection} are among the budgets`, budget.includes(quota.calls ?? null), true]);
      const latest = runsIn(raw, 'sync').filter((one) => one.connection === connection);
      found.push([`latest runs of ${connection}`, runs.map(({ id }) => id ?? null), newest(latest, runs.length)]);
    }
    const { suggestions } = await ask('/api/duplicates?limit=100');
    const kept = new Set((raw.state.get('duplicate-pair') ?? []).map(({ fragments }) => namesOf(fragments)));
    for (const { people } of suggestions as unknown as readonly { readonly people: readonly JsonObject[] }[]) {
      const pair = namesOf(people.map(({ fragment }) => fragment ?? null));
      found.push(['a pair that may be one person is kept', kept.has(pair), true]);
    }
    const { cards } = await ask('/api/models?limit=100');
    found.push(['trainings', (cards as unknown as readonly Json[]).length, (raw.state.get('model-card') ?? []).length]);
    return found;
  });
}

function audienceIn({ audience, summary, run }: Answer, raw: RawTables): readonly Recounted[] {
  const name = String(audience);
  const rows = raw.audiences.get(name) ?? [];
  const wanted = rows.filter(({ wanted: { in: is } }) => is === true);
  const blocked = rows.filter(({ wanted: { in: is, reason } }) => is !== true && reason !== 'not-in-segment');
  const told = summary as unknown as Record<string, number>;
  const latest = runsIn(raw, 'push').filter((one) => one.audience === name);
  return [
    [`wanted in ${name}`, told.wanted, wanted.length],
    [`blocked in ${name}`, told.blocked, blocked.length],
    [
      `told of ${name}: on the list`,
      (told.added ?? 0) + (told.unchanged ?? 0),
      wanted.filter(({ told: side }) => side?.in === true && side.outcome !== 'refused').length,
    ],
    [`latest push of ${name}`, (run as unknown as JsonObject).id, newest(latest, 1)[0]],
  ];
}

function dataIn({ counted, quarantine }: Answer, raw: RawTables, written: Definitions): readonly Recounted[] {
  const { people, facets } = counted as unknown as { people: number; facets: ToldFacets };
  const found: Recounted[] = [['people', people, raw.people.length], ...facetsIn(facets, raw, written)];
  for (const { connection, records } of quarantine as unknown as readonly JsonObject[]) {
    const kept = raw.state.get(`quarantine#${String(connection)}`) ?? [];
    found.push([`quarantine of ${String(connection)}`, records, kept.length]);
  }
  return found;
}

function overlapsIn({ segments, pairs }: Answer, raw: RawTables): readonly Recounted[] {
  const membersOf = (segment: Json | undefined) => raw.members.get(String(segment)) ?? new Map<string, number>();
  return [
    ...(segments as unknown as readonly JsonObject[]).map(
      ({ segment, size }): Recounted => [`counted members of ${String(segment)}`, size, membersOf(segment).size],
    ),
    ...(pairs as unknown as readonly JsonObject[]).map(({ a, b, both }): Recounted => {
      const shared = [...membersOf(a).keys()].filter((one) => membersOf(b).has(one)).length;
      return [`in ${String(a)} and ${String(b)}`, both, shared];
    }),
  ];
}

function personaIn(
  { persona, people, reached, segments }: Answer,
  raw: RawTables,
  { audiences }: Definitions,
): readonly Recounted[] {
  const theirs = (segments as unknown as readonly JsonObject[]).map(({ segment }) => String(segment));
  const all = new Set(theirs.flatMap((segment) => [...(raw.members.get(segment)?.keys() ?? [])]));
  const reaching = audiences.filter(({ segment }) => theirs.includes(String(segment)));
  const rows = reaching.flatMap(({ audience }) => raw.audiences.get(String(audience)) ?? []);
  const wanted = new Set(rows.flatMap(({ profile, wanted: side }) => (side.in === true ? [profile] : [])));
  return [
    [`people of ${String(persona)}`, people, all.size],
    [`reached of ${String(persona)}`, reached, [...all].filter((one) => wanted.has(one)).length],
  ];
}

function dayIn({ from, pulls, pushes }: Answer, raw: RawTables): readonly Recounted[] {
  const lately = (what: string) => runsIn(raw, what).filter(({ startedAt }) => String(startedAt) >= String(from));
  const found: Recounted[] = (pulls as unknown as readonly JsonObject[]).flatMap(({ connection, runs, changes }) => {
    const theirs = lately('sync').filter((one) => one.connection === connection);
    const sum = theirs.reduce((all, one) => all + Number(one.changes), 0);
    return [
      [`pulls of ${String(connection)} in a day`, runs ?? null, theirs.length],
      [`changes of ${String(connection)} in a day`, changes ?? null, sum],
    ] as const;
  });
  return [...found, ['pushes in a day', (pushes as unknown as readonly Json[]).length, lately('push').length]];
}

function namesOf(fragments: Json | undefined): string {
  return (Array.isArray(fragments) ? fragments.map(String) : []).sort().join(' ');
}

function runsIn({ state }: RawTables, what: string): readonly JsonObject[] {
  return (state.get('run') ?? []).filter((one) => one.what === what);
}

function newest(runs: readonly JsonObject[], most: number): string[] {
  const sorted = [...runs].sort((a, b) => (`${a.startedAt} ${a.id}` < `${b.startedAt} ${b.id}` ? 1 : -1));
  return sorted.slice(0, most).map(({ id }) => String(id));
}
