import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import { checkPage, textOf, type Visit } from './console-browser.ts';

/** A segment of the stage that the walk looks at. */
export interface VisitedSegment {
  readonly segment: string;
  readonly title: string;
  readonly members: number;
}

/** The pages of segments, overlaps, personas and versions, with what each must show. */
export function segmentVisits({ segment, title, members }: VisitedSegment): readonly Visit[] {
  return [
    {
      name: 'Segments',
      address: to('/segments'),
      see: async (page) => {
        await page.getByLabel('Name or persona').fill(segment);
        const found = region(page, `Segments with “${segment}”`);
        expect(await textOf(found.getByRole('row').filter({ hasText: title }))).toContain(
          members.toLocaleString('en-US'),
        );
      },
    },
    {
      name: 'Segment',
      address: to('/segments/{segment}', { segment }),
      see: async (page) => {
        expect(await textOf(region(page, 'Who is in it'))).toContain('these:');
        expect(await textOf(region(page, 'As its file'))).toContain(`segment: ${segment}`);
        expect(await textOf(region(page, 'Members'))).toContain(`${members.toLocaleString('en-US')} members now`);
      },
    },
    {
      name: 'Editor',
      address: to('/segments/{segment}/edit', { segment }),
      see: async (page) => {
        expect(await seePreview(page)).toContain(`${members.toLocaleString('en-US')} in it`);
      },
    },
    {
      name: 'Overlaps',
      address: to('/overlaps'),
      see: (page) => page.getByRole('table', { name: /Share of the segment/ }).waitFor(),
    },
    {
      name: 'Personas',
      address: to('/personas'),
      see: (page) =>
        page
          .getByText(/people in its segments|None is defined/)
          .first()
          .waitFor(),
    },
    {
      name: 'Versions',
      address: to('/versions'),
      see: (page) => region(page, 'Publications').getByText('the first of all').waitFor(),
    },
  ];
}

/**
 * Edits a segment as somebody does: writes a mistake and is shown its line, puts it right by the suggestion, sees who would
 * be in it, looks at the difference, plans, and publishes; then it is there with its comment, and in the versions.
 */
export async function editByTyping(
  page: Page,
  { segment, newTitle }: Pick<VisitedSegment, 'segment'> & { readonly newTitle: string },
  remembered: () => Promise<void>,
): Promise<void> {
  await go(page, to('/segments/{segment}/edit', { segment }));
  const text = page.getByLabel(`segments/${segment}.yaml`);
  const people = /everybody was counted: ([\d,]+)/.exec(await seePreview(page))?.[1];
  const before = await text.inputValue();
  const condition = [
    'when:',
    '  any: # everybody, for once',
    '    - { trait: email, exists: true }',
    '    - { trait: email, exists: false }',
  ];
  const edited = [`segment: ${segment}`, `title: ${newTitle}`, ...condition, ''].join('\n');

  await text.fill(edited.replace('exists: false', 'exsts: false'));
  const problem = page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
  expect(await textOf(problem.filter({ hasText: 'exsts' }))).toMatch(
    /^6:\d+ error: found "exsts".*did you mean exists\?/,
  );
  await problem.filter({ hasText: 'exsts' }).getByRole('button').click();
  await page.locator('textarea:focus').waitFor();

  await text.fill(edited);
  expect(await seePreview(page)).toMatch(new RegExp(`${people} in it .*at least one of these: ${people}`));
  expect(await textOf(region(page, 'Difference to what is published'))).toContain('+ any: # everybody, for once');
  await checkPage(page, 'an edit with its preview');

  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect(readFileSync(await (await file).path(), 'utf8')).toBe(edited);

  await page.getByRole('button', { name: 'Show what publishing would change' }).click();
  await remembered();
  await page.getByLabel('Your name, kept with the version').fill('Ann');
  await checkPage(page, 'the plan of an edit');
  await page.getByRole('button', { name: 'Publish exactly this' }).click();
  await page.getByText('Published.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await text.inputValue()).toBe(edited);
  expect(before).not.toBe(edited);

  await go(page, to('/versions'));
  await page.reload();
  const newest = region(page, 'Publications').getByRole('row').nth(1);
  expect(await textOf(newest)).toMatch(new RegExp(`Ann .*segment ${segment} edited`));
  await newest.getByRole('link').click();
  expect(await textOf(region(page, `segment ${segment}`))).toContain(
    'E-mail address is known, or E-mail address is not known',
  );
  await checkPage(page, 'what a version changed');
}

/** Reviews a segment now, and says something of it. `counted` lets everybody be counted. */
export async function reviewByClicking(
  page: Page,
  { segment }: Pick<VisitedSegment, 'segment'>,
  counted: () => Promise<void>,
): Promise<void> {
  await go(page, to('/segments/{segment}', { segment }));
  const reviews = region(page, 'Reviews');
  await reviews.getByRole('button', { name: 'Review it now' }).click();
  await counted();
  await reviews.getByText('It is reviewed.').waitFor();
  await reviews.getByRole('group').first().waitFor();
  expect(await textOf(reviews)).toMatch(/(keep|fix|split|merge|retire)/);

  const comments = region(page, 'Comments');
  await comments.getByLabel('Comment').fill('Too wide for the spring offer.');
  await comments.getByLabel('Your name, kept with it').fill('Ann');
  await comments.getByRole('button', { name: 'Say it' }).click();
  await comments.getByRole('listitem').filter({ hasText: 'Too wide for the spring offer.' }).waitFor();
  await checkPage(page, 'a reviewed segment');
}

const MOST_ASKS = 8;

/**
 * The preview of the text as it stands, from everybody. Where a machine is busy with something else, a preview counts a
 * sample in the time that it has, and says so: then it is asked again, as by somebody who types and takes it back.
 */
async function seePreview(page: Page): Promise<string> {
  const text = page.locator('textarea');
  for (let ask = 0; ask < MOST_ASKS; ask += 1) {
    await looked(page);
    const said = await textOf(region(page, 'What it means'));
    if (said.includes('everybody was counted')) return said;
    const written = await text.inputValue();
    await text.fill(`${written}\n`);
    await looked(page);
    await text.fill(written);
  }
  throw new Error(`no preview of ${MOST_ASKS} counted everybody`);
}

/** Until the preview is that of the text as it stands, not of an earlier one. */
async function looked(page: Page): Promise<void> {
  await page
    .locator('.preview[data-stale="false"]')
    .getByRole('heading', { name: 'For how many each part holds' })
    // Longer than anybody waits: for machines that are busy with something else.
    .waitFor({ timeout: 90_000 });
}

function region(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}

async function go(page: Page, address: string): Promise<void> {
  await page.goto(new URL(address, page.url()).href);
}
