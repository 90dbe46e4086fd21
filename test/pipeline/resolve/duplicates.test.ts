import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { describePair, listSuggested } from '../../../lib/pipeline/describe/describe-duplicate.ts';
import { duplicateKinds } from '../../../lib/pipeline/resolve/duplicate-pairs.ts';
import { readWeights } from '../../../lib/pipeline/resolve/duplicate-weights.ts';
import { judgeDuplicate } from '../../../lib/pipeline/resolve/judge-duplicates.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { recordsIn } from '../delivering.ts';
import { openMemoryArchive } from '../memory-state.ts';
import { openDuplicateWorld as openWorld, annNumber as person } from './duplicates-rig.ts';

describe('suggestDuplicates', () => {
  it('suggests a pair once, with its score and reasons, and no personal data in any row', async () => {
    const { deps, deliver, stores, compare, rows } = openWorld();
    await deliver([
      person('1'),
      person('2', { last_name: 'Mueller' }),
      person('3', { first_name: 'Zoe', last_name: 'Abt' }),
    ]);
    await compare(stores.living().map(({ id }) => id));

    const { suggestions } = await listSuggested(deps, { most: 10 });

    expect(suggestions).toMatchObject([
      {
        state: 'suggested',
        people: [{ fragment: 'crm:contact:1' }, { fragment: 'crm:contact:2' }],
        reasons: [
          { about: 'last_name', agreement: 'same' },
          { about: 'first_name', agreement: 'same' },
          { about: 'address', agreement: 'postal_code' },
          { about: 'together', agreement: 'likely' },
        ],
      },
    ]);
    const kept = await Promise.all(duplicateKinds.map((kind) => deps.state.list(kind, { most: 9 })));
    expect(JSON.stringify([kept, [...rows.keys()]])).not.toMatch(/m.ller|berlin|10115|example/i);
  });

  it('is asked for only where what people are compared by changed', async () => {
    const { resolver } = openWorld();
    const askedFor = async (changes: readonly Change[]) => {
      await resolver.resolve([{ changes, profiles: [], accounts: [] }]);
      return resolver.asked.splice(0).length;
    };
    const opened = {
      kind: 'activity',
      fragment: 'crm:contact:1',
      at: '2026-11-03T00:00:00Z',
      id: 'e1',
      name: 'Opened',
    } as const;

    expect(await askedFor([person('1')])).toBe(1);
    expect(await askedFor([person('1')])).toBe(0);
    expect(await askedFor([opened])).toBe(0);
    expect(await askedFor([person('1', { stage: 'customer' }, { at: '2026-11-02T00:00:00Z' })])).toBe(0);
    expect(await askedFor([person('1', { last_name: 'Abt' }, { at: '2026-11-03T00:00:00Z' })])).toBe(1);
    expect(await askedFor([person('1', { last_name: 'Abt', card: '17' }, { at: '2026-11-04T00:00:00Z' })])).toBe(1);
  });
});

describe('doWork', () => {
  /** A worker that compares as the test says, and whom it was asked to compare together. */
  function openWorker(compare: (ids: readonly string[]) => Promise<void>) {
    const { deps, resolver, stores } = openWorld();
    const together: (readonly string[])[] = [];
    const work = doWork({
      ...deps,
      resolve: resolver.resolve,
      archive: openMemoryArchive(),
      pause: async () => {},
      mark: async () => [],
      compare: (ids) => {
        together.push(ids);
        return compare(ids);
      },
      scan: async () => {},
      recount: async () => {},
    });
    const failedOf = async (...bodies: readonly Json[]) => [...(await work(bodies, new AbortController().signal))];
    return { failedOf, stores, together };
  }

  it('lets people be folded whose neighbours in the batch cannot be compared', async () => {
    const { failedOf, stores } = openWorker(() => Promise.reject(new Error('no blocks today')));

    const failed = await failedOf({ changes: [person('1')] as unknown as Json }, { compare: ['p_1'] });

    expect(failed).toEqual([1]);
    expect(recordsIn(stores)).toEqual([['crm:contact:1']]);
  });

  it('compares those of all its messages together, each once', async () => {
    const { failedOf, together } = openWorker(async () => {});

    expect(await failedOf({ compare: ['p_1', 'p_2'] }, { compare: ['p_2', 'p_3'] })).toEqual([]);

    expect(together).toEqual([['p_1', 'p_2', 'p_3']]);
  });

  it('brings only the message again whose people cannot be compared', async () => {
    const { failedOf } = openWorker(async (ids) => {
      if (ids.includes('p_2')) throw new Error('a profile that nobody can read');
    });

    expect(await failedOf({ compare: ['p_1'] }, { compare: ['p_2'] }, { compare: ['p_3'] })).toEqual([1]);
  });
});

