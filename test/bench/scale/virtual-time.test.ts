import { describe, expect, it } from 'vitest';
import { openVirtualTime } from '../../../bench/scale/virtual-time.ts';

describe('virtual time', () => {
  it('passes only where somebody waits, in the order of the instants', async () => {
    const time = openVirtualTime(1_000, 1);
    const seen: string[] = [];
    const tellAfter = async (milliseconds: number, what: string): Promise<void> => {
      await time.wait(milliseconds);
      seen.push(`${time.now().getTime()} ${what}`);
    };

    void tellAfter(3_600_000, 'an hour');
    void tellAfter(5, 'first').then(() => tellAfter(5, 'then'));
    void tellAfter(5, 'beside');
    await time.run(7_200_000);

    expect(seen).toEqual(['1005 first', '1005 beside', '1010 then', '3601000 an hour']);
  });

  it('ends where it is told to, however many still wait', async () => {
    const time = openVirtualTime(0, 1);
    let rounds = 0;
    const forEver = async (): Promise<void> => {
      for (;;) {
        await time.wait(10);
        rounds += 1;
      }
    };

    void forEver();
    await time.run(1_000);

    expect(rounds).toBe(99);
  });
});
