import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, isInstant, parseInstant } from '../../lib/domain/instant.ts';

/** Every millisecond that a source may tell of. */
const anyMilliseconds = fc.integer({
  min: Date.parse('0000-01-02T00:00:00Z'),
  max: Date.parse('9999-12-30T23:59:59Z'),
});
const two = (number: number): string => String(number).padStart(2, '0');

describe('parseInstant', () => {
  it('reads what formatInstant writes', () => {
    fc.assert(
      fc.property(anyMilliseconds, (at) => {
        expect(parseInstant(formatInstant(at))).toBe(at);
        expect(isInstant(formatInstant(at))).toBe(at >= 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads every spelling of an instant alike', () => {
    fc.assert(
      fc.property(anyMilliseconds, fc.integer({ min: -839, max: 839 }), (at, offset) => {
        const second = Math.floor(at / 1_000) * 1_000;
        const zone = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map(two);
        const sign = offset < 0 ? '-' : '+';
        const local = formatInstant(second + offset * 60_000);
        const [date, time] = [local.slice(0, 10), local.slice(11, 19)];

        const spellings = [`${date}T${time}`, `${date} ${time}`, `${date}t${time}`, `${date}T${time}.0`].flatMap(
          (text) => [`${text}${sign}${zone.join(':')}`, `${text}${sign}${zone.join('')}`],
        );

        expect(spellings.map(parseInstant)).toEqual(spellings.map(() => second));
      }),
    );
  });

  it.each([
    ['2026-02-29T00:00:00Z', undefined],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2100-02-29T00:00:00Z', undefined],
    ['2000-02-29T00:00:00.5Z', Date.UTC(2000, 1, 29, 0, 0, 0, 500)],
    ['2026-04-31T00:00:00.000Z', undefined],
    ['2026-13-01T00:00:00.000Z', undefined],
    ['2026-00-01T00:00:00.000Z', undefined],
    ['2026-01-00T00:00:00.000Z', undefined],
    ['2026-01-01T24:00:00.000Z', undefined],
    ['2026-01-01T23:60:00.000Z', undefined],
    ['2026-01-01T23:59:60.000Z', undefined],
    ['2026-01-01T00:00:00.123456789Z', Date.UTC(2026, 0, 1, 0, 0, 0, 123)],
    ['2026-01-01T00:00:00.000', undefined],
    ['2026-01-01T00:00:00.00xZ', undefined],
    ['2026-01-01T00:00:00.000Z ', undefined],
    ['2026-01-01T00:00:00.000+2:00', undefined],
    ['2026-01-01T00:00:00.000+0200x', undefined],
    ['2026-01-01T00:00:00.000+99:99', undefined],
    ['2026-01-01T00:00:00.000+24:00', undefined],
    ['2026-01-01T00:00:00.000-00:60', undefined],
    ['2026-01-01 00:00:00-2400', undefined],
    ['2026-01-01t00:00:00+0060', undefined],
    ['0050-01-01T00:00:00+24:00', undefined],
    ['2026-01-01T00:00:00.000+23:59', Date.UTC(2025, 11, 31, 0, 1)],
    ['2026-01-01 00:00:00-2359', Date.UTC(2026, 0, 1, 23, 59)],
    ['20x6-01-01T00:00:00.000Z', undefined],
    ['0050-03-01T00:00:00Z', Date.parse('0050-03-01T00:00:00Z')],
    [1_767_225_600_000, undefined],
  ] as const)('%s is %s', (text, at) => {
    expect(parseInstant(text)).toBe(at);
  });
});

describe('isInstant', () => {
  it.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01t00:00:00.000Z',
    '2026-01-01T00:00:00+00:00',
    '2026-02-30T00:00:00.000Z',
  ])('is false for %s', (text) => {
    expect(isInstant(text)).toBe(false);
  });
});
