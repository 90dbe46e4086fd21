import type { z } from '@hono/zod-openapi';
import type { alertSchema } from '../lib/api/work-answers.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { badge, card, element, moment, quiet } from './dom.ts';
import { holdList } from './plan.ts';
import { toAudience, toRun } from './routes.ts';

export type Alert = z.infer<typeof alertSchema>;

/** What waits for a person: held runs, then whatever else is wrong. None when nothing does. */
export function waitingCards(held: readonly PushRun[], alerts: readonly Alert[], timezone: string): HTMLElement[] {
  const ids = new Set(held.map(({ id }) => id));
  const others = alerts.filter(({ run }) => run === undefined || !ids.has(run));
  const cards = [
    ...(held.length === 0
      ? []
      : [card('Held', `${held.length}`, ...held.map((run) => showHeldRun(run, alerts, timezone)))]),
    ...(others.length === 0 ? [] : [card('Alerts', `${others.length}`, alertList(others, timezone))]),
  ];
  for (const one of cards) one.classList.add('alarm', 'wide');
  return cards;
}

/** A held run: of which audience, since when, why, and where to decide. */
export function showHeldRun(
  { id, audience, startedAt, holds = [] }: PushRun,
  alerts: readonly Alert[],
  timezone: string,
): HTMLElement {
  // Its alert knows when it was held: it may have waited for its sources before.
  const since = alerts.find(({ run }) => run === id)?.since ?? startedAt;
  return element(
    'div',
    { class: 'held-run' },
    element(
      'h3',
      {},
      badge('held'),
      element('a', { href: toAudience(audience) }, audience),
      element('span', { class: 'quiet' }, 'since ', moment(since, timezone), ', before its first call'),
    ),
    holdList(holds),
    element('p', {}, element('a', { href: toRun(id), class: 'button' }, 'Look at the plan and decide')),
  );
}

function alertList(alerts: readonly Alert[], timezone: string): HTMLElement {
  const items = alerts.map(({ kind, subject, says, todo, since }) =>
    element(
      'li',
      { class: 'hold' },
      element('h3', {}, badge(kind), subject, element('span', { class: 'quiet' }, 'since ', moment(since, timezone))),
      element('p', {}, `${says}.`),
      quiet(`What to do: ${todo}.`),
    ),
  );
  return element('ul', { class: 'holds' }, ...items);
}
