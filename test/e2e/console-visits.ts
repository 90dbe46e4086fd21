import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import type { Cost } from '../../lib/domain/cost/cost.ts';
import { dollars } from '../../lib/domain/cost/dollars.ts';
import { textOf, type Visit } from './console-browser.ts';
import type { Rehearsed } from './rehearse.ts';

/** What is on the stage when the console is walked through. */
export interface Walked {
  readonly on: Pick<Rehearsed, 'call'>;
  readonly audience: string;
  readonly run: string;
  /** Profile id of somebody of several records who was pushed to the audience. */
  readonly person: string;
  /** Id of a pair of people who may be one. */
  readonly duplicate: string;
}

/** The pages of people, audiences, runs, connections and data, with what each must show. */
export function visitsOf({ on, audience, run, person, duplicate }: Walked): readonly Visit[] {
  return [
    {
      name: 'Home',
      address: to('/'),
      see: async (page) => {
        expect(await textOf(region(page, 'Pushes'))).toContain(audience);
        await region(page, 'To decide').waitFor();
      },
    },
    { name: 'People', address: to('/people'), see: (page) => heading(page, 'People') },
    {
      name: 'Person',
      address: to('/people/{person}', { person }),
      see: async (page) => {
        await seeReceipt(page);
        expect(await textOf(region(page, 'Audiences'))).toMatch(/add, applied .*on the consent email/);
        expect(await textOf(region(page, 'Timeline'))).toContain('activities');
        await region(page, 'Records').getByRole('list', { name: 'Evidence that joins records' }).waitFor();
      },
    },
    {
      name: 'Cost',
      address: to('/cost'),
      see: async (page) => {
        const told = (await on.call('GET', '/api/cost')) as Cost;
        expect(await textOf(region(page, 'A month in which nothing happens'))).toContain(dollars(told.idle.dollars));
      },
    },
    {
      name: 'Duplicates',
      address: to('/duplicates'),
      see: (page) => page.getByRole('link', { name: / and / }).first().waitFor(),
    },
    {
      name: 'Duplicate',
      address: to('/duplicates/{duplicate}', { duplicate }),
      see: async (page) => {
        await page.getByRole('button', { name: 'They are one person' }).waitFor();
        await page.getByRole('table', { name: 'What is known of both' }).waitFor();
      },
    },
    {
      name: 'Learned',
      address: to('/learned'),
      see: async (page) => {
        expect(await textOf(region(page, 'How likely: opens again'))).toMatch(/trained.*tells them apart/);
        expect(await textOf(region(page, 'People who are alike'))).toContain('learned.cluster');
      },
    },
    {
      name: 'Audiences',
      address: to('/audiences'),
      see: (page) => page.getByRole('link', { name: audience }).waitFor(),
    },
    {
      name: 'Audience',
      address: to('/audiences/{audience}', { audience }),
      see: async (page) => {
        await page.getByRole('button', { name: 'Plan now' }).click();
        await page.getByText('Nothing is to be done').waitFor();
      },
    },
    {
      name: 'Run',
      address: to('/runs/{run}', { run }),
      see: (page) => page.getByText('have an outcome').waitFor(),
    },
    {
      name: 'Connections',
      address: to('/connections'),
      see: async (page) => expect(await textOf(region(page, 'All connections'))).toMatch(/newsletter .*well/),
    },
    {
      name: 'Connection',
      address: to('/connections/{connection}', { connection: 'newsletter' }),
      see: async (page) => {
        expect(await textOf(region(page, 'Streams'))).toContain('every 15 minutes');
        await region(page, 'Latest runs').waitFor();
      },
    },
    {
      name: 'Data',
      address: to('/data'),
      see: async (page) => {
        expect(await textOf(region(page, 'Who is known how'))).toMatch(/Explicit/);
        await region(page, 'Quarantine').getByRole('group').first().click();
        await page.getByRole('button', { name: 'Read this one again' }).first().waitFor();
      },
    },
  ];
}

async function seeReceipt(page: Page): Promise<void> {
  await region(page, 'Segments').getByRole('group').first().click();
  await page.getByText('all of these').first().waitFor();
}

function region(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}
