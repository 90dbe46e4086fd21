import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { Merges } from '../../lib/pipeline/resolve/merges.ts';
import { approveByClicking } from './approve-by-clicking.ts';
import { canDrive, openBrowser } from './browser.ts';
import { checkPage, openConsole, walk } from './console-browser.ts';
import { visitsOf } from './console-visits.ts';
import { recountEverything } from './recounted.ts';
import { openRehearsed, type Rehearsed } from './rehearse.ts';
import { seeNumbers } from './seen-numbers.ts';
import { editByTyping, reviewByClicking, segmentVisits } from './segment-visits.ts';

/** An audience whose segment is edited to hold everybody: far more than may be added at once. */
const AUDIENCE = 'procurement-to-mailchimp';
const SEGMENT = { segment: 'procurement-leads', title: 'Buyers we have not won yet' };
const MINUTE = 60_000;
const NEW_TITLE = 'Buyers <script>document.title = "broken"</script> & others';

let on: Rehearsed;
let browser: Browser;
beforeAll(async () => {
  // Until the morning after the nightly pushes; the whole day is played at night.
  on = await openRehearsed({ hours: 8 });
  if (canDrive) browser = await openBrowser();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await on?.close();
});

describe('the rehearsal', () => {
  it('ends with the lists in the tools equal to the segments, its numbers adding up', () => {
    const { report, notices } = on;

    expect(report.differences).toEqual([]);
    expect(notices.filter((notice) => / failed: /.test(notice))).toEqual([]);
    expect(report.refusals).toBe(0);
    expect(report.quarantined).toBeGreaterThan(0);
    expect(report.activities).toBeGreaterThan(18_000);
    for (const counts of Object.values(report.audiences)) {
      const { wanted, added, unchanged, unmatched, refused, rejected, retry } = counts;
      expect(added + unchanged + unmatched + refused + rejected + retry).toBe(wanted);
    }
  });
});

describe.skipIf(!canDrive)('the console, on what was rehearsed', () => {
  const pass = async (ms: number): Promise<void> => {
    await on.stage.runUntil(Date.parse(on.stage.now()) + ms);
    await on.stage.idle();
  };
  const personOf = async (text: string) =>
    (await on.call('GET', `/api/people/${encodeURIComponent(text)}`)) as PersonPage;
  const mergesOf = async (text: string) =>
    (await on.call('GET', `/api/people/${encodeURIComponent(text)}/merges`)) as Merges;
  const membersOf = async (segment: string) => {
    const { members } = (await on.call('GET', `/api/segments/${segment}/members?most=200`)) as {
      readonly members: readonly { readonly profile: string }[];
    };
    return members.map(({ profile }) => profile);
  };
  /** A member of several records whom the audience was told of, on their consent. */
  const pushedPerson = async () => {
    for (const profile of await membersOf(SEGMENT.segment)) {
      const path = `/api/people/${profile}/audiences`;
      const audiences = (await on.call('GET', path)) as readonly {
        audience: string;
        told: { outcome: string } | null;
      }[];
      const told = audiences.find(({ audience }) => audience === AUDIENCE)?.told;
      if (told?.outcome === 'applied' && (await mergesOf(profile)).merges.length > 0) return profile;
    }
    throw new Error('nobody of several records was pushed');
  };
  /** A member whom a piece of evidence alone made of two records. */
  const joinedPerson = async () => {
    for (const profile of await membersOf('newsletter-readers')) {
      const merges = await mergesOf(profile);
      if (merges.fragments.length === 2 && merges.merges.length === 1) return merges;
    }
    throw new Error('nobody among the readers was joined by one piece of evidence');
  };

  it('reviews a segment; then every number of the API is that of the raw tables, and of the pages', async () => {
    const { page, context, problems } = await openConsole(browser, on.stage, 1280);
    await reviewByClicking(page, SEGMENT, () => on.stage.idle());

    // Rows follow their profile within a minute, whatever died in between.
    await pass(2 * MINUTE);
    const found = await recountEverything(on);
    expect(found.length).toBeGreaterThan(300);
    expect(found.filter(([, told, counted]) => JSON.stringify(told) !== JSON.stringify(counted))).toEqual([]);
    await seeNumbers(page, on);
    expect(problems).toEqual([]);
    await context.close();
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('is fit for everybody at %i pixels, %s', async (width, scheme) => {
    const [run] = (await on.call('GET', `/api/audiences/${AUDIENCE}/runs`)) as readonly { id: string }[];
    const { suggestions } = (await on.call('GET', '/api/duplicates')) as {
      readonly suggestions: readonly { id: string }[];
    };
    const { segments } = (await on.call('GET', `/api/segments?q=${SEGMENT.segment}`)) as {
      readonly segments: readonly { readonly members: number }[];
    };
    const { page, context, problems } = await openConsole(browser, on.stage, width, scheme);

    const walked = {
      ...{ on, audience: AUDIENCE, run: run?.id ?? '', person: await pushedPerson() },
      duplicate: suggestions[0]?.id ?? '',
    };
    await walk(page, [...visitsOf(walked), ...segmentVisits({ ...SEGMENT, members: segments[0]?.members ?? 0 })]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('undoes a merge: the records are two people again', async () => {
    const { id, fragments } = await joinedPerson();
    const { page, context } = await openConsole(browser, on.stage, 1280);
    await page.getByLabel('Find a person').fill(fragments[0] ?? id);
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    const records = page.getByRole('region', { name: 'Records' });
    await records.getByRole('button', { name: 'Undo', exact: true }).click();
    await checkPage(page, 'the question before an undo');
    await records.getByRole('button', { name: 'Undo this evidence' }).click();
    await on.stage.idle();
    await records.getByText('They are two people now').waitFor();

    expect(page.url()).not.toContain('example.com');
    const people = await Promise.all(fragments.map(personOf));
    expect(new Set(people.map((one) => one.id)).size).toBe(2);
    expect(await Promise.all(people.map(async (one) => (await mergesOf(one.id)).merges))).toEqual([[], []]);
    await context.close();
  });

  it('edits a segment by typing, with its preview; its push is held, and goes on by clicking, once', async () => {
    const { page, context, problems } = await openConsole(browser, on.stage, 1280);
    await editByTyping(page, { ...SEGMENT, newTitle: NEW_TITLE }, () => on.stage.idle());
    expect(problems).toEqual([]);
    await context.close();

    // Everybody is decided by the edit one by one; pushes wait until that is over.
    await pass(15 * MINUTE);
    await on.call('POST', '/api/push', { audience: AUDIENCE });
    await pass(5 * MINUTE);
    const { summary, run } = (await on.call('GET', `/api/audiences/${AUDIENCE}`)) as {
      readonly summary: { readonly wanted: number; readonly waiting: number; readonly blocked: number };
      readonly run: { readonly holds: readonly { readonly says: string }[] };
    };
    const held = { audience: AUDIENCE, title: NEW_TITLE, ...summary, says: run.holds[0]?.says ?? 'nothing holds it' };
    expect(await approveByClicking(browser, on.stage, held)).toEqual([]);
  }, 300_000);
});
