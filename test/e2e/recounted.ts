import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import { openCatalogue } from '../../lib/domain/facet/catalogue.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { textOf } from './console-browser.ts';
import { type RawTables, readRawTables } from './raw-tables.ts';
import type { Rehearsed } from './rehearse.ts';

type Answer = JsonObject & Record<string, never>;

/** A number of a page: where it stands in the API's answers, and what the tables hold. */
export type Recounted = readonly [what: string, told: Json | undefined, counted: Json | undefined];

/**
 * Every number of the pages as the API tells it, beside a recount from the raw tables of the same moment: everybody is counted
 * anew, while nothing changes by the passing of time.
 */
export async function recountEverything({ stage, call }: Rehearsed): Promise<readonly Recounted[]> {
  return stage.withoutSweeps(async () => {
    await call('POST', '/api/segments/dach-customers/reviews', {});
    await stage.idle();
    const ask = async (path: string) => (await call('GET', path)) as Answer;
    const raw = await readRawTables(stage);
    const segments = (await ask('/api/segments')).segments as unknown as readonly Answer[];
    const found: Recounted[] = [];
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
    for (const one of (await call('GET', '/api/audiences')) as readonly Answer[]) found.push(...audienceIn(one, raw));
    found.push(...dataIn(await ask('/api/data'), raw));
    found.push(...overlapsIn(await ask('/api/overlaps?most=200'), raw));
    for (const one of (await call('GET', '/api/personas')) as readonly Answer[]) found.push(...personaIn(one, raw));
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

function dataIn({ counted, quarantine }: Answer, raw: RawTables): readonly Recounted[] {
  const { people, facets } = counted as unknown as {
    people: number;
    facets: Record<string, { people: number; sources: Record<string, { people: number }> }>;
  };
  const { kindOf } = openCatalogue();
  const found: Recounted[] = [['people', people, raw.people.length]];
  // Traits of a certain kind whoever told them: other kinds hold what follows from more than a table row.
  for (const facet of ['demographic', 'geographic'] as const) {
    const have = (source?: string) =>
      raw.people.filter(({ told }) =>
        told.some(([path, connection]) => kindOf(path)?.facet === facet && (source ?? connection) === connection),
      ).length;
    found.push([`people with ${facet} data`, facets[facet]?.people, have()]);
    for (const [source, one] of Object.entries(facets[facet]?.sources ?? {})) {
      found.push([`people with ${facet} data of ${source}`, one.people, have(source)]);
    }
  }
  for (const { connection, records } of quarantine as unknown as readonly JsonObject[]) {
    const kept = raw.state.get(`quarantine#${String(connection)}`) ?? [];
    found.push([`quarantine of ${String(connection)}`, records, kept.length]);
  }
  return found;
}

function overlapsIn({ segments, pairs }: Answer, raw: RawTables): readonly Recounted[] {
  const membersOf = (segment: Json | undefined) => raw.members.get(String(segment)) ?? new Set<string>();
  return [
    ...(segments as unknown as readonly JsonObject[]).map(
      ({ segment, size }): Recounted => [`counted members of ${String(segment)}`, size, membersOf(segment).size],
    ),
    ...(pairs as unknown as readonly JsonObject[]).map(({ a, b, both }): Recounted => {
      const shared = [...membersOf(a)].filter((one) => membersOf(b).has(one)).length;
      return [`in ${String(a)} and ${String(b)}`, both, shared];
    }),
  ];
}

function personaIn({ persona, people, reached, segments }: Answer, raw: RawTables): readonly Recounted[] {
  const theirs = (segments as unknown as readonly JsonObject[]).map(({ segment }) => String(segment));
  const all = new Set(theirs.flatMap((segment) => [...(raw.members.get(segment) ?? [])]));
  return [
    [`people of ${String(persona)}`, people, all.size],
    [`reached of ${String(persona)} are some of them`, Number(reached) <= all.size, true],
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

/** Numbers of the API as the pages must show them. */
export async function seeNumbers(page: Page, { stage, call }: Rehearsed): Promise<void> {
  const ask = async (path: string) => (await call('GET', path)) as Answer;
  const shows = async (address: string, numbers: readonly (readonly [Json | undefined, string])[]): Promise<void> => {
    await page.goto(`${stage.url}/${address}`);
    const text = async () => textOf(page.locator('main'));
    for (const [number, beside] of numbers) {
      const words = beside.replace('#', Number(number).toLocaleString('en-US'));
      await expect.poll(text, { message: `${address} says ${words}` }).toContain(words);
    }
  };
  const segments = (await ask('/api/segments?most=50')).segments as unknown as readonly Answer[];
  await shows(
    to('/segments'),
    segments.map(({ members }) => [members, '#']),
  );
  for (const { segment, members } of segments.slice(0, 2)) {
    await shows(to('/segments/{segment}', { segment: String(segment) }), [[members, '# members now']]);
  }
  for (const { audience, summary } of (await call('GET', '/api/audiences')) as readonly Answer[]) {
    const { wanted, blocked } = summary as unknown as JsonObject;
    await shows(to('/audiences/{audience}', { audience: String(audience) }), [
      [wanted, '# wanted'],
      [blocked, '# in the segment and not wanted'],
      [Number(wanted) + Number(blocked), '# in the segment'],
    ]);
  }
  const { counted, quarantine } = (await ask('/api/data')) as unknown as Record<string, JsonObject>;
  const facets = Object.values(counted?.facets as unknown as Record<string, JsonObject>);
  await shows(to('/data'), [
    [counted?.people, '# people, counted'],
    ...facets.map(({ people }) => [people, '#'] as const),
    ...(quarantine as unknown as readonly JsonObject[]).map(({ records }) => [records, '#'] as const),
  ]);
  for (const { people, reached } of (await call('GET', '/api/personas')) as readonly Answer[]) {
    await shows(to('/personas'), [
      [people, '# people in its segments'],
      [reached, '# of them in an audience'],
    ]);
  }
  const { pairs } = (await ask('/api/overlaps?most=12')) as unknown as { readonly pairs: readonly JsonObject[] };
  await shows(
    to('/overlaps'),
    pairs.slice(0, 5).map(({ both }) => [both, '#']),
  );
  const { quota } = (await ask('/api/connections/salesforce')) as unknown as { readonly quota: JsonObject };
  await shows(to('/connections/{connection}', { connection: 'salesforce' }), [[quota.calls, '# ']]);
}
