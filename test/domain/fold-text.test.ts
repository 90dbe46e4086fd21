import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../lib/domain/fold-text.ts';

describe('foldText', () => {
  it.each([
    ['Müller-Lüdenscheidt', 'muller ludenscheidt'],
    ['  O’Brien,  John ', 'o brien john'],
    ['Große Straße 7', 'grosse strasse 7'],
    ['PERSON.7@Example.COM', 'person 7 example com'],
    ['', ''],
  ])('spells %j as %j', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('spells a plain text as it does when something stands before it that is not plain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(`x ${foldText(text)}`.trim()).toBe(foldText(`x́ ${text}`));
      }),
      { numRuns: 2_000 },
    );
  });
});
