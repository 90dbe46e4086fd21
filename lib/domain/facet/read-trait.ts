import { connectionOf } from '../change.ts';
import { normaliseEmail, normalisePhone, trimUnseen } from '../identifier.ts';
import type { Json } from '../json.ts';
import type { TraitValue } from '../trait-value.ts';
import type { Catalogue, TraitType } from './catalogue.ts';
import { openCountries, type Regions, readRegion } from './geography.ts';

/**
 * The value of a trait in the form in which it is compared and shown, from what a source told: e-mail addresses as
 * identifiers are written, phones in E.164, countries and regions as ISO codes. A value that has no such form stays as
 * it was told.
 *
 * @param from the fragment or the account that told it
 * @param beside what else the same source tells: a region needs its country
 */
export type ReadTrait = (path: string, value: Json, from: string, beside: Readonly<Record<string, TraitValue>>) => Json;

/** Values as they were told. */
export const asTold: ReadTrait = (_path, value) => value;

/**
 * A reader of traits. A function of its arguments alone, so the same records give the same values in every order and
 * place; without `regions` a region stays as it was told.
 */
export function openTraitReader(given: {
  readonly catalogue: Catalogue;
  /** Connection → country of phone numbers without one. */
  readonly countries: Readonly<Record<string, string>>;
  readonly regions?: Regions;
}): ReadTrait {
  const { catalogue, countries, regions } = given;
  const readCountry = openCountries();
  const types = new Map<string, TraitType | undefined>();

  function typeOf(path: string): TraitType | undefined {
    const known = types.get(path);
    if (known !== undefined || types.has(path)) return known;
    const type = catalogue.kindOf(path)?.type;
    // Paths come from sources, so there is no end to them: what is remembered has one.
    if (types.size < 10_000) types.set(path, type);
    return type;
  }

  function region(value: string, path: string, beside: Readonly<Record<string, TraitValue>>): string | undefined {
    if (regions === undefined) return undefined;
    const sibling = beside[`${path.slice(0, path.lastIndexOf('.') + 1)}country`]?.[0];
    return readRegion(regions, value, typeof sibling === 'string' ? readCountry(sibling) : undefined);
  }

  return function readTrait(path, value, from, beside) {
    if (typeof value !== 'string') return value;
    switch (typeOf(path)) {
      case 'email':
        return normaliseEmail(trimUnseen(value).toLowerCase()) ?? value;
      case 'phone':
        return normalisePhone(trimUnseen(value), countries[connectionOf(from)]) ?? value;
      case 'country':
        return readCountry(value) ?? value;
      case 'region':
        return region(value, path, beside) ?? value;
      default:
        return value;
    }
  };
}
