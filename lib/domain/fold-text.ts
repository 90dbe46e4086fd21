/** Printable ASCII. */
const PLAIN = /^[\x20-\x7e]*$/;

/** One spelling for comparison: no accents, no case, no punctuation. */
export function foldText(text: string): string {
  // Most texts: nothing to take apart, and no table of letters to be asked.
  if (PLAIN.test(text))
    return text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim();
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
