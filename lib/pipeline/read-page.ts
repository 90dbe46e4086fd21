import type { JsonObject } from '../domain/json.ts';
import type { StateDocument, StateStore } from './ports.ts';

const LISTED = 200;
/** So many lists are read for one page: of a thousand documents. */
const MOST_LISTS = 5;

export interface PageAsked {
  readonly most: number;
  /** As the page before named it. */
  readonly after?: string | undefined;
}

export interface StatePage {
  readonly found: readonly StateDocument[];
  /** What to go on after; null at the end. A page may be short, or empty, before that: few were among those read. */
  readonly next: string | null;
}

/**
 * Documents of a kind from the highest id down, a page at a time. Reads no more than the page needs, and of those that are
 * looked through for what `matches` never more than a thousand.
 */
export async function readPage(
  state: StateStore,
  kind: string,
  { most, after }: PageAsked,
  matches?: (body: JsonObject) => boolean,
): Promise<StatePage> {
  const found: StateDocument[] = [];
  let next = after;
  for (let lists = 0; lists < MOST_LISTS && found.length < most; lists += 1) {
    const wanted = matches === undefined ? most - found.length : LISTED;
    const listed = await state.list(kind, { most: wanted, ...(next === undefined ? {} : { after: next }) });
    // A list may be cut short where documents are large: the end is a list of none.
    if (listed.length === 0) return { found, next: null };
    for (const one of listed) {
      if (found.length === most) break;
      next = one.id;
      if (matches === undefined || matches(one.body)) found.push(one);
    }
  }
  return { found, next: next ?? null };
}
