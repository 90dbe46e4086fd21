import { createHash } from 'node:crypto';
import { canonicalText } from '../../domain/canonical.ts';
import { type Definitions, versionOf } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';
import { fileOfSegment, type Problem } from '../../domain/segment-text.ts';
import type { SegmentTexts } from '../ports.ts';
import { loadDefinitions, readPointer } from './definitions.ts';
import { type PlanDeps, type ScanJob, startPlan } from './plan-definitions.ts';
import { withSegment } from './preview-segment.ts';
import { keepSources, readSources } from './sources.ts';

/** What becomes of a segment: the text of its file, or nothing any more. */
export type Edit = { readonly yaml: string } | { readonly remove: true };

/** Names one form of a segment, for whoever edits it: also another title or test is another form. */
export function formOf(definition: SegmentDefinition): string {
  return createHash('sha256').update(canonicalText(definition)).digest('hex').slice(0, 16);
}

/**
 * Plans what is published with one segment edited, added or removed; applying that plan does it. `seen` is the form that
 * the editor began with; undefined = the segment is new. Others may have published other segments meanwhile: the edit is
 * made on what they published. Throws `api/segment-moved` when this one is of another form by now, `segment/has-problems`,
 * and what `startPlan` throws.
 */
export async function planEdit(
  deps: PlanDeps & { readonly texts: SegmentTexts },
  segment: string,
  edit: Edit,
  seen: string | undefined,
): Promise<ScanJob> {
  const pointer = await readPointer(deps.state);
  if (pointer === undefined) {
    throw new TributaryError('config', 'definitions/none', 'nothing is published yet: publish a workspace first');
  }
  const published = await loadDefinitions(deps.archive, pointer.version);
  const standing = published.segments.find((one) => one.segment === segment);
  refuseMoved(segment, standing, seen);
  const document = versioned(published, await editedSegments(deps.texts, published, segment, edit));
  const { [fileOfSegment(segment)]: _former, ...others } = await readSources(deps.archive, pointer.version);
  const own = 'yaml' in edit ? { [fileOfSegment(segment)]: edit.yaml } : {};
  await keepSources(deps.archive, document.version, { ...others, ...own });
  return startPlan(deps, document as unknown as JsonObject, false);
}

function refuseMoved(segment: string, standing: SegmentDefinition | undefined, seen: string | undefined): void {
  if ((standing === undefined ? undefined : formOf(standing)) === seen) return;
  if (standing === undefined) throw moved(`${segment} was removed since you began to edit it`);
  throw moved(
    seen === undefined
      ? `there is a segment ${segment} already; edit that one, or choose another name`
      : `${segment} was changed by somebody since you began to edit it; look at the difference and edit again`,
  );
}

function moved(message: string): TributaryError {
  return new TributaryError('rejected', 'api/segment-moved', message);
}

async function editedSegments(
  texts: SegmentTexts,
  published: Definitions,
  segment: string,
  edit: Edit,
): Promise<readonly SegmentDefinition[]> {
  if (!('yaml' in edit)) return published.segments.filter((one) => one.segment !== segment);
  const { definition, problems } = await texts.read(segment, edit.yaml, published);
  if (definition !== undefined) return withSegment(published.segments, definition);
  const errors = problems.filter(({ severity }) => severity !== 'warning').map(tellProblem);
  throw new TributaryError('rejected', 'segment/has-problems', errors.join('; '));
}

function tellProblem({ line, column, found, expected, suggestion }: Problem): string {
  const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `line ${line}, column ${column}: found ${found}, expected ${expected}${meant}`;
}

function versioned({ version: _, ...rest }: Definitions, segments: readonly SegmentDefinition[]): Definitions {
  const content = { ...rest, segments };
  return { version: versionOf(content), ...content };
}
