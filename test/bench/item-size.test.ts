import { describe, expect, it } from 'vitest';
import { itemBytes, valueBytes } from '../../bench/item-size.ts';

describe('the size of an item', () => {
  it('counts names and texts in UTF-8', () => {
    expect(itemBytes({ id: { S: 'ab' }, name: { S: 'Zürich' } })).toBe(2 + 2 + 4 + 7);
  });

  it('counts a number as a byte for two digits and one more, without zeros at its ends', () => {
    expect(valueBytes({ N: '1764000000000' })).toBe(3);
    expect(valueBytes({ N: '-12.5' })).toBe(4);
    expect(valueBytes({ N: '7' })).toBe(2);
  });

  it('counts documents with three bytes and one for each element', () => {
    expect(valueBytes({ L: [{ S: 'abc' }, { BOOL: true }] })).toBe(3 + 1 + 3 + 1 + 1);
    expect(valueBytes({ M: { a: { NULL: true } } })).toBe(3 + 1 + 1 + 1);
  });
});
