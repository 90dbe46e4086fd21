import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../lib/adapters/dynamodb/client.ts';
import { type Formatted, formatMark, formats, inFormat, type Step } from '../../lib/adapters/dynamodb/format.ts';
import type { Change } from '../../lib/domain/change.ts';
import { readPush } from '../../lib/pipeline/push/push-run.ts';
import { freeFor } from '../../lib/pipeline/run-lease.ts';
import { readStream } from '../../lib/pipeline/sync/sync-run.ts';
import { withEngines } from '../engines.ts';
import { openStoredWorld, type StoredWorld, storeTheRest } from './stored-world.ts';

type Items = Readonly<Record<string, readonly Item[]>>;

const folder = join(import.meta.dirname, '..', 'fixtures', 'stored');
const read = <T>(...path: readonly string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as T;
const { first, later } = read<{ readonly first: readonly Change[]; readonly later: readonly Change[] }>('changes.json');
/** The newest format of any table: its folder holds what this release writes. */
const newest = Math.max(...Object.values(formats));
const known = Array.from({ length: newest }, (_, n) => `format-${n + 1}`);

const engines = withEngines();
const open = (prefix: string): Promise<StoredWorld> =>
  openStoredWorld(engines().dynamodb, engines().dynamodbUrl, prefix);

async function written(prefix: string): Promise<Items> {
  const world = await open(prefix);
  await world.fold(first);
  await storeTheRest(world);
  const items = await world.items();
  world.close();
  return items;
}

describe('stored items', () => {
  it('look as those of the format that they name, so that no change of their form goes unnoticed', async () => {
    const items = await written('form');
    const path = join(folder, `format-${newest}`, 'items.json');
    // The release that brings a format writes its fixture, once: TRIBUTARY_WRITE_FIXTURES=1. None is ever written anew.
    if (process.env.TRIBUTARY_WRITE_FIXTURES !== undefined) {
      mkdirSync(join(folder, `format-${newest}`), { recursive: true });
      writeFileSync(path, `${JSON.stringify(items, undefined, 1)}\n`, { flag: 'wx' });
    }

    expect(
      shapeOf(items),
      'the form of stored items changed: raise the number in lib/adapters/dynamodb/format.ts and add the step to it',
    ).toEqual(shapeOf(read<Items>(`format-${newest}`, 'items.json')));
  });

  it.each(known)('of %s are read, folded and written as if this release had written them all', async (format) => {
    const items = read<Items>(format, 'items.json');
    const [old, fresh] = [await open(`old-${format}-`), await open(`fresh-${format}-`)];
    await old.load(items);
    await fresh.fold(first);
    await storeTheRest(fresh);

    expect(await old.people()).toEqual(await fresh.people());
    expect(await readStream(old.state, 'crm', 'contacts')).toEqual(await readStream(fresh.state, 'crm', 'contacts'));
    const { state, ...push } = await readPush(old.state, old.audience);
    const now = await readPush(fresh.state, fresh.audience);
    // Former releases left 0 where nobody has a run; this one leaves when it was let go of.
    expect(freeFor(state, now.state.leaseUntil)).toBeGreaterThan(0);
    expect({ ...push, state: { ...state, leaseUntil: now.state.leaseUntil } }).toEqual(now);
    expect(await rowsIn(old)).toEqual(await rowsIn(fresh));
    expect(await old.activities.latest('mail:member:a', 9)).toEqual(await fresh.activities.latest('mail:member:a', 9));

    for (const world of [old, fresh]) await world.fold(later);
    const [people, rows, after] = [await old.people(), await rowsIn(old), await old.items()];
    const expected = [await fresh.people(), await rowsIn(fresh)];
    for (const world of [old, fresh]) world.close();

    expect([people, rows]).toEqual(expected);
    expect([...formatsOf(after, items)].sort()).toEqual([String(formats.profiles)]);
  });

  it.each(Object.keys(formats) as Formatted[])(
    'of a later format in %s are refused, and stay as they are',
    async (table) => {
      const items = read<Items>(`format-${newest}`, 'items.json');
      const world = await open(`later-${table}-`);
      await world.load({
        ...items,
        [table]: (items[table] ?? []).map((item) => ({ ...item, format: { N: '99' } })),
      });
      const before = (await world.items())[table];

      const refused = {
        profiles: () => world.fold(later),
        accounts: () => world.fold(later),
        memberships: () => world.memberships.audienceRows(world.audience)[Symbol.asyncIterator]().next(),
        state: () => readStream(world.state, 'crm', 'contacts'),
      }[table]();

      await expect(refused).rejects.toMatchObject({ kind: 'defect', code: 'store/newer-format' });
      expect((await world.items())[table]).toEqual(before);
      world.close();
    },
  );
});

describe('inFormat', () => {
  const rename: Step = ({ name, ...rest }) => ({ ...rest, ...(name === undefined ? {} : { title: name }) });
  const double: Step = (item) => ({ ...item, twice: { N: '2' } });

  it('takes an item from any older format on, step by step, and the marks that are written lead back to it', () => {
    const item: Item = { id: { S: 'a' }, name: { S: 'n' } };
    const second: Item = { id: { S: 'a' }, title: { S: 'n' }, ...formatMark('profiles', 2) };

    expect(inFormat('profiles', item, 3, [rename, double])).toEqual({
      id: { S: 'a' },
      title: { S: 'n' },
      twice: { N: '2' },
    });
    expect(inFormat('profiles', second, 3, [rename, double])).toEqual({ ...second, twice: { N: '2' } });
    expect(inFormat('profiles', second, 2, [rename])).toBe(second);
    expect(() => inFormat('profiles', second, 1, [])).toThrow(/format 2, and this release knows up to 1/);
    expect(formatMark('profiles', 1)).toEqual({});
  });
});

/** Wanted and told sides of everybody, without versions: these count writes. */
async function rowsIn({ memberships, audience }: StoredWorld): Promise<readonly unknown[]> {
  const rows = [];
  for await (const page of memberships.audienceRows(audience)) {
    for (const { profile, wanted, told } of page) rows.push({ profile, wanted, told });
  }
  return rows.sort((a, b) => (a.profile < b.profile ? -1 : 1));
}

/** The formats of the profiles that were written since. */
function formatsOf(after: Items, before: Items): ReadonlySet<string> {
  const untouched = new Set((before.profiles ?? []).map((item) => JSON.stringify(item)));
  const touched = (after.profiles ?? []).filter((item) => !untouched.has(JSON.stringify(item)));
  return new Set(touched.map(({ format }) => format?.N ?? '1'));
}

/** Every path in every item of a table with the types of what is there; what JSON holds is looked into. */
function shapeOf(items: Items): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(items).map(([table, list]) => {
      const paths = new Set<string>();
      for (const item of list) {
        for (const [name, value] of Object.entries(item)) {
          const [[type, held] = []] = Object.entries(value);
          const text = typeof held === 'string' && /^[[{]/.test(held) ? (JSON.parse(held) as unknown) : undefined;
          if (text === undefined) paths.add(`${name}: ${type}`);
          else addPaths(paths, name, text);
        }
      }
      return [table, [...paths].sort()];
    }),
  );
}

function addPaths(paths: Set<string>, at: string, value: unknown): void {
  if (Array.isArray(value)) {
    if (value.length === 0) paths.add(`${at}: []`);
    for (const one of value) addPaths(paths, `${at}[]`, one);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) addPaths(paths, `${at}.${key}`, one);
  } else {
    paths.add(`${at}: ${value === null ? 'null' : typeof value}`);
  }
}
