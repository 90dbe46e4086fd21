import { count, element, quiet } from './dom.ts';
import { reasonWords } from './words.ts';

/** Counts by reason, the largest first: the number, its name, and the name in words. */
export function reasonList(counts: Readonly<Record<string, number>>, none: string): HTMLElement {
  const rows = Object.entries(counts).filter(([, people]) => people > 0);
  if (rows.length === 0) return quiet(none);
  rows.sort(([, a], [, b]) => b - a);
  return countList(rows.map(([reason, people]) => [people, reason, reasonWords(reason)]));
}

/** Numbers with a name and what it means. */
export function countList(rows: readonly (readonly [people: number, name: string, means: string])[]): HTMLElement {
  const items = rows.map(([people, name, means]) =>
    element(
      'li',
      {},
      element('span', { class: 'people' }, count(people)),
      element('span', {}, element('strong', {}, name), ' ', element('span', { class: 'quiet' }, means)),
    ),
  );
  return element('ul', { class: 'counts' }, ...items);
}
