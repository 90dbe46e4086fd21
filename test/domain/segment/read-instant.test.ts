import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../lib/domain/instant.ts';
import { readInstant } from '../../../lib/domain/segment/read-instant.ts';
import { makeChance } from './random-cases.ts';

describe('readInstant', () => {
  it('reads what Date writes', () => {
    const chance = makeChance(3);
    for (let round = 0; round < 20_000; round += 1) {
      const at = chance.whole(2 ** 31) * 3000 - 3e12 + chance.whole(1000);

      expect(readInstant(new Date(at).toISOString())).toBe(at);
    }
  });

  it('agrees with parseInstant about days that are none and signs that are no digits', () => {
    const texts = [
      '2026-02-29',
      '2028-02-29',
      '2100-02-29',
      '2000-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-01',
      '2026-01-00',
    ];
    const instants = texts.map((date) => `${date}T00:00:00.000Z`);
    const others = [
      '2026-01-01T24:00:00.000Z',
      '2026-01-01T00:60:00.000Z',
      '2026-01-0aT00:00:00.000Z',
      '2026-01-01T00:00:00.00aZ',
      '2026-01-01T00:00:00.000z',
      '2026-01-01T01:00+01:00xxxx',
    ];

    for (const text of [...instants, ...others]) expect([text, readInstant(text)]).toEqual([text, parseInstant(text)]);
  });
});
