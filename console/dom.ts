type Child = Node | string | undefined;

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

/** The state of a run, in a colour and in a word. */
export function badge(state: string): HTMLElement {
  const tone = state === 'finished' ? 'good' : state === 'running' || state === 'waiting' ? 'busy' : 'bad';
  return element('span', { class: `badge ${tone}` }, state);
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
