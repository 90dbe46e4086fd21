import { notAsAsked, pushCounts } from '../lib/domain/tally.ts';
import type { DryRun } from '../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import type { AudienceSummary } from '../lib/pipeline/push/summaries.ts';
import { countList, reasonList } from './counts.ts';
import { type AudiencePage, showDefinition } from './definition.ts';
import { badge, button, type Column, card, count, element, moment, quiet, sentenceOf, table } from './dom.ts';
import { holdList, showPlan } from './plan.ts';
import { toRun } from './routes.ts';
import { ask } from './stage-api.ts';
import { type Alert, showHeldRun } from './waiting.ts';
import { reasonWords, titled } from './words.ts';

interface Read {
  readonly page: AudiencePage;
  readonly runs: readonly PushRun[];
  readonly alerts: readonly Alert[];
}

export async function readAudience(audience: string): Promise<Read> {
  const path = `/api/audiences/${encodeURIComponent(audience)}`;
  const [page, runs, alerts] = await Promise.all([
    ask<AudiencePage>(path),
    ask<readonly PushRun[]>(`${path}/runs`),
    ask<readonly Alert[]>('/api/alerts'),
  ]);
  return { page, runs, alerts };
}

/** An audience: what it means, where its people stand, what a push would do now, and how the last ones ended. */
export function showAudience({ page, runs, alerts }: Read, timezone: string): HTMLElement[] {
  const run = page.run as unknown as PushRun | null;
  const held = run?.state === 'held' ? [card('Held', '', showHeldRun(run, alerts, timezone))] : [];
  for (const one of held) one.classList.add('alarm', 'wide');
  const pushes = card('Last pushes', runs.length === 0 ? '' : `${runs.length}`, runTable(runs, timezone));
  pushes.classList.add('wide');
  return [
    ...held,
    card('What it does', '', showDefinition(page)),
    element(
      'div',
      { class: 'stack' },
      peopleCard(page.summary as unknown as AudienceSummary),
      planCard(page, timezone),
    ),
    pushes,
  ];
}

function peopleCard(summary: AudienceSummary): HTMLElement {
  const { wanted, blocked, added, unchanged } = summary;
  const places = (['waiting', ...notAsAsked] as const).filter((one) => summary[one] > 0);
  return card(
    'People',
    `${count(wanted + blocked)} in the segment`,
    element('h3', {}, `${count(wanted)} wanted`),
    wanted === 0
      ? quiet('Nobody is wanted on the list.')
      : countList([
          [added, 'added', 'on the list by the last push'],
          [unchanged, 'unchanged', 'on the list since before'],
          ...places.map((place) => [summary[place], place, PLACES[place] ?? reasonWords(place)] as const),
        ]),
    element('h3', {}, `${count(blocked)} in the segment and not wanted`),
    reasonList(summary.blockedBy as Readonly<Record<string, number>>, 'Nobody of the segment is left out.'),
  );
}

const PLACES: Readonly<Record<string, string>> = { waiting: 'no push has told the tool yet' };

/** What a push would do now; planned when somebody asks, because it reads every row that differs. */
function planCard({ audience }: AudiencePage, timezone: string): HTMLElement {
  const answer = element('div', { class: 'answer', 'aria-live': 'polite' });
  const asking = button('Plan now', async () => {
    answer.replaceChildren(quiet('Planning…'));
    try {
      const { audiences } = await ask<{ audiences: readonly DryRun[] }>('/api/push/dry-run', { audience });
      answer.replaceChildren(...audiences.flatMap((plan) => plannedParts(plan, timezone)));
    } catch (thrown) {
      // Said where it was asked; the button asks again.
      answer.replaceChildren(element('p', { class: 'bad' }, sentenceOf(thrown)));
    }
  });
  const note = quiet('What a push would do now. Nothing is sent.');
  return card('Plan', '', element('div', { class: 'asked' }, note, asking), answer);
}

function plannedParts(plan: DryRun, timezone: string): HTMLElement[] {
  const nothing = plan.add + plan.remove === 0;
  return [
    ...(nothing ? [element('p', {}, 'Nothing is to be done: the list is as it is wanted.')] : []),
    ...(plan.holds.length === 0 ? [] : [element('h3', {}, 'It would be held'), holdList(plan.holds)]),
    ...showPlan(plan, timezone),
  ];
}

function runTable(runs: readonly PushRun[], timezone: string): HTMLElement {
  if (runs.length === 0) return quiet('Nothing was pushed in the last 30 days.');
  const columns: Column<PushRun>[] = [
    { title: 'Started', cell: ({ id, startedAt }) => element('a', { href: toRun(id) }, moment(startedAt, timezone)) },
    { title: 'State', cell: ({ state }) => badge(state) },
    ...pushCounts.map((name): Column<PushRun> => {
      return { title: titled(name), kind: 'number', cell: ({ tally }) => count(tally[name]) };
    }),
  ];
  return table('Pushes, newest first', columns, runs);
}
