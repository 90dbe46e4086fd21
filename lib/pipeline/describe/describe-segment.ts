import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { referencesOf } from '../../domain/segment/order.ts';
import { type Told, tellCondition, tellInLine } from '../../domain/segment/tell-condition.ts';
import type { Condition, SegmentTest } from '../../domain/segment.ts';
import { formOf } from '../define/edit-segment.ts';
import { listPublications, type Publication } from '../define/publication.ts';
import { textOf } from '../define/sources.ts';
import type { Archive, SegmentTexts, StateStore } from '../ports.ts';
import { namesFor } from './segment-names.ts';

/** A segment as its page shows it. */
export interface SegmentPageOf {
  readonly segment: string;
  readonly title: string;
  readonly description: string | null;
  readonly persona: string | null;
  readonly when: Condition;
  readonly told: Told;
  readonly sentence: string;
  readonly yaml: string;
  /** `file`: as somebody wrote it; `definition`: made from the definition, without comments. */
  readonly yamlFrom: 'file' | 'definition';
  /** Names this form of the segment: what an edit of it says that it began with. */
  readonly form: string;
  readonly objective: Json;
  /** As written: `every 30 days`. */
  readonly review: string | null;
  readonly tests: readonly SegmentTest[];
  readonly refersTo: readonly string[];
  readonly usedBy: { readonly segments: readonly string[]; readonly audiences: readonly string[] };
  /** The definitions that hold, and the publication that brought this form; null = longer ago than is looked for. */
  readonly version: string;
  readonly since: Pick<Publication, 'version' | 'at' | 'by'> | null;
}

/** Publications looked through for the one that last changed a segment. */
const LOOKED_THROUGH = 100;

/** Describes one published segment. Throws `api/no-such-segment`. */
export async function describeSegment(
  deps: { readonly state: StateStore; readonly archive: Archive; readonly texts: SegmentTexts },
  definitions: Definitions,
  id: string,
): Promise<SegmentPageOf> {
  const definition = definitions.segments.find(({ segment }) => segment === id);
  if (definition === undefined)
    throw new TributaryError('rejected', 'api/no-such-segment', `no segment is called ${id}`);
  const { title = id, description, persona, when, objective, review, tests = [] } = definition;
  const names = namesFor(definitions, when);
  const { text, from } = await textOf(deps, definitions, definition);
  const audiences = definitions.audiences.filter(({ segment }) => segment === id).map(({ audience }) => audience);
  const publications = await listPublications(deps.state, { most: LOOKED_THROUGH });
  const since = publications.find(({ changes }) => changes.some((one) => one.kind === 'segment' && one.id === id));
  return {
    segment: id,
    title,
    description: description ?? null,
    persona: persona ?? null,
    when,
    told: tellCondition(when, names),
    sentence: tellInLine(when, names),
    yaml: text,
    yamlFrom: from,
    form: formOf(definition),
    objective: objective ?? null,
    review: (typeof review === 'string' ? review : review?.every) ?? null,
    tests,
    refersTo: referencesOf(when),
    usedBy: { segments: usersOf(definitions, id), audiences },
    version: definitions.version,
    since: since === undefined ? null : { version: since.version, at: since.at, by: since.by },
  };
}

function usersOf({ segments }: Definitions, id: string): string[] {
  return segments.filter(({ when }) => referencesOf(when).includes(id)).map(({ segment }) => segment);
}
