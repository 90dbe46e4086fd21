import { beforeEach, describe, expect, it } from 'vitest';
import type { Figure, FigureDay } from '../../lib/domain/figure.ts';
import { keepFigures, readFigures } from '../../lib/pipeline/figures.ts';
import { openHandClock, openMemoryState } from './memory-state.ts';

const DAY = 86_400_000;
const week = { from: '2026-11-14', to: '2026-11-20', most: 1_000 };
const web = { connection: 'web', stream: 'reports' };

const sessions = (channel: string, value: number): Figure => ({
  name: 'sessions',
  dimensions: { channel },
  value,
  unit: 'count',
});
const dayOf = (day: string, ...figures: readonly Figure[]): FigureDay => ({
  report: 'channels',
  day,
  figures,
  caveats: [],
});

let state: ReturnType<typeof openMemoryState>;
const clock = openHandClock(Date.parse('2026-11-21T04:00:00Z'));
beforeEach(() => {
  state = openMemoryState();
});

async function told(asked: Partial<Parameters<typeof readFigures>[1]> = {}): Promise<string[]> {
  const { figures } = await readFigures(state, { ...week, ...asked });
  return figures.map(({ day, name, dimensions, value }) => `${day} ${name} ${dimensions.channel} ${value}`);
}

describe('keepFigures', () => {
  it('puts what is told of a day in the place of what was told of it before, also what is told no more', async () => {
    await keepFigures({ state, clock }, web, [dayOf('2026-11-20', sessions('Direct', 3), sessions('Email', 2))]);

    await keepFigures({ state, clock }, web, [dayOf('2026-11-20', sessions('Direct', 5))]);

    expect(await told()).toEqual(['2026-11-20 sessions Direct 5']);
  });

  it('writes nothing when the same is told again', async () => {
    const day = dayOf('2026-11-20', sessions('Direct', 3));
    await keepFigures({ state, clock }, web, [day]);
    const [before] = await state.list('figures', { most: 5 });
    clock.pass(DAY);

    await keepFigures({ state, clock }, web, [day]);

    expect(await state.list('figures', { most: 5 })).toEqual([before]);
  });

  it('keeps no figure of a day of which nothing is told, nor of one of which nothing is told any more', async () => {
    await keepFigures({ state, clock }, web, [dayOf('2026-11-19', sessions('Direct', 3)), dayOf('2026-11-20')]);

    await keepFigures({ state, clock }, web, [dayOf('2026-11-19')]);

    expect(await told()).toEqual([]);
  });

  it('keeps what is told of more than one document, and empties the rest when there is less of it', async () => {
    const many = Array.from({ length: 450 }, (_, n) => sessions(`c${n}`, n));
    await keepFigures({ state, clock }, web, [dayOf('2026-11-20', ...many)]);
    const whole = await told();

    await keepFigures({ state, clock }, web, [dayOf('2026-11-20', ...many.slice(0, 10))]);

    expect([whole.length, (await told()).length]).toEqual([450, 10]);
    const documents = await state.list('figures', { most: 5 });
    expect(documents.map(({ body }) => (body.figures as readonly unknown[]).length).sort()).toEqual([0, 0, 10]);
  });

  it('does not mistake reports, streams and connections of one day for each other', async () => {
    const day = dayOf('2026-11-20', sessions('Direct', 3));
    await keepFigures({ state, clock }, web, [day, { ...day, report: 'sources' }]);
    await keepFigures({ state, clock }, { connection: 'shop', stream: 'reports' }, [day]);

    const { figures } = await readFigures(state, week);

    expect(figures.map(({ connection, report }) => `${connection} ${report}`).sort()).toEqual([
      'shop channels',
      'web channels',
      'web sources',
    ]);
  });
});

describe('readFigures', () => {
  const days = ['2026-11-13', '2026-11-14', '2026-11-17', '2026-11-20', '2026-11-21'];
  beforeEach(() =>
    keepFigures(
      { state, clock },
      web,
      days.map((day) => dayOf(day, sessions('Direct', 1), { ...sessions('Direct', 7), name: 'activeUsers' })),
    ),
  );

  it('answers a span of days, both ends included, the latest first', async () => {
    expect(await told({ name: 'sessions' })).toEqual(
      ['2026-11-20', '2026-11-17', '2026-11-14'].map((day) => `${day} sessions Direct 1`),
    );
  });

  it('answers by connection and by name', async () => {
    expect(await told({ connection: 'shop' })).toEqual([]);
    expect(await told({ connection: 'web', name: 'activeUsers', from: '2026-11-20' })).toEqual([
      '2026-11-20 activeUsers Direct 7',
    ]);
  });

  it('answers page after page, each figure once', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const { figures, next } = await readFigures(state, { ...week, most: 1, after });
      seen.push(...figures.map(({ day, name }) => `${day} ${name}`));
      after = next ?? undefined;
      pages += 1;
    } while (after !== undefined);

    expect(new Set(seen).size).toBe(seen.length);
    expect([seen.length, pages]).toEqual([6, 4]);
  });
});
