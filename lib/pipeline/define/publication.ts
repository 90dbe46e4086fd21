import type { DefinitionChange } from '../../domain/compare-definitions.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Clock, StateDocument, StateStore } from '../ports.ts';

/** One move of the pointer to published definitions: what was published, when, by whom, and what it changed. */
export interface Publication {
  readonly version: string;
  /** Counts publications; 1 = the first. */
  readonly moves: number;
  /** RFC 3339; null for what was published before this was kept. */
  readonly at: string | null;
  readonly by: string | null;
  /** What differs from the publication before, by its own text. */
  readonly changes: readonly Changed[];
  /** How many more changes there were than are kept. */
  readonly more: number;
}

type Changed = Pick<DefinitionChange, 'kind' | 'id' | 'change'>;

const POINTER = 'definitions';
const CURRENT = 'current';
const FORMER = 'publication';
/** Changes kept of one publication: the pointer is read at every invocation and stays within one read unit. */
const MOST_CHANGES = 30;

/** The publication that holds; undefined when nothing was ever published. */
export async function readPublication(state: StateStore): Promise<Publication | undefined> {
  return publicationIn(await state.get(POINTER, CURRENT));
}

/**
 * Publications, newest first, from after the one of `after` moves on. The present one is the pointer itself; a former one
 * was written down before the pointer moved on, so none is missing.
 */
export async function listPublications(
  state: StateStore,
  { most, after }: { readonly most: number; readonly after?: number },
): Promise<readonly Publication[]> {
  const current = after === undefined ? await readPublication(state) : undefined;
  const rows = await state.list(FORMER, { most, ...(after === undefined ? {} : { after: idOf(after) }) });
  const former = rows.flatMap(({ body }) => (body as { readonly publication?: Publication }).publication ?? []);
  // The publisher may have died before the pointer moved: then the row is of the present one.
  const earlier = former.filter(({ moves }) => moves !== current?.moves);
  return [...(current === undefined ? [] : [current]), ...earlier].slice(0, most);
}

/**
 * Moves the pointer on condition that it still is what it was, and writes down what it was before. False when somebody
 * else moved it.
 */
export async function movePointer(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  to: Definitions,
  from: Publication | undefined,
  what: { readonly by: string | undefined; readonly changes: readonly DefinitionChange[] },
): Promise<boolean> {
  if (from !== undefined) {
    await deps.state.put(FORMER, idOf(from.moves), { publication: from } as unknown as JsonObject, 0);
  }
  const changes = what.changes
    .filter(({ change }) => change !== 'follows')
    .map(({ kind, id, change }) => ({ kind, id, change }));
  const body = {
    version: to.version,
    workspace: to.workspace,
    at: formatInstant(deps.clock.now().getTime()),
    by: what.by ?? null,
    changes: changes.slice(0, MOST_CHANGES),
    more: Math.max(0, changes.length - MOST_CHANGES),
  };
  return deps.state.put(POINTER, CURRENT, body, from?.moves ?? 0);
}

function publicationIn(row: StateDocument | undefined): Publication | undefined {
  if (row === undefined || typeof row.body.version !== 'string') return undefined;
  const { at, by, changes, more } = row.body;
  return {
    version: row.body.version,
    moves: row.version,
    at: typeof at === 'string' ? at : null,
    by: typeof by === 'string' ? by : null,
    changes: Array.isArray(changes) ? (changes as unknown as readonly Changed[]) : [],
    more: typeof more === 'number' ? more : 0,
  };
}

/** Ids sort as their numbers do. */
function idOf(moves: number): string {
  return String(moves).padStart(12, '0');
}
