import { iso31661Alpha3ToAlpha2 } from 'iso-3166/1-a3-to-1-a2.js';
import { foldText } from '../fold-text.ts';

/** Finds the ISO 3166-1 alpha-2 code of a country by its code or its name. */
export type ReadCountry = (value: string) => string | undefined;

/** Subdivisions of countries: ISO 3166-2 codes by code and by folded name. */
export interface Regions {
  readonly codes: ReadonlySet<string>;
  /** `<country>\n<folded name>` → code. */
  readonly byName: ReadonlyMap<string, string>;
}

const alpha3 = iso31661Alpha3ToAlpha2 as Readonly<Record<string, string>>;
const alpha2 = new Set(Object.values(alpha3));

/** Languages in which names of countries are understood; of two countries with one name the first language decides. */
const LANGUAGES = 'en de fr es it nl pt pl sv da nb fi cs sk hu ro el tr uk ru bg hr sl lt lv et ja zh ko ar he'.split(
  ' ',
);

/** What people write that is neither an ISO code nor the name of the Unicode CLDR, folded. */
const ALIASES: Readonly<Record<string, string>> = {
  uk: 'GB',
  el: 'GR',
  usa: 'US',
  'u s a': 'US',
  'u s': 'US',
  'u k': 'GB',
  'united states of america': 'US',
  america: 'US',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  holland: 'NL',
  brd: 'DE',
  'federal republic of germany': 'DE',
  'bundesrepublik deutschland': 'DE',
  'czech republic': 'CZ',
  'russian federation': 'RU',
  'republic of ireland': 'IE',
  'republic of korea': 'KR',
  korea: 'KR',
  uae: 'AE',
  'viet nam': 'VN',
  turkey: 'TR',
  macedonia: 'MK',
};

/** A reader of countries. The names are made when the first value comes that is no code. */
export function openCountries(): ReadCountry {
  let names: ReadonlyMap<string, string> | undefined;
  return function readCountry(value) {
    if (alpha2.has(value)) return value;
    const upper = value.trim().toUpperCase();
    if (upper.length === 2 && alpha2.has(upper)) return upper;
    if (upper.length === 3 && Object.hasOwn(alpha3, upper)) return alpha3[upper];
    names ??= countryNames();
    return names.get(fold(value));
  };
}

function countryNames(): Map<string, string> {
  const names = new Map(Object.entries(ALIASES));
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of alpha2) {
      const name = fold(display.of(code) ?? '');
      if (name !== '' && !names.has(name)) names.set(name, code);
    }
  }
  return names;
}

/** Makes the look-ups of ISO 3166-2 from its entries. */
export function indexRegions(entries: readonly { readonly code: string; readonly name: string }[]): Regions {
  const byName = new Map<string, string>();
  for (const { code, name } of entries) {
    const key = `${code.slice(0, 2)}\n${fold(name)}`;
    // Of a city and the district around it with one name, the first in ISO's order.
    if (!byName.has(key)) byName.set(key, code);
  }
  return { codes: new Set(entries.map(({ code }) => code)), byName };
}

/** The ISO 3166-2 code of a region written as a full code, or as a code or a name inside a country that is known. */
export function readRegion(regions: Regions, value: string, country: string | undefined): string | undefined {
  const upper = value.trim().toUpperCase();
  if (country !== undefined) {
    if (regions.codes.has(`${country}-${upper}`)) return `${country}-${upper}`;
    const named = regions.byName.get(`${country}\n${fold(value)}`);
    if (named !== undefined) return named;
  }
  return regions.codes.has(upper) ? upper : undefined;
}

function fold(text: string): string {
  return foldText(text).replace(/^the /, '');
}
