import type { Definitions } from '../../domain/definitions.ts';
import type { ShrunkSource } from '../../domain/guardrails.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Clock, StateStore } from '../ports.ts';

/** How many people one stream brings, and how many it took away lately. */
interface SourceSize {
  /** People in the latest read from the beginning. */
  readonly full: number;
  /** What that is compared with: the last read from the beginning that was believed. */
  readonly reference: number;
  /** People gone, by hour (ms), of the last day. */
  readonly gone: readonly { readonly hour: number; readonly people: number }[];
  /** The run that was noted last: noted again, it counts once. */
  readonly run?: string;
}

/** How a shrunken source was seen: what an approval speaks of. */
export interface SeenSource {
  readonly source: string;
  readonly full: number;
  /** People gone since, as noted. */
  readonly lost: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Fewer people than this are no measure of a source. */
const ENOUGH = 20;
const RACES = 10;

/** Notes what an ended pull brought. A read that brought too little does not become what later ones are compared with. */
export async function noteSourceSize(
  deps: { readonly state: StateStore; readonly clock: Clock },
  source: string,
  run: { readonly id: string; readonly backfill: boolean; readonly people: number; readonly gone: number },
  minSource: number,
): Promise<void> {
  if (!run.backfill && run.gone === 0) return;
  await change(deps.state, source, (before) => {
    if (before.run === run.id) return before;
    const now = deps.clock.now().getTime();
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
    const lately = before.gone.filter((one) => one.hour > now - DAY_MS);
    const same = lately.find((one) => one.hour === hour)?.people ?? 0;
    const gone =
      run.gone === 0 ? lately : [...lately.filter((one) => one.hour !== hour), { hour, people: same + run.gone }];
    if (!run.backfill) return { ...before, gone, run: run.id };
    const believed = run.people >= minSource * before.reference;
    return { full: run.people, reference: believed ? run.people : before.reference, gone, run: run.id };
  });
}

/** What is left of each source that feeds profiles, of those that are less than they were. */
export async function shrunkSources(
  deps: { readonly state: StateStore; readonly clock: Clock },
  definitions: Definitions,
): Promise<readonly ShrunkSource[]> {
  const day = deps.clock.now().getTime() - DAY_MS;
  const found: ShrunkSource[] = [];
  for (const source of sourcesOf(definitions)) {
    const document = await deps.state.get('source', source);
    if (document === undefined) continue;
    const { full, reference, gone } = document.body as unknown as SourceSize;
    if (reference < ENOUGH) continue;
    const lost = gone.reduce((sum, { hour, people }) => sum + (hour > day ? people : 0), 0);
    const left = Math.max(0, full - lost) / reference;
    if (left < 1) found.push({ source, left });
  }
  return found;
}

/** Sources as they are now, to be believed later. */
export async function seeSources(state: StateStore, sources: readonly string[]): Promise<readonly SeenSource[]> {
  const seen: SeenSource[] = [];
  for (const source of sources) {
    const document = await state.get('source', source);
    if (document !== undefined) seen.push(asSeen(source, document.body as unknown as SourceSize));
  }
  return seen;
}

/**
 * Somebody looked and says that sources are right as they were seen: later pulls are compared with this. Of a source that
 * has changed since nobody has said so.
 */
export async function believeSources(state: StateStore, sources: readonly SeenSource[]): Promise<void> {
  for (const { source, full, lost } of sources) {
    await change(state, source, (before) => {
      const now = asSeen(source, before);
      return now.full === full && now.lost === lost ? { ...before, full, reference: full, gone: [] } : before;
    });
  }
}

function asSeen(source: string, { full, gone }: SourceSize): SeenSource {
  return { source, full, lost: gone.reduce((sum, { people }) => sum + people, 0) };
}

/** Every stream of the workspace, as `connection/stream`. */
export function sourcesOf(definitions: Definitions): readonly string[] {
  return Object.values(definitions.connections).flatMap(({ name, streams }) =>
    Object.keys(streams).map((stream) => `${name}/${stream}`),
  );
}

async function change(state: StateStore, source: string, next: (before: SourceSize) => SourceSize): Promise<void> {
  for (let race = 0; race < RACES; race += 1) {
    const document = await state.get('source', source);
    const before = (document?.body as unknown as SourceSize | undefined) ?? { full: 0, reference: 0, gone: [] };
    if (await state.put('source', source, next(before) as unknown as JsonObject, document?.version ?? 0)) return;
  }
}
