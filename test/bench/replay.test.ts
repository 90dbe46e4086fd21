import { describe, expect, it } from 'vitest';
import { recordCalls } from '../../bench/replay.ts';

function openStores(heard: string[]) {
  const write = async (what: string, ticks: number) => {
    heard.push(`begin ${what}`);
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    heard.push(`end ${what}`);
  };
  return { notes: { write } };
}

describe('a replay', () => {
  it('makes the same calls, together what was together and one after the other what was not', async () => {
    const recording = recordCalls(openStores([]));
    await Promise.all([recording.stores.notes.write('a', 2), recording.stores.notes.write('b', 4)]);
    await recording.stores.notes.write('c', 1);
    const heard: string[] = [];
    await recording.replay(openStores(heard));

    expect(heard).toEqual(['begin a', 'begin b', 'end a', 'end b', 'begin c', 'end c']);
  });
});
