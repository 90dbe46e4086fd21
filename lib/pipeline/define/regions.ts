import type { Definitions } from '../../domain/definitions.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { indexRegions, type Regions } from '../../domain/facet/geography.ts';
import type { SegmentDefinition } from '../../domain/segment.ts';

/** ISO 3166-2. Three hundred kilobytes, so it is loaded only by whoever shows regions or decides on them. */
export async function loadRegions(): Promise<Regions> {
  const { iso31662 } = await import('iso-3166/2.js');
  return indexRegions(iso31662);
}

/** The table, where a condition is about a region: only then it is worth its memory. */
export async function regionsAskedFor({
  segments,
  traits,
}: {
  readonly segments: readonly Pick<SegmentDefinition, 'when'>[];
  readonly traits?: Definitions['traits'];
}): Promise<Regions | undefined> {
  const { kindOf } = openCatalogue(traits);
  return traitsAskedBy(segments).some((path) => kindOf(path)?.type === 'region') ? loadRegions() : undefined;
}

/** Paths of the traits that conditions of segments are about. */
export function traitsAskedBy(segments: readonly Pick<SegmentDefinition, 'when'>[]): readonly string[] {
  const asked = JSON.stringify(segments.map(({ when }) => when)).matchAll(/"trait":"([^"]+)"/g);
  return [...asked].map(([, path = '']) => path);
}
