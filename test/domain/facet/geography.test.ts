import { describe, expect, it } from 'vitest';
import { openCountries, readRegion } from '../../../lib/domain/facet/geography.ts';
import { loadRegions } from '../../../lib/pipeline/define/regions.ts';

describe('openCountries', () => {
  const readCountry = openCountries();

  it.each([
    ['DE', 'DE'],
    ['de', 'DE'],
    ['DEU', 'DE'],
    ['Germany', 'DE'],
    ['Deutschland', 'DE'],
    [' ALLEMAGNE ', 'DE'],
    ['Alemania', 'DE'],
    ['Österreich', 'AT'],
    ['Osterreich', 'AT'],
    ['Schweiz', 'CH'],
    ['Svizzera', 'CH'],
    ['UK', 'GB'],
    ['United Kingdom', 'GB'],
    ['U.S.A.', 'US'],
    ['United States of America', 'US'],
    ['The Netherlands', 'NL'],
    ['Côte d’Ivoire', 'CI'],
    ['日本', 'JP'],
    ['Polska', 'PL'],
  ])('reads %j as %s', (written, code) => {
    expect(readCountry(written)).toBe(code);
  });

  it.each(['', 'ZZ', 'Atlantis', 'D', 'Europe', 'constructor', '__proto__'])('reads no country in %j', (written) => {
    expect(readCountry(written)).toBeUndefined();
  });
});

describe('readRegion', () => {
  it.each([
    ['Bayern', 'DE', 'DE-BY'],
    ['by', 'DE', 'DE-BY'],
    ['DE-BY', undefined, 'DE-BY'],
    ['us-ca', undefined, 'US-CA'],
    ['California', 'US', 'US-CA'],
    ['CA', 'US', 'US-CA'],
    ['Zürich', 'CH', 'CH-ZH'],
    ['CA', undefined, undefined],
    ['California', undefined, undefined],
    ['Middle Earth', 'NZ', undefined],
  ])('reads %j in %s as %s', async (written, country, code) => {
    expect(readRegion(await loadRegions(), written, country)).toBe(code);
  });
});
