import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noCounts, pairOf } from '../../../lib/domain/review/counts.ts';
import { openPairs } from '../../../lib/domain/review/pairs.ts';

const SEGMENTS = 9;
const person = fc.uniqueArray(fc.nat(SEGMENTS - 1)).map((positions) => positions.sort((a, b) => a - b));

it('counts each pair of everybody, in whatever parts they are seen', () => {
  fc.assert(
    fc.property(fc.array(fc.array(person)), (parts) => {
      const counts = noCounts();
      const pairs = openPairs(SEGMENTS);
      for (const people of parts) {
        for (const positions of people) pairs.see(positions);
        pairs.addTo(counts);
      }

      const expected: Record<string, number> = {};
      for (const positions of parts.flat()) {
        for (const one of positions) {
          for (const other of positions) {
            if (one < other) expected[pairOf(one, other)] = (expected[pairOf(one, other)] ?? 0) + 1;
          }
        }
      }
      expect(counts.pairs).toEqual(expected);
    }),
  );
});
