import { indexRegions, type Regions } from '../../domain/facet/geography.ts';

/** ISO 3166-2. Three hundred kilobytes, so it is loaded only by whoever shows regions or decides on them. */
export async function loadRegions(): Promise<Regions> {
  const { iso31662 } = await import('iso-3166/2.js');
  return indexRegions(iso31662);
}
