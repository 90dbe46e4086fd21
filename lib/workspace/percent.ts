/** What `parsePercent` reads, for editors. */
export const PERCENT_PATTERN = '^(100|[0-9]{1,2}(\\.[0-9]{1,4})?)%$';

/** Reads `20%` or `2.5%` as a share from 0 to 1. Undefined for anything else. */
export function parsePercent(words: string): number | undefined {
  return new RegExp(PERCENT_PATTERN).test(words) ? Number(words.slice(0, -1)) / 100 : undefined;
}
