import type { FacetValue } from '../lib/domain/facet/facets.ts';
import type { Receipt } from '../lib/domain/segment/receipt.ts';
import { type Sentence, sentence } from '../lib/domain/segment/sentence.ts';
import type { PersonPage } from '../lib/pipeline/describe/describe-person.ts';
import { type Column, card, count, element, moment, source, table } from './dom.ts';
import { ask } from './stage-api.ts';

const ACTIVITIES_SHOWN = 12;

interface Known {
  readonly id: string;
  readonly title: string;
}

/** A person with everything known about them, and why they are, or are not, in each segment. */
export function showPerson(page: PersonPage, segments: readonly Known[], timezone: string): HTMLElement[] {
  return [
    element(
      'div',
      { class: 'who' },
      element('h2', {}, nameOf(page)),
      element('code', { class: 'quiet' }, page.id),
      element('p', { class: 'quiet' }, page.identifiers.map(({ type, value }) => `${type}=${value}`).join(' · ')),
    ),
    element(
      'div',
      { class: 'stack' },
      card('Why in, why not', '', ...segments.map((segment) => whyRow(page, segment))),
      card('Audiences', '', audienceList(page)),
      card('Consent', '', consentTable(page, timezone)),
      activityCard(page, timezone),
    ),
    element('div', { class: 'stack' }, ...facetCards(page, timezone)),
  ];
}

function activityCard({ activities }: PersonPage, timezone: string): HTMLElement {
  const latest = activities.latest.slice(0, ACTIVITIES_SHOWN);
  const lines = latest.map(({ at, name, fragment }) =>
    element('li', {}, moment(at, timezone), element('strong', {}, name), source(fragment)),
  );
  return card('Activities', count(activities.total), element('ol', { class: 'activities' }, ...lines));
}

function nameOf({ traits, identifiers, id }: PersonPage): string {
  const names = [traits.first_name, traits.last_name].filter((part) => typeof part === 'string');
  return names.join(' ') || (identifiers[0]?.value ?? id);
}

/** A segment that opens to its receipt; the receipt is asked for when somebody looks. */
function whyRow(page: PersonPage, { id, title }: Known): HTMLElement {
  const member = page.segments.includes(id);
  const answer = element('div', { class: 'answer' });
  const mark = element('span', { class: member ? 'mark in' : 'mark out' }, member ? 'in' : 'not in');
  const row = element('details', { class: 'why' }, element('summary', {}, title, mark), answer);
  row.addEventListener('toggle', () => {
    if (!row.open || answer.childElementCount > 0) return;
    answer.replaceChildren(element('p', { class: 'quiet' }, 'Asking…'));
    void tell(page.id, id, answer);
  });
  return row;
}

async function tell(person: string, segment: string, into: HTMLElement): Promise<void> {
  try {
    const path = `/api/people/${encodeURIComponent(person)}/segments/${encodeURIComponent(segment)}`;
    into.replaceChildren(tree(sentence(await ask<Receipt>(path))));
  } catch (thrown) {
    // A failed question says so where it was asked; closing and opening asks again.
    into.replaceChildren(thrown instanceof Error ? thrown.message : 'Something went wrong.');
  }
}

function tree({ held, text, parts }: Sentence): HTMLElement {
  const own = element(
    'li',
    { class: held ? 'held' : 'not-held' },
    element('span', { class: 'hidden' }, held ? 'holds: ' : 'does not hold: '),
    text,
  );
  if (parts.length > 0) own.append(...parts.map(tree));
  return element('ul', { class: 'sentences' }, own);
}

/** A card for each kind of data that there is about the person. */
function facetCards({ facets }: PersonPage, timezone: string): HTMLElement[] {
  const columns: Column<FacetValue>[] = [
    {
      title: 'Trait',
      cell: ({ title, name }) => element('div', {}, title, element('div', { class: 'quiet' }, breakable(name))),
    },
    { title: 'Value', kind: 'long', cell: valueCell },
    { title: 'From', cell: (value) => originCell(value, timezone) },
  ];
  return Object.entries(facets)
    .filter(([, values]) => values.length > 0)
    .map(([facet, values]) => {
      const title = facet.charAt(0).toUpperCase() + facet.slice(1);
      return card(title, '', table(`${title} data with their source`, columns, values));
    });
}

/** The value that holds, how its source wrote it, and whether it is what the trait ought to be. */
function valueCell({ value, told, type, mismatch, because }: FacetValue): HTMLElement {
  const notes = [
    ...(told === undefined ? [] : [`told as ${textOf(told)}`]),
    ...(mismatch === true ? [`mismatch: expected ${type}`] : []),
    ...(because === undefined ? [] : [because]),
  ];
  return element('div', {}, textOf(value), ...notes.map((note) => element('div', { class: 'quiet' }, note)));
}

/** A trait's path, which may be broken after a dot. */
function breakable(path: string): HTMLElement {
  const [first = '', ...steps] = path.split('.');
  return element('span', {}, first, ...steps.flatMap((step) => [element('wbr', {}), `.${step}`]));
}

/** Where a value comes from, since when it holds, and what other sources say instead. */
function originCell({ source: fragment, at, losers }: FacetValue, timezone: string): HTMLElement {
  const others = losers.map((loser) =>
    element(
      'div',
      { class: 'quiet' },
      source(loser.source),
      element('s', {}, textOf(loser.value)),
      ' ',
      moment(loser.at, timezone),
    ),
  );
  return element('div', {}, source(fragment), element('div', { class: 'quiet' }, moment(at, timezone)), ...others);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function audienceList(page: PersonPage): HTMLElement {
  const rows = Object.entries(page.audiences).map(([audience, wanted]) =>
    element('li', {}, element('strong', {}, audience), ` ${wanted.in ? 'wanted' : wanted.reason}`),
  );
  return rows.length === 0 ? element('p', { class: 'quiet' }, 'none') : element('ul', {}, ...rows);
}

function consentTable({ consent }: PersonPage, timezone: string): HTMLElement {
  if (consent.length === 0) return element('p', { class: 'quiet' }, 'nothing stated');
  type Row = (typeof consent)[number];
  const columns: Column<Row>[] = [
    { title: 'Topic', cell: ({ topic }) => topic },
    { title: 'State', cell: ({ state }) => state },
    { title: 'Stated', cell: ({ at }) => moment(at, timezone) },
    { title: 'By', cell: ({ by, source }) => `${by}, ${source}` },
    { title: 'Address', kind: 'long', cell: ({ address }) => address },
  ];
  return table('Consent as stated', columns, consent);
}
