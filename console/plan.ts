import type { Hold } from '../lib/domain/guardrails.ts';
import type { PushPlan } from '../lib/domain/push.ts';
import { reasonList } from './counts.ts';
import { type Child, count, element, facts, moment, percent, quiet } from './dom.ts';
import { guardWords } from './words.ts';

/** What a push would do, in numbers. */
export function showPlan(plan: PushPlan, timezone: string): HTMLElement[] {
  const { add, remove, unchanged, size, blocked, removedBecause, countedAt, calls, quota, minutes, hash } = plan;
  const counted = countedAt === undefined ? undefined : quiet('Counted ', moment(countedAt, timezone), '.');
  return [
    element(
      'ul',
      { class: 'figures' },
      figure(count(add), 'would be added'),
      figure(count(remove), 'would be removed'),
      figure(count(unchanged), `of ${count(size)} stay`),
      figure(count(sum(blocked)), 'of the segment not sent'),
    ),
    facts([
      ['Not sent, because', reasonList(blocked, 'Nobody of the segment is left out.'), counted],
      ...(remove === 0 ? [] : [['Removed, because', reasonList(removedBecause, 'not known')] as const]),
      ['Calls to the tool', count(calls)],
      ['Of the day’s quota', quota === null ? quotaUnknown() : percent(quota)],
      [
        'Expected to take',
        calls === 0
          ? 'no time: there is nothing to send'
          : minutes <= 1
            ? 'up to a minute'
            : `${count(minutes)} minutes`,
      ],
      ['Plan', element('code', { class: 'hash' }, hash)],
    ]),
  ];
}

/** Why a run is held, or would be: the guard, what was found beside what is allowed, and what to do. */
export function holdList(holds: readonly Hold[]): HTMLElement {
  const items = holds.map(({ guard, says, todo }) =>
    element(
      'li',
      { class: 'hold' },
      element('p', {}, element('strong', {}, guardWords(guard)), ' ', element('code', { class: 'quiet' }, guard)),
      element('p', {}, `${says}.`),
      quiet(`What to do: ${todo}.`),
    ),
  );
  return element('ul', { class: 'holds' }, ...items);
}

function quotaUnknown(): Child {
  return element('span', {}, 'not known ', quiet('Set requests_per_day in the connection to see it.'));
}

function figure(number: string, words: string): HTMLElement {
  return element('li', {}, element('strong', {}, number), ' ', element('span', { class: 'quiet' }, words));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
