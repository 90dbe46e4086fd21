/** What an element may hold. */
export type Child = Node | string | undefined;

/** Makes an element. Texts become text nodes, so that nothing a source says is ever read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

/** A card with a heading. */
export function card(title: string, note: string, ...children: readonly Child[]): HTMLElement {
  const id = `card-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  const heading = element('h2', { id }, title);
  const noted = note === '' ? undefined : element('span', { class: 'quiet' }, note);
  return element(
    'section',
    { class: 'card', 'aria-labelledby': id },
    element('div', { class: 'head' }, heading, noted),
    ...children,
  );
}

export interface Column<Row> {
  readonly title: string;
  /** `number`: to the right. `long`: holds words so long that they may be broken anywhere. */
  readonly kind?: 'number' | 'long';
  cell(row: Row): Child;
}

/** A table; on a narrow screen each row becomes a block whose cells carry their headings. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): HTMLElement {
  const head = columns.map(({ title, kind = '' }) => element('th', { scope: 'col', class: kind }, title));
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      ...columns.map(({ title, kind = '', cell }) =>
        element('td', { 'data-title': title, class: kind }, cell(row) ?? '–'),
      ),
    ),
  );
  return element(
    'table',
    {},
    element('caption', { class: 'hidden' }, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** 0 to 1 as a percentage, rounded up: a share of something that may run out. */
export function percent(share: number): string {
  return `${Math.ceil(Number((share * 1_000).toFixed(6))) / 10} %`;
}

const TONES: Readonly<Record<string, string>> = {
  finished: 'good',
  running: 'busy',
  waiting: 'busy',
  superseded: 'past',
};

/** The state of a run, in a colour and in a word. */
export function badge(state: string): HTMLElement {
  return element('span', { class: `badge ${TONES[state] ?? 'bad'}` }, state);
}

/** Names and what they are, one under the other. */
export function facts(rows: readonly (readonly [name: string, ...what: Child[]])[]): HTMLElement {
  const parts = rows.map(([name, ...what]) => element('div', {}, element('dt', {}, name), element('dd', {}, ...what)));
  return element('dl', { class: 'facts' }, ...parts);
}

export function quiet(...children: readonly Child[]): HTMLElement {
  return element('p', { class: 'quiet' }, ...children);
}

/** A button that does something and cannot be pressed again until that is done. */
export function button(title: string, press: () => Promise<void>): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'plain' }, title);
  let busy = false;
  made.addEventListener('click', () => {
    if (busy) return;
    busy = true;
    made.setAttribute('aria-disabled', 'true');
    void press().finally(() => {
      busy = false;
      made.removeAttribute('aria-disabled');
    });
  });
  return made;
}

/** What was thrown, as a sentence to show. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'Something went wrong.';
}

/** An instant in the workspace's time zone. */
export function moment(at: string, timezone: string): HTMLElement {
  const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: timezone });
  return element('time', { datetime: at, title: `${at} (shown in ${timezone})` }, format.format(new Date(at)));
}

/** Where a value comes from, short: `salesforce contact`; the whole fragment shows when one points at it. */
export function source(fragment: string): HTMLElement {
  const [connection = '', object = ''] = fragment.split(':');
  return element('span', { title: fragment }, `${connection} ${object}`);
}

/** The element of the page with an id. Page and script are one deployment, so it is there. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`the page has no ${type.name} with the id ${id}`);
}
