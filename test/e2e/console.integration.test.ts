import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import { facetNames } from '../../lib/domain/facet/catalogue.ts';
import type { DataPage } from '../../lib/pipeline/describe/describe-data.ts';
import type { DayPage } from '../../lib/pipeline/describe/describe-day.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { Merges } from '../../lib/pipeline/resolve/merges.ts';
import { approveByClicking } from './approve-by-clicking.ts';
import { type AudienceStage, MINUTE, openAudienceStage } from './audience-stage.ts';
import { canDrive, openBrowser } from './browser.ts';
import { checkPage, openConsole, textOf, walk } from './console-browser.ts';
import { visitsOf } from './console-visits.ts';
import { editByTyping, reviewByClicking, segmentVisits } from './segment-visits.ts';

const TITLE = 'Readers <script>document.title = "broken"</script> & others';
const QUIET = 'quiet-readers-to-newsletter';
const SEGMENT = { segment: 'quiet-readers', title: TITLE, members: 12 };
const READERS = Array.from({ length: 12 }, (_, n) => `p${n}@example.com`);
/** From the start of the stage to after the nightly count of everybody. */
const NIGHT = 95 * MINUTE;

let on: AudienceStage;
let browser: Browser;
beforeAll(async () => {
  if (!canDrive) return;
  [on, browser] = await Promise.all([
    openAudienceStage({
      readers: READERS,
      quietReaders: {
        title: TITLE,
        when: { all: [{ subscribed: 'email' }, { not: { did: 'Order Completed', within: '2 days' } }] },
      },
      quietMaxAdd: 5,
      segments: [],
      audiences: [],
    }),
    openBrowser(),
  ]);
  // Two records of one reader: the newsletter's and the shop's own.
  await on.collect('p0@example.com', ['Cart Opened']);
  await on.stage.idle();
  await on.call('POST', '/api/push', { audience: QUIET });
  await on.stage.idle();
});
afterAll(async () => {
  await browser?.close();
  await on?.close();
});

const personOf = async (text: string) =>
  (await on.call('GET', `/api/people/${encodeURIComponent(text)}`)) as PersonPage;

describe.skipIf(!canDrive)('the console', () => {
  it('lets a held push go on by clicking, once', async () => {
    const says = `${READERS.length} would be added; at most 5 may be`;

    const held = { audience: QUIET, title: TITLE, people: READERS.length, says };
    expect(await approveByClicking(browser, on.stage, held)).toEqual([]);
  });

  it('shows the numbers of the API, and they are those of the profiles', async () => {
    await on.stage.runUntil(on.now() + NIGHT);
    const day = (await on.call('GET', '/api/day')) as DayPage;
    const { counted } = (await on.call('GET', '/api/data')) as DataPage;
    const { page, context } = await openConsole(browser, on.stage, 1280);

    const pulls = day.pulls.reduce((sum, { runs }) => sum + runs, 0);
    expect(await textOf(page.getByRole('region', { name: 'The last day' }))).toContain(
      `${pulls} pulls ${day.pulls[0]?.people} people told of by sources ${day.pushes.length} pushes 12 added to`,
    );
    await page.goto(`${on.stage.url}/${to('/data')}`);
    const people = await Promise.all(READERS.map(personOf));
    for (const facet of facetNames) {
      const have = people.filter(({ facets }) => facets[facet].length > 0).length;
      expect({ facet, people: counted?.facets[facet].people }).toEqual({ facet, people: have });
      const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(facet, 'i') }) });
      expect(await textOf(row.getByRole('cell').first())).toMatch(new RegExp(`^${have} `));
    }
    expect(counted?.people).toBe(READERS.length);
    await context.close();
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('is fit for everybody at %i pixels, %s', async (width, scheme) => {
    const [run] = (await on.call('GET', `/api/audiences/${QUIET}/runs`)) as readonly { id: string }[];
    const { id: person } = await personOf('p0@example.com');
    const { page, context, problems } = await openConsole(browser, on.stage, width, scheme);

    await walk(page, [...visitsOf({ on, audience: QUIET, run: run?.id ?? '', person }), ...segmentVisits(SEGMENT)]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('undoes a merge: the records are two people again', async () => {
    const { page, context } = await openConsole(browser, on.stage, 1280);
    await page.getByLabel('Find a person').fill('P0@Example.com');
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    const records = page.getByRole('region', { name: 'Records' });
    await records.getByRole('button', { name: 'Undo', exact: true }).click();
    await checkPage(page, 'the question before an undo');
    await records.getByRole('button', { name: 'Undo this evidence' }).click();
    await on.stage.idle();
    await records.getByText('They are two people now').waitFor();

    expect(page.url()).not.toContain('example.com');
    const fragments = await Promise.all(
      ['web:user:p0', 'p0@example.com'].map(async (text) => {
        const { merges } = (await on.call('GET', `/api/people/${encodeURIComponent(text)}/merges`)) as Merges;
        return merges;
      }),
    );
    expect(fragments).toEqual([[], []]);
    expect((await personOf('web:user:p0')).id).not.toBe((await personOf('p0@example.com')).id);
    await context.close();
  });

  it('edits a segment by typing, with its preview, and reviews it', async () => {
    const { page, context, problems } = await openConsole(browser, on.stage, 1280);

    await editByTyping(page, SEGMENT, () => on.stage.idle());
    await reviewByClicking(page, SEGMENT, () => on.stage.idle());
    expect(problems).toEqual([]);
    await context.close();
  });
});