describe('the list', () => {
  it('leaves out pairs that became one person by themselves or are not alike any more', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1'), person('2'), person('3')]);
    expect((await listSuggested(deps, { most: 10 })).suggestions).toHaveLength(3);

    await deliver([
      person('2', {}, { identifiers: [{ type: 'email', value: '1@example.com' }], at: '2026-11-02T00:00:00Z' }),
    ]);
    await deliver([person('3', { first_name: 'Zoe', last_name: 'Abt' }, { at: '2026-11-02T00:00:00Z' })]);

    expect((await listSuggested(deps, { most: 10 })).suggestions).toEqual([]);
  });

  it('has the likeliest first, by pages', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1', { birthday: '1980-07-01' }), person('2'), person('3', { birthday: '1980-07-01' })]);
    const first = await listSuggested(deps, { most: 2 });
    const second = await listSuggested(deps, { most: 2, ...(first.next === undefined ? {} : { after: first.next }) });

    const found = [...first.suggestions, ...second.suggestions];
    expect([first.suggestions.length, new Set(found.map(({ id }) => id)).size, second.next]).toEqual([2, 3, undefined]);
    expect(found[0]?.people.map(({ fragment }) => fragment)).toEqual(['crm:contact:1', 'crm:contact:3']);
    expect(found.map(({ bits }) => bits)).toEqual([...found.map(({ bits }) => bits)].sort((a, b) => b - a));
  });
});

describe('describePair', () => {
  it('shows both people with sources and times, and how each field agrees', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1', { birthday: '1980-07-01' }), person('2', { birthday: '1980-01-07' })]);
    const [{ id = '' } = {}] = (await listSuggested(deps, { most: 1 })).suggestions;

    const page = await describePair(deps, id);

    expect(page).toMatchObject({ id, state: 'suggested', one: false, weights: 'defaults' });
    expect(page.reasons).toContainEqual({ about: 'birthday', agreement: 'close', bits: 6.64 });
    expect(page.sides.map(({ identifiers }) => identifiers[0]?.value)).toEqual(['1@example.com', '2@example.com']);
    expect(page.sides[1]?.facets.demographic).toMatchObject([
      { name: 'birthday', value: '1980-01-07', source: 'crm:contact:2', at: '2026-11-01T00:00:00.000Z' },
    ]);
    await expect(describePair(deps, 'd_none')).rejects.toThrow(/no suggestion/);
  });

  it('shows what each record told itself once they are one person', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1', { card: '1' }), person('2', { last_name: 'Mueller', card: '1' })]);
    const [{ id = '' } = {}] = (await listSuggested(deps, { most: 1 })).suggestions;
    await judgeDuplicate(deps, id, 'accept');
    await deliver([]);

    const { one, sides, reasons } = await describePair(deps, id);

    expect({ one, records: sides.map(({ fragments }) => fragments) }).toEqual({
      one: true,
      records: [['crm:contact:1'], ['crm:contact:2']],
    });
    expect(reasons.find(({ about }) => about === 'number')?.agreement).toBe('same');
    const last = sides.map(({ facets }) => facets.identity.find(({ name }) => name === 'last_name')?.value);
    expect(last).toEqual(['Müller', 'Mueller']);
  });
});

describe('the estimate of weights', () => {
  const town = Array.from({ length: 1_000 }, (_, at): Change => {
    const [family, twice] = [at % 500, at >= 500];
    const first = ['Ann', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay'][family % 6] ?? '';
    return person(`t${at}`, {
      first_name: twice && family % 3 === 0 ? `${first}e` : first,
      last_name: `Name${(family * 7_919) % 613}`,
      birthday: `19${40 + (family % 50)}-0${1 + (family % 9)}-1${family % 10}`,
      address: { city: 'Berlin', postal_code: String(10_000 + (family % 97)) },
    });
  });

  it('comes once a week from a sample, by scan messages, holds counts only, and weighs what is suggested from then on', async () => {
    const { deps, deliver, estimate } = openWorld();
    await deliver(town);
    expect((await readWeights(deps.state)).version).toBe('defaults');

    for (const day of ['20', '21', '26']) await estimate(`2026-11-${day}T03:30:00.000Z`, 1_000);

    const { version, weights } = await readWeights(deps.state);
    expect(version).toBe('2026-11-20T03:30:00.000Z');
    // Every third of those who are there twice has a slip in the first name.
    expect(weights.fields.first_name.same[1]).toBeGreaterThan(0.2);
    expect(weights.fields.first_name.same[1]).toBeLessThan(0.4);
    const [scan] = await deps.state.list('scan#weights.2026-11-20T03:30:00.000Z', { most: 1 });
    expect(JSON.stringify(scan)).not.toMatch(/ann|name\d|berlin|example/i);
    const [{ id = '' } = {}] = (await listSuggested(deps, { most: 1 })).suggestions;
    expect((await describePair(deps, id)).weights).toBe(version);
    expect(await deps.state.list('duplicate-weights', { most: 9 })).toHaveLength(1);
  });

  it('is asked for when people are enough for it, and the sample says so too', async () => {
    const { deps, deliver, estimate } = openWorld();
    await deliver(town.slice(0, 20));

    await estimate('2026-11-20T03:30:00.000Z', 999);
    await estimate('2026-11-20T03:30:00.000Z', 1_000);

    expect(await deps.state.list('duplicate-weights', { most: 9 })).toEqual([]);
  });
});
