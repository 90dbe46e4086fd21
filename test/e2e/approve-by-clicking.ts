import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Stage } from '../../lib/local/stage.ts';
import { openConsole, textOf } from './console-browser.ts';

/** Outcomes that the page of a run shows before it is asked for more. */
const SHOWN_AT_ONCE = 25;

/** What the console must show of a push that is held because it would add too many. */
export interface HeldAudience {
  readonly audience: string;
  /** The title of its segment, as it is written. */
  readonly title: string;
  /** People of the segment whom the audience does not want, and those whom it wants. */
  readonly blocked: number;
  readonly wanted: number;
  /** Of those: whom no push has told the tool yet. */
  readonly waiting: number;
  readonly says: string;
}

/**
 * Finds the held push in the console, looks at its audience and plan, approves it with two clicks at once, and once more
 * in a tab that was open before; then reads the outcomes and takes them as a file. Tells what the browser complained of.
 */
export async function approveByClicking(
  browser: Browser,
  stage: Stage,
  { audience, title, blocked, wanted, waiting, says }: HeldAudience,
): Promise<readonly string[]> {
  const { context, page, problems } = await openConsole(browser, stage, 390);
  const late = await context.newPage();
  const held = page.getByRole('region', { name: 'Held' });
  expect(await textOf(held)).toContain(says);
  await held.getByRole('link', { name: audience }).click();
  expect(await textOf(page.getByRole('region', { name: 'What it does' }))).toContain(title);
  expect(await textOf(page.getByRole('region', { name: 'People' }))).toMatch(
    new RegExp(`${number(wanted + blocked)} in the segment ${number(wanted)} wanted .*${number(waiting)} waiting`),
  );
  await page.getByRole('button', { name: 'Plan now' }).click();
  await page.getByText('It would be held').waitFor();
  await page.getByRole('link', { name: 'Look at the plan' }).click();
  await page.getByRole('heading', { name: `Push of ${audience}` }).waitFor();
  await late.goto(stage.consoleLink());
  await late.getByRole('link', { name: 'Look at the plan' }).click();
  const plan = (await late.getByRole('definition').locator('code.hash').textContent()) ?? '';

  await approve(page, 'Ops', '00000000');
  expect(await page.getByRole('alert').filter({ hasText: 'Type' }).textContent()).toContain(plan.slice(0, 8));
  await approve(page, 'Ops', plan.slice(0, 8));
  await page.getByText('The push is finished.').waitFor();
  await approve(late, 'Somebody else', plan.slice(0, 8));
  await late.getByText('It was approved before and is finished; nothing more happened.').waitFor();
  // The run is read again once the answer is there.
  await expect.poll(() => textOf(late.getByRole('region', { name: 'Run' }))).toMatch(/finished.*Approved by Ops/);

  const outcome = page.getByLabel('Outcome', { exact: true });
  await outcome.selectOption('refused');
  await page.getByText('Nobody has the outcome refused.').waitFor();
  await outcome.selectOption('applied');
  const did = await textOf(page.getByRole('region', { name: 'What it did' }));
  expect(did).toContain(`${number(waiting)} of ${number(waiting)} have an outcome`);
  const added = Number(/([\d,]+) added/.exec(did)?.[1]?.replaceAll(',', ''));
  const shown = added > SHOWN_AT_ONCE ? `${SHOWN_AT_ONCE} shown.` : `${added} shown, all of them.`;
  await page.getByText(shown, { exact: true }).waitFor();
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const lines = readFileSync(await (await file).path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(added + 1);
  expect(lines[1]).toMatch(/^p_[\w-]+,add,applied,,\S+Z,email,newsletter status,\S+Z$/);

  await page.getByRole('link', { name: 'Tributary' }).click();
  await page.getByRole('region', { name: 'The last day' }).waitFor();
  expect([await held.count(), await page.title()]).toEqual([0, 'Tributary']);
  await context.close();
  return problems;
}

function number(people: number): string {
  return people.toLocaleString('en-US');
}

async function approve(page: Page, by: string, hash: string): Promise<void> {
  await page.getByLabel('Your name').fill(by);
  await page.getByLabel('The first 8 letters').fill(hash);
  await page.getByRole('button', { name: 'Approve this plan' }).dblclick();
}
