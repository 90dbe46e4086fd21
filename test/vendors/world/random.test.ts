import { describe, expect, it } from 'vitest';
import { makeRandom } from './random.ts';

describe('makeRandom', () => {
  it('gives the numbers of mulberry32', () => {
    // Reference values: the published algorithm with seed 1.
    const random = makeRandom(1);

    const numbers = [random.next(), random.next(), random.next()].map((number) => number.toFixed(6));

    expect(numbers).toEqual(['0.627074', '0.002736', '0.527447']);
  });

  it('keeps a part as it is when another part changes', () => {
    const first = makeRandom(5);
    const second = makeRandom(5);
    first.part('one').next();

    expect(first.part('two').next()).toBe(second.part('two').next());
    expect(first.part('one').next()).not.toBe(first.part('two').next());
  });

  it('follows the weights', () => {
    const random = makeRandom(3);

    const often = Array.from({ length: 2000 }, () => random.weighted({ often: 3, seldom: 1 })).filter(
      (one) => one === 'often',
    );

    expect(often.length / 2000).toBeCloseTo(0.75, 1);
  });

  it('samples without repetition, and no more than there is', () => {
    const random = makeRandom(3);

    expect(new Set(random.sample([1, 2, 3, 4], 3)).size).toBe(3);
    expect(random.sample([1, 2], 5).sort()).toEqual([1, 2]);
  });
});
