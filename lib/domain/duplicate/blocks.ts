import type { Comparable } from './comparable.ts';

/** People with one block key are compared; more of them than this have nothing in common but a frequent name. */
export const mostInBlock = 50;

/** Letters of a town and of a name that two spellings of it mostly share. */
const BEGINNING = 4;
const NAME_BEGINNING = 3;

/** Texts by which people who may be the same come together. Few and cheap; who shares none is never compared. */
export function blockKeys(of: Comparable): readonly string[] {
  const { firstName, lastName, birthday, street, postalCode, city, company, localParts, phoneEndings, numbers } = of;
  const keys = new Set<string>();
  const key = (name: string, ...parts: readonly string[]): void => {
    if (parts.every((part) => part !== '')) keys.add([name, ...parts].join('|'));
  };
  key('place', lastName, postalCode);
  key('called there', firstName, postalCode);
  key('house', street, city.slice(0, BEGINNING));
  // Each of two: they change places, and either may have a slip further on.
  key('name', lastName, firstName.slice(0, NAME_BEGINNING));
  key('name', firstName, lastName.slice(0, NAME_BEGINNING));
  key('born', birthday, firstName.slice(0, 1));
  key('born', birthday, lastName.slice(0, 1));
  key('company', company, lastName.slice(0, 1), firstName.slice(0, 1));
  for (const part of localParts) key('mailbox', part);
  for (const ending of phoneEndings) key('phone', ending);
  for (const [path, number] of Object.entries(numbers)) key('number', path, number);
  return [...keys];
}
