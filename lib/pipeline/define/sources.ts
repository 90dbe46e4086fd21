import { canonicalText } from '../../domain/canonical.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';
import { fileOfSegment } from '../../domain/segment-text.ts';
import type { Archive, SegmentTexts } from '../ports.ts';

/** The files that definitions were made from, by path inside the workspace: what people wrote, with their comments. */
export type Sources = Readonly<Record<string, string>>;

/** Keeps the files of a version. The last ones stay: files that differ in comments alone are of one version. */
export async function keepSources(archive: Archive, version: string, sources: Sources): Promise<void> {
  await archive.putJson(sourcesKey(version), sources);
}

export async function readSources(archive: Archive, version: string): Promise<Sources> {
  const kept = await archive.getJson(sourcesKey(version));
  return isJsonObject(kept) ? (kept as Sources) : {};
}

/** The text of a segment's file, and whether somebody wrote it or it was made from the definition. */
export interface SegmentText {
  readonly text: string;
  readonly from: 'file' | 'definition';
}

/** The text in which a published segment was written, if it still says the same; otherwise one made from the definition. */
export async function textOf(
  deps: { readonly archive: Archive; readonly texts: SegmentTexts },
  definitions: Definitions,
  definition: SegmentDefinition,
): Promise<SegmentText> {
  const kept = (await readSources(deps.archive, definitions.version))[fileOfSegment(definition.segment)];
  if (kept !== undefined) {
    const read = await deps.texts.read(definition.segment, kept, definitions);
    if (canonicalText(read.definition as unknown as Json) === canonicalText(definition)) {
      return { text: kept, from: 'file' };
    }
  }
  return { text: await deps.texts.write(definition), from: 'definition' };
}

function sourcesKey(version: string): string {
  return `definitions/${version}.sources.json.gz`;
}
