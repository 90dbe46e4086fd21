import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { listRun, readRuns } from '../../lib/pipeline/run-list.ts';
import { openMemoryState } from './memory-state.ts';

const START = Date.parse('2026-11-20T00:00:00.000Z');

/** A night's pushes, then a pull every six minutes, as a workspace of four tools has them. */
async function aDayOfRuns(pulls: number) {
  const state = openMemoryState();
  const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();
  for (let n = 0; n < 3; n += 1) await listRun(state, 'push', { id: `lapsing.${n}`, startedAt: at(n) });
  for (let n = 0; n < pulls; n += 1) await listRun(state, 'sync', { id: `crm.${n}`, startedAt: at(10 + n) });
  let read = 0;
  const { list } = state;
  Object.assign(state, {
    list: async (...asked: Parameters<typeof list>) => {
      const found = await list(...asked);
      read += found.length;
      return found;
    },
  });
  return { state, read: () => read };
}

const isPush = ({ what }: JsonObject): boolean => what === 'push';

describe('readRuns', () => {
  it('gives every run once, newest first, over pages', async () => {
    const { state } = await aDayOfRuns(221);
    const ids: unknown[] = [];
    let after: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const { runs, next } = await readRuns(state, { most: 100, after });
      ids.push(...runs.map(({ id }) => id));
      if (next === null) break;
      after = next;
    }

    expect({ count: ids.length, distinct: new Set(ids).size, first: ids[0], last: ids.at(-1) }).toEqual({
      count: 224,
      distinct: 224,
      first: 'crm.220',
      last: 'lapsing.0',
    });
  });

  it('reads no more than a page that is asked for', async () => {
    const { state, read } = await aDayOfRuns(300);

    await readRuns(state, { most: 100 });

    expect(read()).toBe(100);
  });

  it("finds last night's pushes below a day of pulls", async () => {
    const { state } = await aDayOfRuns(221);

    const { runs, next } = await readRuns(state, { most: 100, matches: isPush });

    expect({ ids: runs.map(({ id }) => id), next }).toEqual({
      ids: ['lapsing.2', 'lapsing.1', 'lapsing.0'],
      next: null,
    });
  });

  it('looks through a thousand at a time, and goes on from there', async () => {
    const { state, read } = await aDayOfRuns(1_500);

    const none = await readRuns(state, { most: 2, matches: isPush });
    const looked = read();
    const two = await readRuns(state, { most: 2, after: none.next ?? undefined, matches: isPush });
    const last = await readRuns(state, { most: 2, after: two.next ?? undefined, matches: isPush });

    expect({ looked, none: none.runs }).toEqual({ looked: 1_000, none: [] });
    expect([two, last].map(({ runs }) => runs.map(({ id }) => id))).toEqual([
      ['lapsing.2', 'lapsing.1'],
      ['lapsing.0'],
    ]);
    expect(last.next).toBeNull();
  });

  it('goes on where a list is cut short, because its runs are large', async () => {
    const { state } = await aDayOfRuns(50);
    const { list } = state;
    Object.assign(state, {
      list: (kind: string, { most, ...rest }: Parameters<typeof list>[1]) =>
        list(kind, { most: Math.min(most, 7), ...rest }),
    });

    const { runs } = await readRuns(state, { most: 30 });

    expect(runs).toHaveLength(30);
  });

  it('refuses a place that no page named', async () => {
    const { state } = await aDayOfRuns(1);

    await expect(readRuns(state, { most: 1, after: 'yesterday' })).rejects.toMatchObject({ code: 'api/bad-query' });
  });
});
