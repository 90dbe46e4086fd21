import { describe, expect, it } from 'vitest';
import { hashOfKey, openKeyTable, packHashes, unpackHashes } from '../../../lib/pipeline/verify/key-table.ts';

describe('openKeyTable', () => {
  it('holds what it was given, whatever it grows to', () => {
    const table = openKeyTable();
    const keys = Array.from({ length: 50_000 }, (_, n) => `email\np${n}@example.com`);

    const fresh = keys.map((key, n) => table.set(hashOfKey(key), n % 7));
    const again = keys.map((key) => table.set(hashOfKey(key), 3));

    expect([fresh.every(Boolean), again.some(Boolean), table.size()]).toEqual([true, false, 50_000]);
    expect(keys.filter((key) => table.get(hashOfKey(key)) !== 3)).toEqual([]);
    expect(table.get(hashOfKey('email\nnever@example.org'))).toBeUndefined();
  });
});

describe('packHashes', () => {
  it('gives back the same hashes', () => {
    const hashes = ['a', 'b', 'c'].map(hashOfKey);

    expect([...unpackHashes(packHashes(hashes))]).toEqual(hashes);
    expect([...unpackHashes(packHashes([]))]).toEqual([]);
  });
});
