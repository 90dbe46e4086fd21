/**
 * Traits that are one value although they are objects, because their parts belong together (the medium of one campaign
 * says nothing beside the name of another), and which of two values is kept: the latest told or the earliest.
 */
const wholeTraits: Readonly<Record<string, 'earliest' | 'latest'>> = {
  first_touch: 'earliest',
  last_touch: 'latest',
  page: 'latest',
  device: 'latest',
};

/** Whether the object at a trait path is one value, not a branch. */
export function isWhole(path: string): boolean {
  return Object.hasOwn(wholeTraits, path);
}

/** Whether the earliest value of a trait is kept instead of the latest. */
export function keepsEarliest(path: string): boolean {
  return isWhole(path) && wholeTraits[path] === 'earliest';
}
