import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { textOf } from './console-browser.ts';
import type { Answer } from './recounted.ts';
import type { Rehearsed } from './rehearse.ts';

/** Numbers of the API as the pages must show them, while nothing moves. */
export async function seeNumbers(page: Page, { stage, call }: Rehearsed): Promise<void> {
  await stage.withoutSweeps(async () => {
    await stage.idle();
    await see(page, { stage, call });
  });
}

async function see(page: Page, { stage, call }: Pick<Rehearsed, 'stage' | 'call'>): Promise<void> {
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
  const percent = (share: Json | undefined) => `${Math.round(Number(share) * 1_000) / 10} %`;
  await shows(
    to('/segments'),
    segments.map(({ members }) => [members, '#']),
  );
  for (const { segment, members, performance } of segments) {
    const { value, asked, target } = (performance ?? {}) as JsonObject;
    if (typeof value !== 'number') continue;
    const { lift } = (await ask(`/api/segments/${String(segment)}/facts`)) as unknown as {
      readonly lift: readonly JsonObject[];
    };
    await shows(to('/segments/{segment}', { segment: String(segment) }), [
      [members, '# members now'],
      [asked, `${percent(value)}, of # people`],
      [null, `to ${percent(target)}`],
      ...lift.map(({ exposed, heldOut }) => [exposed, `# were sent, ${String(heldOut)} held out`] as const),
    ]);
  }
  const cost = (await ask('/api/cost')) as unknown as Record<
    'idle' | 'activities' | 'push',
    { readonly dollars: number }
  >;
  await shows(
    to('/cost'),
    [cost.idle, cost.activities, cost.push].map(({ dollars }) => [null, `$${dollars.toFixed(2)}`]),
  );
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
    ...facets.flatMap(({ people, sources }) =>
      [{ people }, ...Object.values(sources as unknown as Record<string, JsonObject>)].map(
        (one) => [one.people, '#'] as const,
      ),
    ),
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
