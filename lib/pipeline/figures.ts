import { canonicalText } from '../domain/canonical.ts';
import type { Figure, FigureDay } from '../domain/figure.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Clock, StateStore } from './ports.ts';

/** A part of what one report told of one day, as it is kept. */
interface KeptPart extends FigureDay {
  readonly connection: string;
  readonly stream: string;
  /** When this was told, RFC 3339; told again the same, it stays. */
  readonly at: string;
  /** Of how many parts the day is. */
  readonly parts: number;
}

/** A figure with where it is from. */
export type KeptFigure = Figure & Pick<KeptPart, 'connection' | 'stream' | 'report' | 'day' | 'caveats' | 'at'>;

export interface FigurePage {
  /** The latest day first. */
  readonly figures: readonly KeptFigure[];
  /** Where to go on; null on the last page. */
  readonly next: string | null;
}

export interface FiguresAsked {
  readonly connection?: string | undefined;
  readonly name?: string | undefined;
  /** First and last day, both included. */
  readonly from: string;
  readonly to: string;
  readonly most: number;
  readonly after?: string | undefined;
}

const KIND = 'figures';
/** As long as the counts of segments, beside which they are looked at. */
const KEPT_MS = 400 * 24 * 3_600_000;
/** Figures of one document: some 30 KB, so that a page of documents is one answer of the table. */
const IN_DOCUMENT = 200;
const READ_AT_ONCE = 20;
/** Documents that one answer looks through: whoever asks for what is rare asks again from `next`. */
const MOST_READ = 200;
const RACES = 5;

/**
 * Keeps what a stream told of some days, each in the place of what its report told of that day before. Told twice it is kept
 * once, and what did not change is not written. Killed in between, the page is read and kept again.
 */
export async function keepFigures(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  { connection, stream }: { readonly connection: string; readonly stream: string },
  days: readonly FigureDay[],
): Promise<void> {
  const now = deps.clock.now();
  for (const { report, day, figures, caveats } of days) {
    const place = `${day}#${connection}#${stream}#${report}`;
    const parts = Math.ceil(figures.length / IN_DOCUMENT);
    const held = await deps.state.get(KIND, partOf(place, 0));
    const former = (held?.body as unknown as KeptPart | undefined)?.parts ?? 0;
    // What the day has no more is emptied, which needs no right to delete.
    for (let part = Math.max(parts, former, 1) - 1; part >= 0; part -= 1) {
      const own = figures.slice(part * IN_DOCUMENT, (part + 1) * IN_DOCUMENT);
      const body: KeptPart = { connection, stream, report, day, caveats, figures: own, at: now.toISOString(), parts };
      await replace(deps.state, partOf(place, part), body, now.getTime() + KEPT_MS);
    }
  }
}

/** Figures of a span of days, some at a time: whole documents, so that a page may hold a few more than were asked for. */
export async function readFigures(state: StateStore, asked: FiguresAsked): Promise<FigurePage> {
  const { connection, name, from, to, most } = asked;
  const found: KeptFigure[] = [];
  // Every document of a day sorts before its name followed by something that sorts after a number sign.
  let after = asked.after ?? `${to}$`;
  for (let read = 0; read < MOST_READ && found.length < most; read += READ_AT_ONCE) {
    const documents = await state.list(KIND, { most: READ_AT_ONCE, after });
    for (const { id, body } of documents) {
      if (id < from) return { figures: found, next: null };
      const part = body as unknown as KeptPart;
      after = id;
      if (connection === undefined || part.connection === connection) found.push(...figuresIn(part, name));
      if (found.length >= most) break;
    }
    if (documents.length === 0) return { figures: found, next: null };
  }
  return { figures: found, next: after };
}

function figuresIn(part: KeptPart, name: string | undefined): readonly KeptFigure[] {
  const { figures, parts: _, ...from } = part;
  return figures.flatMap((figure) => (name === undefined || figure.name === name ? [{ ...figure, ...from }] : []));
}

async function replace(state: StateStore, id: string, body: KeptPart, expiresAt: number): Promise<void> {
  for (let race = 0; race < RACES; race += 1) {
    const held = await state.get(KIND, id);
    if (held !== undefined && sayTheSame(held.body, body)) return;
    if (await state.put(KIND, id, body as unknown as JsonObject, held?.version ?? 0, { expiresAt })) return;
  }
}

function sayTheSame(held: JsonObject, told: KeptPart): boolean {
  const { at: _, ...before } = held;
  const { at: __, ...now } = told;
  return canonicalText(before) === canonicalText(now);
}

function partOf(place: string, part: number): string {
  return `${place}#${String(part).padStart(3, '0')}`;
}
